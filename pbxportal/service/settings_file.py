"""The file with an installed portal's settings: every one that README has, as a comment to be filled in."""

import re
import textwrap
from collections.abc import Iterator

ROW = re.compile(r"^\| (?P<names>`[A-Z].*?) \| (?P<default>.*?) \| (?P<what>.*) \|$", re.MULTILINE)
OWN = {"PBXPORTAL_VAR", "PORTAL_ALLOW_ROOT", "LOG_TO_STDERR", "PORTAL_COMMAND"}  # the installer's
HEAD = """\
# Settings of pbxportal, one NAME=value on a line, as systemd.exec(5) reads an EnvironmentFile. All are optional.
# After a change: sudo systemctl restart pbxportal.target

PBXPORTAL_VAR={data}
"""


def text(readme: str, data: str) -> str:
    return "\n".join([HEAD.format(data=data), *settings_of(readme)])


def settings_of(readme: str) -> Iterator[str]:
    for row in ROW.finditer(readme):
        names = [name for name in re.findall(r"`([A-Z_]+)`", row["names"]) if name not in OWN]
        if names:
            said = f"{capital(row['what'])}. Default: {row['default']}".replace("`", "")
            yield textwrap.fill(said, 118, initial_indent="# ", subsequent_indent="# ")
            yield "\n".join(f"#{name}=" for name in names) + "\n"


def capital(text: str) -> str:
    return text[0].upper() + text[1:]
