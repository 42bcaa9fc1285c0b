"""How the commands are told the passphrase: by a file, or typed."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandError

from accounts.passwords.opaque_string import opaque_string


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="a file with the passphrase; otherwise it is asked for"
    )


def given(file: Path | None) -> str:
    if file:
        try:
            text = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The passphrase cannot be read: {error}") from error
    elif sys.stdin.isatty():
        text = getpass("Passphrase: ")
    else:
        text = sys.stdin.readline()
    return opaque_string(text.rstrip("\r\n"))
