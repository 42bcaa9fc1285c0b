"""What trunks do, by what Asterisk says of them: whether they are registered, and whether their servers answer."""

import re
import sqlite3
import time
from pathlib import Path

from asterisk.ami.client import Ami, AmiRefused
from asterisk.ami.protocol import Message
from asterisk.live import store as live
from asterisk.live.store import Trunk
from asterisk.readback import proof

NAME = re.compile(r"trunk-([0-9]+)")
LOG = "problems.log"
MOST_BYTES = 200_000
# Asterisk's log alone has the provider's answer: its status, or that there was none.
ANSWER = re.compile(
    r"\[(?P<at>[^\]]+)\] WARNING\S+ res_pjsip_outbound_registration\.c: "
    r"(?:(?P<none>No response)|.*?'?(?P<status>[0-9]{3})'?)[^\n]* on registration attempt to '(?P<client>[^']*)'"
)


def is_about_one(message: Message) -> bool:
    """Whether an event may have changed what a trunk does."""
    if message.get("Event") == "Registry":
        return message.get("ChannelType") == "PJSIP"
    return message.get("Event") == "ContactStatus" and NAME.fullmatch(message.get("AOR", "")) is not None


def look(ami: Ami, tables: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Note what has changed of each. Raises AmiError, sqlite3.Error."""
    rows = tables.execute("SELECT id, registers, keep_alive FROM trunk").fetchall()
    registrations = _registrations(ami) if any(registers for _, registers, _ in rows) else {}
    found = {}
    for name, registers, keep_alive in rows:
        status = registrations.get(name, "") if registers else _server(ami, name) if keep_alive else ""
        found[name] = Trunk(name, status, time.time())
    live.set_trunks(db, found)


def _registrations(ami: Ami) -> dict[str, str]:
    try:
        said = ami.ask_for_list("PJSIPShowRegistrationsOutbound")
    except AmiRefused:  # there is none
        return {}
    details = (each for each in said if each["Event"] == "OutboundRegistrationDetail")  # each is followed by its auth
    return {each["ObjectName"]: each.get("Status", "") for each in details}


def _server(ami: Ami, name: str) -> str:
    return next((each.get("Status", "") for each in proof.contacts(proof.endpoint(ami, name))), "")


def last_answers(directory: Path) -> dict[str, str]:
    """The address that registers -> the status of the provider's last refusal, "" where it gave no answer.

    `directory`: of Asterisk's logs.
    """
    path = directory / LOG
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - MOST_BYTES))
            text = log.read(MOST_BYTES).decode(errors="replace")
    except OSError:
        return {}
    return {found["client"]: found["status"] or "" for found in ANSWER.finditer(text)}
