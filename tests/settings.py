"""The portal's own settings, with a directory and ports of this test process alone."""

import atexit
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


first_rtp = 20000 + os.getpid() % 60 * 200  # below the ports that the system hands out
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
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
(VAR / "static").mkdir()
