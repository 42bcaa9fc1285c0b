"""The only modules that Asterisk can load: links to those that modules.conf lists.

AMI's and ARI's ModuleLoad take any name, `../` included, and a module such as app_system runs any command. So a name
must neither find another module in the folder nor lead out of it: Asterisk holds 4,095 bytes of folder and name, and
the folder leaves room for the longest listed name alone, with which nobody climbs as deep as it lies.
"""

import os
import re
import shutil
from pathlib import Path

LONGEST_PATH = 4095  # Linux's PATH_MAX, with which Asterisk cuts folder/name
UP = len("../")


def listed(conf: str) -> list[str]:
    return re.findall(r"^load=(\S+)", conf, re.MULTILINE)


def make(place: Path, modules: Path, names: list[str]) -> str:
    """Make the folder anew below `place`. Returns what Asterisk is to be told of it."""
    shutil.rmtree(place, ignore_errors=True)
    longest = max(map(len, names))
    folder = place.joinpath(*["in"] * (longest // UP + 1))
    folder.mkdir(mode=0o700, parents=True)
    for name in names:
        (folder / name).symlink_to(modules / name)
    return padded(str(folder), LONGEST_PATH - len("/") - longest)


def padded(folder: str, size: int) -> str:
    """The same folder in a path of `size` bytes."""
    missing = size - len(os.fsencode(folder))
    if missing < 0:
        raise ValueError(f"{folder} is nested too deeply.")
    return folder + "/." * (missing // 2) + "/" * (missing % 2)
