"""Lines to the world: written as a whole, as they are few, and compared with what Asterisk then has of them."""

import sqlite3
from bisect import bisect
from operator import itemgetter
from pathlib import Path

from django.utils import timezone

from asterisk.ami.client import Ami, AmiRefused
from asterisk.ami.protocol import Message
from asterisk.apply import route_members
from asterisk.apply.errors import ApplyError
from asterisk.engine import lines
from asterisk.engine import store as engine
from asterisk.engine.store import EngineError
from asterisk.live import watching
from asterisk.nodes import Node
from asterisk.process import announcements
from asterisk.process.embedded import IDENTIFIES
from core import whole_file
from core.coded_text import CodedText
from extensions.review import preferences as preference_changes
from extensions.review.preferences import Field
from trunks import record
from trunks.models import Trunk

# What Asterisk reads anew: which addresses it watches, which are a trunk's, and where it registers. It leaves
# alone what is as it was.
MODULES = ("res_pjsip_endpoint_identifier_ip.so", "res_pjsip_outbound_registration.so")  # and res_pjsip.so
HOURS = "hours_first"
# Table of ours -> the family by which Asterisk reads it, and the column that it finds a row by.
FAMILIES = {
    "trunk": ("trunk", "id"),
    "outbound_pattern": ("outbound_pattern", "id"),
    "outbound_first": ("outbound_at", "first"),
    "inbound_first": ("inbound_at", "first"),
    HOURS: ("hours_at", "first"),
    "ring_group": ("ring_group", "number"),
    "announcement": ("announcement", "id"),
    "country": ("country", "id"),
}
REGISTRATION = "OutboundRegistrationDetail"
SECRETS = ("password", "pin")  # columns
ACCOUNT = ("username", "auth_name", "sealed_password")  # fields of a trunk


def given() -> tuple[dict[str, lines.Table], dict[str, str]]:
    """The rows of each table, and those of `common`, as the PBX has them or has been given them."""
    year = this_year()
    its = record.of(preference_changes.given(Field.LINES))
    passwords, pins = (record.secrets(its, kind) for kind in ("trunks", "outbound"))
    country = preference_changes.given(Field.COUNTRY)
    return lines.tables(its, passwords, pins, country, year), lines.common(its, year)


def this_year() -> int:
    return timezone.now().year


def are_there(db: sqlite3.Connection) -> bool:
    """Whether they were ever put: without them no emergency number is known."""
    return db.execute("SELECT 1 FROM country").fetchone() is not None


def are_current(db: sqlite3.Connection) -> bool:
    return are_there(db) and hours_are_current(db)


def hours_are_current(db: sqlite3.Connection) -> bool:
    """Whether business hours were put in this year. Else they are put anew, and only then compared."""
    found = db.execute("SELECT value FROM common WHERE name = ?", (lines.HOURS_OF,)).fetchone()
    return bool(found == (lines.hours_of(this_year()),))


def put(node: Node) -> None:
    """Raises EngineError."""
    with engine.opened(node.engine_file) as db:
        put_into(db, node.directory)


def put_into(db: sqlite3.Connection, directory: Path) -> None:
    tables, common = given()
    sounds = sounds_of(tables)
    announcements.put(directory, sounds)
    with engine.transaction(db):
        for table, columns in lines.COLUMNS.items():
            db.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)
            marks = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", tables[table])  # noqa: S608 (our own names)
        db.executemany("INSERT OR REPLACE INTO common VALUES (?, ?)", common.items())
        route_members.put(db)
    announcements.forget_others(directory, sounds)
    path = directory / "etc" / IDENTIFIES
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(path, lines.identifies(tables["trunk"]))
    except OSError as error:
        raise EngineError(CodedText("file.unwritable", file=IDENTIFIES, why=error.strerror)) from error


def put_sounds(node: Node) -> None:
    """Those of announcements, which may have been lost beside the rows. Raises EngineError."""
    its = record.of(preference_changes.given(Field.LINES))
    announcements.put(node.directory, {each["sound"] for each in its["announcements"] if each["enabled"]})


def sounds_of(tables: dict[str, lines.Table]) -> set[str]:
    rows = (dict(zip(lines.COLUMNS["announcement"], row, strict=True)) for row in tables["announcement"])
    return {row["sound"] for row in rows if row["sound"]}


def differing(node: Node) -> dict[str, tuple[int, int]]:
    """Table -> rows that it lacks, and rows that it should not have; of the folder, sounds. Raises EngineError."""
    tables, common = given()
    with engine.opened(node.engine_file) as db:
        if not hours_are_current(db):
            del tables[HOURS], common[lines.HOURS_OF]
        members = route_members.differing(db)
        held = {
            table: db.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608 (our own names)
            for table, columns in lines.COLUMNS.items()
        }
        marks = ", ".join("?" * len(common))
        held["common"] = db.execute(f"SELECT name, value FROM common WHERE name IN ({marks})", [*common]).fetchall()  # noqa: S608 (marks alone)
    found = {}
    if any(members):
        found[route_members.TABLE] = len(members[0]), len(members[1])
    for table, rows in {**tables, "common": list(common.items())}.items():
        wanted, there = set(rows), set(held[table])
        if wanted != there:
            found[table] = len(wanted - there), len(there - wanted)
    sounds = sounds_of(tables)
    lacking, others = announcements.lacking(node.directory, sounds), announcements.others(node.directory, sounds)
    if lacking or others:
        found[announcements.FOLDER] = len(lacking), len(others)
    return found


