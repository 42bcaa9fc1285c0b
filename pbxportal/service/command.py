"""`pbxportal`: manage.py of an installed portal, as its service runs it: its user, its settings, its folder."""

import os
import pwd
import sys
from pathlib import Path

import environ

USER = "pbxportal"


def main(settings: str, *arguments: str) -> None:
    release = Path(__file__).resolve().parent.parent.parent
    them = pwd.getpwnam(USER)
    if os.geteuid() not in (0, them.pw_uid):
        sys.exit("pbxportal needs root: sudo pbxportal " + " ".join(arguments))
    environ.Env.read_env(settings)
    os.environ |= {"HOME": them.pw_dir, "PORTAL_COMMAND": "sudo pbxportal"}
    if os.geteuid() == 0:
        os.initgroups(USER, them.pw_gid)
        os.setgid(them.pw_gid)
        os.setuid(them.pw_uid)
    os.umask(0o077)
    os.chdir(release)
    os.execv(sys.executable, [sys.executable, "manage.py", *arguments])  # noqa: S606 (this very Python)


if __name__ == "__main__":
    main(*sys.argv[1:])
