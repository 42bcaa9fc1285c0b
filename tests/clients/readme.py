"""What README tells an administrator to do, for those who do it."""

import re
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
NETWORK, INTERNET = "On your network", "On the internet"
PORTS = re.compile(r"(UDP and TCP|TCP|UDP) ports? (\d+)(?: (and|to) (\d+))?")


def chapter(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def step(title: str, word: str) -> str:
    """The one step of that chapter that has the word."""
    parts = re.split(r"\n(?=\d\. |\n\S)", chapter(title))
    (found,) = [each for each in parts if re.match(r"\d\. ", each) and word in each]
    return found


def command(title: str, word: str) -> str:
    """The one line to be typed that has the word."""
    (found,) = [line.strip() for line in chapter(title).splitlines() if line.startswith("    ") and word in line]
    return found


def let_through() -> list[str]:
    """What the steps about the firewall let in, as nftables has it."""
    ports: dict[str, list[str]] = {"tcp": [], "udp": []}
    for protocols, first, how, second in PORTS.findall(step(NETWORK, "firewall") + step(INTERNET, "firewall")):
        for protocol in protocols.lower().split(" and "):
            ports[protocol] += [f"{first}-{second}"] if how == "to" else [each for each in (first, second) if each]
    return [f"{protocol} dport {{ {', '.join({*each})} }}" for protocol, each in ports.items()]