def reload(node: Node, ami: Ami) -> None:
    """Raises AmiError where Asterisk would not."""
    watching.reload(node, ami)
    for module in MODULES:
        ami.ask("Reload", Module=module)


def register_again(ami: Ami, old: str, new: str) -> None:
    """Trunks whose account is another in the new version, at once.

    A reload does not do it: to Asterisk, the registration is as it was. Raises AmiError.
    """
    before = {each["id"]: each for each in record.of(old)["trunks"]}
    for trunk in record.of(new)["trunks"]:
        former = before.get(trunk["id"])
        if former and trunk["registers"] and trunk["enabled"] and any(former[name] != trunk[name] for name in ACCOUNT):
            ami.ask("PJSIPRegister", Registration=Trunk(pk=trunk["id"]).asterisk_name)


def prove(node: Node, ami: Ami, *, trunks_changed: bool) -> int:
    """How many values were compared. Raises AmiError, and ApplyError where Asterisk has something else."""
    if trunks_changed:
        reload(node, ami)
    tables, common = given()
    compared = 0
    says = ami.ask("Getvar", Variable=f"REALTIME_FIELD(pbx_table,name,{lines.HOURS_OF},value)").get("Value", "")
    tables[HOURS] = sample(tables[HOURS]) if says == common[lines.HOURS_OF] else []  # [] if the year has just turned
    for table, (family, key) in FAMILIES.items():
        for row in tables[table]:
            compared += _compare_row(ami, family, key, dict(zip(lines.COLUMNS[table], row, strict=True)))
    registering = _registrations(ami)
    for row in tables["trunk"]:
        trunk = dict(zip(lines.COLUMNS["trunk"], row, strict=True))
        for name, (said, wanted) in _of_trunk(ami, trunk, registering).items():
            if said != wanted:
                raise _differs(f"{trunk['id']} {name}", said, wanted)
            compared += 1
    return compared


def sample(hours: lines.Table) -> lines.Table:
    """Of thousands of rows those that show that Asterisk reads this table: the first, the one of now, and the last."""
    now = bisect(hours, f"{timezone.now().timestamp():010.0f}", key=itemgetter(0)) - 1
    return [hours[place] for place in sorted({0, max(0, now), len(hours) - 1})]


def _differs(name: str, said: str, wanted: str) -> ApplyError:
    if name.endswith(SECRETS):
        said = wanted = CodedText("proof.secret")  # type: ignore[assignment]
    return ApplyError(CodedText("proof.differs_in", name=name, said=said, wanted=wanted), "", Field.LINES)


def _compare_row(ami: Ami, family: str, key: str, row: dict[str, object]) -> int:
    """Column by column: an answer is cut at 1,023 bytes. What is empty says nothing."""
    for name, value in row.items():
        question = f"REALTIME_FIELD({family},{key},{row[key]},{name})"
        said = ami.ask("Getvar", Variable=question).get("Value", "")
        if said != str(value):
            raise _differs(f"{family} {row[key]} {name}", said, str(value))
    return len(row)


def _registrations(ami: Ami) -> dict[str, Message]:
    try:
        said = ami.ask_for_list("PJSIPShowRegistrationsOutbound")
    except AmiRefused:  # there is none
        return {}
    return {each["ObjectName"]: each for each in said if each["Event"] == REGISTRATION}


def _of_trunk(ami: Ami, trunk: dict[str, object], registering: dict[str, Message]) -> dict[str, tuple[str, str]]:
    """What Asterisk has made of the rows: name -> as it says, and as it is to be."""
    its = str(trunk["id"])
    events = {each.get("Event"): each for each in next(iter(ami.ask_many([("PJSIPShowEndpoint", {"Endpoint": its})])))}
    endpoint, aor, auth = (events.get(f"{name}Detail", {}) for name in ("Endpoint", "Aor", "Auth"))
    return {
        "Context": (endpoint.get("Context", ""), "from-trunk"),
        "IdentifyBy": (endpoint.get("IdentifyBy", ""), "ip"),
        "Contacts": (aor.get("Contacts", "").removeprefix(f"{its}/"), str(trunk["uri"])),
        "Username": (auth.get("Username", ""), str(trunk["auth_name"])) if trunk["auth_name"] else ("", ""),
        "FromUser": (endpoint.get("FromUser", ""), str(trunk["username"]) if trunk["registers"] else ""),
        "ServerUri": (registering.get(its, {}).get("ServerUri", ""), str(trunk["uri"]) if trunk["registers"] else ""),
    }
