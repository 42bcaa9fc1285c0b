"""A second Asterisk, of the same program with the same modules: one phone, one trunk, one line of dial plan."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from asterisk.nodes import Node, from_settings
from asterisk.process import data_folder, embedded
from asterisk.process.fetch import Program
from tests.bench.calls.telephones import Account
from tests.bench.surroundings import free_ports

CONF = Path(__file__).parent / "conf"
FROM_TABLES = ("extconfig", "sorcery")  # the portal's, without which Asterisk reads files alone
ACCOUNT = Account("1000", "1000", "t7Rw9KqX2mZv5LpB")
BOOT_SECONDS = 60


def node_beside() -> Node:
    node = from_settings()
    sip, ami, ari = free_ports(3)
    directory = node.directory.with_name("by-hand")
    return replace(
        node,
        directory=directory,
        engine_file=directory / "engine.sqlite3",
        sip_port=sip,
        ami_port=ami,
        ari_port=ari,
        rtp_first=node.rtp_last + 1,
        rtp_last=2 * node.rtp_last - node.rtp_first + 1,
    )


def configure(program: Program, node: Node, provider: str) -> None:
    embedded.configure(program, node, "us", data_folder.MUSIC)
    values = {"NUMBER": ACCOUNT.number, "PASSWORD": ACCOUNT.password, "PROVIDER": provider}
    for name in FROM_TABLES:
        (node.directory / "etc" / f"{name}.conf").write_text("")
    for path in CONF.glob("*.conf"):
        (node.directory / "etc" / path.name).write_text(embedded.fill(path.read_text(), values))


@contextmanager
def running(program: Program, provider: str) -> Iterator[tuple[int, int]]:
    """Its process, and its port for SIP."""
    node = node_beside()
    configure(program, node, provider)
    with (node.directory / "log/start.log").open("wb") as log:
        process = subprocess.Popen(embedded.command(program, node), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        embedded.wait_until_booted(node, BOOT_SECONDS)
        yield process.pid, node.sip_port
    finally:
        process.terminate()
        process.wait(BOOT_SECONDS)
