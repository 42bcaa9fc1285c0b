"""No value that reaches the PBX is forgotten: it has a column, which has a place in schema.sql, and is read back."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import MISSING, Field, fields, replace
from typing import Any

import pytest

from asterisk.engine import store
from asterisk.engine.columns import (
    DIAL_VALUES,
    LOGIN_VALUES,
    MAILBOX_VALUES,
    PRESENCE,
    SECRET,
    TABLES,
    Dial,
    Disabled,
    EmergencyLogin,
    Extension,
    HandOver,
    Login,
    Mailbox,
    Row,
    columns,
    sources,
)
from asterisk.engine.render import RenderError, Rows, disabled, rows
from asterisk.process.embedded import CONF
from asterisk.readback import bulk, proof
from core.audit import fields as recorded_fields
from extensions.fields import ON_THE_PBX
from extensions.models import SipExtension

GRACE = Extension("1001", "Grace", "1001", "desk.of-grace", "t7Rw9KqX2mZv5LpB8nYc", voicemail=True)
MADE = rows(GRACE)
LOCKED_OUT = Disabled("1001", "Grace", "desk.of-grace", "t7Rw9KqX2mZv5LpB8nYc")
MADE_DISABLED = Rows(emergency_login=disabled(LOCKED_OUT))
# Of values that fit none of these, add one.
CANDIDATES: list[Any] = [
    "1002", "Another", "t7Rw9KqX2mZv5LpB8nYd", "10.0.0.0/8", 2, True, False, "tls", "required",
    "+493012345678", "all", "FR",
]  # fmt: skip


EVERY = [(kind, each) for kind in TABLES.values() for each in fields(kind)]
every_column = pytest.mark.parametrize(
    ("kind", "column"), [pytest.param(kind, each, id=f"{kind.__name__}.{each.name}") for kind, each in EVERY]
)


@pytest.fixture
def schema() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(store.SCHEMA.read_text())
        yield db


def test_what_is_on_the_pbx_has_a_column_and_nothing_else_has() -> None:
    taken = {
        name for kind in (Extension, Disabled, HandOver) for source in sources(kind).values() for name in source.of
    }
    assert taken | {PRESENCE} == ON_THE_PBX


def test_what_an_administrator_reads_of_has_a_label() -> None:
    named = {source.field_name for kind in (Extension, Disabled, HandOver) for source in sources(kind).values()}
    named |= {value.field_name for value in (*LOGIN_VALUES, *DIAL_VALUES, *MAILBOX_VALUES)} - {""}
    assert {name for name in named if recorded_fields.field(name).label == name} == set()


def test_the_wish_has_what_is_taken_of_it() -> None:
    taken = sources(Extension).keys() - {"caller_name"}
    assert "number" in taken
    assert {name for name in taken if not hasattr(SipExtension, name)} == set()


@pytest.mark.parametrize("table", TABLES)
def test_the_schema_has_these_columns_and_no_others(schema: sqlite3.Connection, table: str) -> None:
    held = [(name, default) for _, name, _, _, default, _ in schema.execute(f"PRAGMA table_info({table})")]
    assert [name for name, _ in held] == [each.name for each in fields(TABLES[table])]
    with_default = [each.name for each in fields(TABLES[table]) if each.default is not MISSING]
    assert [name for name, default in held if default is not None] == with_default


def replaced(name: str, value: Any) -> Extension:
    return replace(GRACE, **{name: value})


def other(fits: Any, now: Any) -> Any:
    def does_fit(value: Any) -> bool:
        try:
            return bool(fits(value)) and value != now
        except TypeError:
            return False

    return next(value for value in CANDIDATES if does_fit(value))


@pytest.mark.parametrize("name", sources(Extension))
def test_each_part_of_the_wish_changes_a_row(name: str) -> None:
    assert rows(replaced(name, other(sources(Extension)[name].fits, getattr(GRACE, name)))) != MADE


@pytest.mark.parametrize("name", sources(Extension))
def test_what_does_not_fit_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(RenderError) as refused:
        rows(replaced(name, -7 if isinstance(getattr(GRACE, name), int) else "two\nlines"))
    assert refused.value.field == sources(Extension)[name].field_name


ATTRIBUTE = {Login: "login", Dial: "dial", Mailbox: "mailbox", EmergencyLogin: "emergency_login"}


def made(kind: type[Row]) -> Rows:
    return MADE_DISABLED if kind is EmergencyLogin else MADE


def changed(kind: type[Row], column: Field[Any]) -> Rows:
    row: Any = getattr(made(kind), ATTRIBUTE[kind])
    now = getattr(row, column.name)
    other = f"{now}7" if isinstance(now, str) else 77 if now > 1 else 1 - now
    its: dict[str, Any] = {ATTRIBUTE[kind]: replace(row, **{column.name: other})}
    return replace(made(kind), **its)


# By the number the engine finds a row, and Asterisk is asked for one.


@every_column
def test_each_column_is_read_back(kind: type[Row], column: Field[Any]) -> None:
    if (kind, column.name) in ((Dial, "number"), (EmergencyLogin, "number")):
        return
    wanted, now = proof.values(changed(kind, column)), proof.values(made(kind))
    found = [key for key in wanted if wanted[key] != now[key]]
    assert found, "Enter what Asterisk shows of it into LOGIN_VALUES, DIAL_VALUES or MAILBOX_VALUES."
    assert all(proof.is_secret(key) == (column.name in SECRET) for key in found)


@every_column
def test_each_column_is_in_what_asterisk_reads(schema: sqlite3.Connection, kind: type[Row], column: Field[Any]) -> None:
    if column.name == "number":
        return
    assert read(schema, changed(kind, column)) != read(schema, made(kind)), "Put it into a view of schema.sql."


def read(db: sqlite3.Connection, its: Rows) -> list[Any]:
    store._put(db, "1001", its)
    views = {*proof.FAMILIES, *store.NEXT.values()}
    return [row for view in sorted(views) for row in db.execute(f"SELECT * FROM {view}")]


def test_each_value_is_of_a_column_or_fixed() -> None:
    for table, values in (("sip_login", LOGIN_VALUES), ("pbx_number", DIAL_VALUES), ("mailbox", MAILBOX_VALUES)):
        assert {value.column for value in values} - {""} <= columns(TABLES[table]).keys()
    assert len(proof.BY_KEY) == len(proof.VALUES)


def endpoints(db: sqlite3.Connection, name: str) -> list[tuple[str, ...]]:
    """As Asterisk looks for it: in one view after the other."""
    asked = "SELECT id, aors, auth, accountcode FROM {} WHERE id = ?"
    found = (db.execute(asked.format(view), (name,)).fetchall() for view in ("ps_endpoints", "ps_endpoints_other"))
    return next(filter(None, found), [])


def test_a_login_is_an_endpoint_by_its_number_and_by_its_name(schema: sqlite3.Connection) -> None:
    store._put(schema, GRACE.number, MADE)
    assert endpoints(schema, GRACE.number) == [(GRACE.number, GRACE.number, GRACE.number, "")]
    assert endpoints(schema, GRACE.registration_name) == [(GRACE.registration_name, "", GRACE.number, GRACE.number)]


@pytest.mark.parametrize(("number", "code"), [(GRACE.number, "="), ("2001", "")], ids=["its own", "another's"])
def test_no_registration_name_takes_the_place_of_a_number(schema: sqlite3.Connection, number: str, code: str) -> None:
    other = replace(GRACE, number="2001", registration_name="other")
    store._put(schema, other.number, rows(other))
    store._put(schema, GRACE.number, rows(replace(GRACE, registration_name=number)))
    assert endpoints(schema, number) == [(number, number, number, code)]


def test_a_registration_name_that_two_have_for_now_is_neither_s(schema: sqlite3.Connection) -> None:
    """The first has another one by now, which nobody has applied."""
    other = replace(GRACE, number="2001")
    store._put(schema, GRACE.number, MADE)
    store._put(schema, other.number, rows(other))
    assert endpoints(schema, GRACE.registration_name) == []
    store._put(schema, GRACE.number, rows(replace(GRACE, registration_name="renamed")))
    name = GRACE.registration_name
    assert endpoints(schema, name) == [(name, "", other.number, other.number)]


def test_no_registration_name_takes_the_place_of_a_trunk_or_an_emergency_login(schema: sqlite3.Connection) -> None:
    alone = MADE_DISABLED.emergency_login
    assert alone
    store._put(schema, alone.number, MADE_DISABLED)
    kinds = schema.execute("PRAGMA table_info(trunk)").fetchall()
    trunk = ["trunk-1" if name == "id" else 0 if kind == "INTEGER" else "x" for _, name, kind, *_ in kinds]
    schema.execute(f"INSERT INTO trunk VALUES ({', '.join('?' * len(trunk))})", trunk)
    for name in ("trunk-1", alone.number):
        before = endpoints(schema, name)
        assert len(before) == 1
        other = replace(GRACE, number="2001", registration_name=name)
        store._put(schema, other.number, rows(other))
        assert endpoints(schema, name) == before


def names_in_dial_plan() -> list[list[str]]:
    """What it takes apart: the route of a dialled number, and who calls."""
    found = re.findall(r"Set\(~ODBCFIELDS~=([a-z_,]+)\)", (CONF / "extensions.conf").read_text())
    return [each.split(",") for each in found]


@pytest.mark.parametrize(
    ("dialled", "goes", "patterns"),
    [("0171", "", "1:2"), ("00", "", ""), ("1001", "number", "1:2"), ("10011", "", "1:2"), ("112", "emergency", "1:2"),
     ("6200", "ring-group", "1:2"), ("3", "", "1:2"), ("+49", "", "")],
)  # fmt: skip
def test_a_dialled_number_and_its_route_are_found_at_once(
    schema: sqlite3.Connection, dialled: str, goes: str, patterns: str
) -> None:
    store._put(schema, GRACE.number, rows(GRACE))
    schema.execute("INSERT INTO emergency_number VALUES ('112')")
    schema.execute("INSERT INTO ring_group VALUES ('6200', 'Sales', '1001', 'all', 30, 'hangup', '')")
    schema.execute(
        "INSERT INTO outbound_pattern VALUES (1, 'World', '0[1-9][0-9]*', 1, '9', 'open', 't:u', 'order', '12', 'm')"
    )
    schema.executemany("INSERT INTO outbound_first VALUES (?, ?)", [("", ""), ("01", "1:2")])
    found = schema.execute('SELECT * FROM call_at WHERE "first" <= ? LIMIT 1', (dialled,)).fetchone()
    first, _, where, *_, route = found
    assert (where if first == dialled else "") == goes
    names, _ = names_in_dial_plan()
    query = f'SELECT {", ".join(names)} FROM outbound_at WHERE "first" <= ? LIMIT 1'
    held = schema.execute(query, (dialled,)).fetchone()
    assert held[-1] == patterns
    assert (route or "") == (",".join("" if each is None else str(each) for each in held) if patterns else "")


def test_what_a_call_outside_has_to_know_of_who_calls_is_all_there_in_order(schema: sqlite3.Connection) -> None:
    store._put(schema, GRACE.number, rows(replace(GRACE, outbound_countries="DE,FR", outbound_number="+4930123456")))
    schema.execute("INSERT INTO country VALUES (1, '49', '00', '0', 0)")
    schema.execute("INSERT INTO common VALUES ('outbound_a_minute', '17')")
    dial_plan = (CONF / "extensions.conf").read_text()
    _, names = names_in_dial_plan()
    (text,) = schema.execute("SELECT stir_shaken_profile FROM ps_endpoints WHERE id = ?", (GRACE.number,)).fetchone()
    query = f"SELECT {', '.join(names)} FROM outside_caller WHERE id = ?"
    row = schema.execute(query, (GRACE.number,)).fetchone()
    assert text == ",".join(map(str, row))
    assert "17" in row
    assert set(re.findall(r"HASH\(WHO,([a-z_]+)\)", dial_plan)) <= {*names, "emergency_number"}
    assert "stir" not in (CONF / "modules.conf").read_text()


@pytest.mark.parametrize("table", TABLES)
def test_all_that_is_written_of_a_number_is_compared(schema: sqlite3.Connection, table: str) -> None:
    its = MADE if table != "emergency_login" else replace(MADE_DISABLED, dial=MADE.dial)
    store._put(schema, GRACE.number, its)
    before = store.written(schema, [GRACE.number])[GRACE.number]
    for name in store.NAMES[table]:
        if name not in ("id", "number"):
            with closing(schema.execute(f"SELECT {name} FROM {table}")) as found:
                (was,) = found.fetchone()
            schema.execute(f"UPDATE {table} SET {name} = ?", (f"{was}1" if isinstance(was, str) else was + 1,))
            assert store.written(schema, [GRACE.number])[GRACE.number] != before, name
            schema.execute(f"UPDATE {table} SET {name} = ?", (was,))
    assert store.written(schema, [GRACE.number])[GRACE.number] == before
    schema.execute(f"DELETE FROM {table}")
    assert store.written(schema, [GRACE.number]).get(GRACE.number) != before


def test_what_is_written_is_found_by_indexes(schema: sqlite3.Connection) -> None:
    plan = [row[3] for row in schema.execute("EXPLAIN QUERY PLAN SELECT text FROM written WHERE number = ?", ("x",))]
    assert {step for step in plan if step.startswith("SCAN")} <= {"SCAN every"}


def test_one_of_each_kind_is_asked_for() -> None:
    others = {
        "2000": rows(replace(GRACE, number="2000", caller_id="2000", caller_name="Ünal Müller", voicemail_pin="7733")),
        "2001": rows(replace(GRACE, number="2001", caller_id="2001", transport="tls")),
        "2002": rows(replace(GRACE, number="2002", caller_id="2002", caller_name="%; $(odd)")),
        "2003": rows(replace(GRACE, number="2003", caller_id="2003", caller_name="n" * 61)),
        "2004": rows(replace(GRACE, number="2004", caller_id="2004", voicemail=False)),
        "2005": MADE_DISABLED,
        "2006": Rows(),
    }
    asked = bulk.one_of_each_kind([(GRACE.number, MADE), *others.items()])
    assert asked == others.keys()  # the first two are of one kind


def scans(db: sqlite3.Connection, view: str) -> tuple[set[str], list[str]]:
    plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE id = ?", ("x",))]
    return {step for step in plan if step.startswith("SCAN")} - {"SCAN here", "SCAN country"}, plan  # of one row


def test_an_endpoint_is_found_by_indexes(schema: sqlite3.Connection) -> None:
    extensions, plan = scans(schema, "ps_endpoints")
    assert extensions == {"SCAN (subquery-3)"}  # of who has this number, and who has this name
    assert any("sip_login_by_registration_name" in step for step in plan)
    assert scans(schema, "ps_endpoints_other")[0] == {"SCAN CONSTANT ROW", "SCAN ps_endpoints_other"}
