"""A directory, ports and an environment of this program alone; on a small disk of its own where root may make one."""

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.surroundings import KEPT, free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
DISK_MEGABYTES = 256
INSIDE = "PBXPORTAL_CHAOS_INSIDE"
SUBREAPER = 36  # prctl's number for it
RTP_PORTS = 98


def enter_own_mounts() -> None:
    """Start this program anew where what it mounts is seen by nobody else. Without root it goes on as it is."""
    if os.geteuid() == 0 and INSIDE not in os.environ and shutil.which("unshare"):
        arguments = ["unshare", "--mount", sys.executable, "-m", "tests.chaos", *sys.argv[1:]]
        os.execvpe(arguments[0], arguments, {**os.environ, INSIDE: "1"})  # noqa: S606 (this very program)


def adopt_orphans() -> None:
    """What a killed `manage.py run` leaves behind becomes ours, so that none of it outlives this program."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1)


@contextmanager
def own() -> Iterator[bool]:
    """Enter it before Django's settings are read. Gives whether the directory is a disk that can be filled."""
    kept = {name: value for name, value in os.environ.items() if name in (*KEPT, INSIDE)}
    portal, sip, ami, ari = free_ports(4)
    first_rtp = 40_000 + os.getpid() % 50 * 100
    with tempfile.TemporaryDirectory(prefix="pbxportal-chaos-", ignore_cleanup_errors=True) as directory:
        os.environ.clear()
        os.environ |= kept | {
            "DJANGO_SETTINGS_MODULE": "pbxportal.settings",
            "PBXPORTAL_VAR": directory,
            "PORTAL_BIND": f"127.0.0.1:{portal}",
            "PORTAL_ALLOW_ROOT": "True",
            "SIP_PORT": str(sip),
            "AMI_PORT": str(ami),
            "ARI_PORT": str(ari),
            "RTP_FIRST": str(first_rtp),
            "RTP_LAST": str(first_rtp + RTP_PORTS),
        }
        small = INSIDE in os.environ and mount(directory)
        try:
            yield small
        finally:
            if small:
                subprocess.run(["umount", "--lazy", directory], check=False)


def mount(directory: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=700", "none", directory]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
