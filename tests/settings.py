"""The portal's own settings, with a directory and ports of this test process alone."""

import atexit
import fcntl
import os
import random
import shutil
import socket
import tempfile
from contextlib import suppress

directory = tempfile.mkdtemp(prefix="pbxportal-tests-")
atexit.register(shutil.rmtree, directory, ignore_errors=True)


def free_port() -> str:
    """For TCP and UDP, and none that the system hands out: a phone may get that before Asterisk has it."""
    while True:
        port = random.SystemRandom().randrange(10_000, 17_000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return str(port)


def free_slot() -> int:
    """One of 60, which no other test process of this machine has as long as this one lives."""
    for slot in range(60):
        held = os.open(f"{tempfile.gettempdir()}/pbxportal-tests-{os.geteuid()}-{slot}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
        else:
            return slot
    raise RuntimeError("Too many tests run at once.")


first_rtp = 20000 + free_slot() * 200  # below the ports that the system hands out
os.environ |= {
    "PBXPORTAL_VAR": directory,
    "PORTAL_ALLOW_ROOT": "True",
    "SIP_PORT": free_port(),
    "SIP_TLS_PORT": free_port(),
    "AMI_PORT": free_port(),
    "ARI_PORT": free_port(),
    "RTP_FIRST": str(first_rtp),
    "RTP_LAST": str(first_rtp + 198),
}

from pbxportal.settings import *  # noqa: E402, F403
from pbxportal.settings import DATABASES, STORAGES, VAR  # noqa: E402

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PASSWORD_HASHERS = ["tests.hashers.CheapHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
(VAR / "static").mkdir()
