"""sudo python3 -m pbxportal.service install | uninstall [--delete-data]"""

import argparse
import sys
from pathlib import Path

from pbxportal.service import installing
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m pbxportal.service")
    deeds = parser.add_subparsers(dest="deed", required=True)
    deeds.add_parser("install")
    deeds.add_parser("uninstall").add_argument("--delete-data", action="store_true")
    options = parser.parse_args()
    clone = Path(__file__).resolve().parent.parent.parent
    try:
        if options.deed == "install":
            installing.install(clone, Places(), say)
        else:
            installing.uninstall(Places(), say, with_data=options.delete_data)
    except CannotInstall as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
