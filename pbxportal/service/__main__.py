"""sudo python3 -m pbxportal.service install | uninstall [--delete-data] | upgrade TAG"""

import argparse
import sys
from pathlib import Path

from pbxportal.service import installing, systemd
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall
from pbxportal.service.systemd import Starting, Systemd
from pbxportal.service.upgrading import Upgrade


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m pbxportal.service")
    deeds = parser.add_subparsers(dest="deed", required=True)
    deeds.add_parser("install")
    deeds.add_parser("uninstall").add_argument("--delete-data", action="store_true")
    deeds.add_parser("upgrade").add_argument("tag")
    deeds.add_parser("upgrade-here").add_argument("tag")  # in this process, as upgrade does it in one of systemd's
    deeds.add_parser("finish").add_argument("--at-start", action="store_true")
    options = parser.parse_args()
    clone = Path(__file__).resolve().parent.parent.parent
    try:
        if options.deed == "install":
            installing.install(clone, Places(), say)
        elif options.deed == "uninstall":
            installing.uninstall(Places(), say, with_data=options.delete_data)
        elif options.deed == "upgrade":
            installing.check(Places())
            return systemd.upgrade(Places(), clone, options.tag, say)
        elif options.deed == "upgrade-here":
            Upgrade(Places(), Systemd(Places()), say).run(clone, options.tag)
        else:
            services = Starting(Places()) if options.at_start else Systemd(Places())
            Upgrade(Places(), services, say).finish()
    except CannotInstall as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
