"""What Asterisk reads of attackers: addresses that it keeps out, and by what it knows their programs.

Each file is written whole, and taken with one reload: from the next packet on. Of extensions, those alone are read
again for it that Asterisk watches (asterisk/live/watching.py).
"""

import re
from collections.abc import Iterable

from asterisk.ami.client import connected
from asterisk.live import watching
from asterisk.live.attacks import SCANNER
from asterisk.nodes import Node
from core import whole_file

BLOCKED, SCANNERS = "blocked.conf", "scanners.conf"
MODULES = {BLOCKED: watching.MODULE, SCANNERS: "res_pjsip_endpoint_identifier_ip.so"}
# An entry of the lists: nothing that means something in a file of Asterisk's, whose lines hold 8,191 bytes.
SAFE = re.compile(r"[A-Za-z0-9 ._+*#/@:()!-]{1,40}")
MOST_ENTRIES = 20


def blocked(networks: Iterable[str]) -> str:
    found = sorted(set(networks))
    return "".join(("[blocked]\ntype=acl\n", *(f"deny={each}\n" for each in found))) if found else ""


def scanners(agents: Iterable[str], dialled: Iterable[str]) -> str:
    """Programs by a part of their User-Agent, strings by what they begin with: large and small letters alike."""
    text = ""
    if known := [pattern(each) for each in list(agents)[:MOST_ENTRIES] if SAFE.fullmatch(each)]:
        text += identify("agents", "match_header=User-Agent: ", f"/{'|'.join(known)}/")
    if known := [pattern(each) for each in list(dialled)[:MOST_ENTRIES] if SAFE.fullmatch(each)]:
        text += identify("dialled", "match_request_uri=", f"/^sips?:({'|'.join(known)})/")
    return text


def identify(name: str, option: str, expression: str) -> str:
    return f"[scanner-{name}]\ntype=identify\nendpoint={SCANNER}\n{option}{expression}\n"


def pattern(text: str) -> str:
    return "".join(f"[{each.upper()}{each.lower()}]" if each.isalpha() else f"[{each}]" for each in text)


def has(node: Node, name: str, text: str) -> bool:
    """Raises OSError."""
    path = node.directory / "etc" / name
    return text == (path.read_text() if path.exists() else "")


def write(node: Node, name: str, text: str) -> None:
    """Raises OSError."""
    whole_file.write(node.directory / "etc" / name, text)


def reload(node: Node, names: Iterable[str]) -> None:
    """Raises AmiError."""
    with connected(node) as ami:
        for name in names:
            if MODULES[name] == watching.MODULE:
                watching.reload(node, ami)
            else:
                ami.ask("Reload", Module=MODULES[name])
