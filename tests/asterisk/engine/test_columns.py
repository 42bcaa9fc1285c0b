"""No value that reaches the PBX is forgotten: it has a column, which has a place in schema.sql, and is read back."""

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
    Extension,
    HandOver,
    Login,
    Mailbox,
    Row,
    columns,
    sources,
)
from asterisk.engine.render import RenderError, Rows, rows
from asterisk.readback import proof
from core.audit import fields as recorded_fields
from extensions.fields import ON_THE_PBX
from extensions.models import SipExtension

GRACE = Extension("1001", "Grace", "1001", "desk.of-grace", "t7Rw9KqX2mZv5LpB8nYc", voicemail=True)
MADE = rows(GRACE)
# Of values that fit none of these, add one.
CANDIDATES: list[Any] = ["1002", "Another", "t7Rw9KqX2mZv5LpB8nYd", "10.0.0.0/8", 2, True, False]


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
    taken = {name for kind in (Extension, HandOver) for source in sources(kind).values() for name in source.of}
    assert taken | {PRESENCE} == ON_THE_PBX


def test_what_an_administrator_reads_of_has_a_label() -> None:
    named = {source.field_name for kind in (Extension, HandOver) for source in sources(kind).values()}
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
        rows(replaced(name, 7 if isinstance(getattr(GRACE, name), int) else "two\nlines"))
    assert refused.value.field == sources(Extension)[name].field_name


ATTRIBUTE = {Login: "login", Dial: "dial", Mailbox: "mailbox"}


def changed(kind: type[Row], column: Field[Any]) -> Rows:
    row: Any = getattr(MADE, ATTRIBUTE[kind])
    now = getattr(row, column.name)
    other = f"{now}7" if isinstance(now, str) else 77 if now > 1 else 1 - now
    made: dict[str, Any] = {ATTRIBUTE[kind]: replace(row, **{column.name: other})}
    return replace(MADE, **made)


# By the number the engine finds a row, and Asterisk is asked for one.


@every_column
def test_each_column_is_read_back(kind: type[Row], column: Field[Any]) -> None:
    if (kind, column.name) == (Dial, "number"):
        return
    wanted, now = proof.values(changed(kind, column)), proof.values(MADE)
    found = [key for key in wanted if wanted[key] != now[key]]
    assert found, "Enter what Asterisk shows of it into LOGIN_VALUES, DIAL_VALUES or MAILBOX_VALUES."
    assert all(proof.is_secret(key) == (column.name in SECRET) for key in found)


@every_column
def test_each_column_is_in_what_asterisk_reads(schema: sqlite3.Connection, kind: type[Row], column: Field[Any]) -> None:
    if column.name == "number":
        return
    assert read(schema, changed(kind, column)) != read(schema, MADE), "Put it into a view of schema.sql."


def read(db: sqlite3.Connection, made: Rows) -> list[Any]:
    store._put(db, "1001", made)
    return [row for family in proof.FAMILIES for row in db.execute(f"SELECT * FROM {family}")]


def test_each_value_is_of_a_column_or_fixed() -> None:
    for table, values in (("sip_login", LOGIN_VALUES), ("pbx_number", DIAL_VALUES), ("mailbox", MAILBOX_VALUES)):
        assert {value.column for value in values} - {""} <= columns(TABLES[table]).keys()
    assert len(proof.BY_KEY) == len(proof.VALUES)


def endpoints(db: sqlite3.Connection, name: str) -> list[tuple[str, ...]]:
    return db.execute("SELECT id, aors, auth, accountcode FROM ps_endpoints WHERE id = ?", (name,)).fetchall()


def test_a_login_is_an_endpoint_by_its_number_and_by_its_name(schema: sqlite3.Connection) -> None:
    store._put(schema, GRACE.number, MADE)
    assert endpoints(schema, GRACE.number) == [(GRACE.number, GRACE.number, GRACE.number, "")]
    assert endpoints(schema, GRACE.registration_name) == [(GRACE.registration_name, "", GRACE.number, GRACE.number)]


@pytest.mark.parametrize("number", [GRACE.number, "2001"], ids=["its own", "another's"])
def test_no_registration_name_takes_the_place_of_a_number(schema: sqlite3.Connection, number: str) -> None:
    other = replace(GRACE, number="2001", registration_name="other")
    store._put(schema, other.number, rows(other))
    store._put(schema, GRACE.number, rows(replace(GRACE, registration_name=number)))
    assert endpoints(schema, number) == [(number, number, number, "")]


def test_an_endpoint_is_found_by_indexes(schema: sqlite3.Connection) -> None:
    plan = [row[3] for row in schema.execute("EXPLAIN QUERY PLAN SELECT * FROM ps_endpoints WHERE id = ?", ("x",))]
    scans = {step for step in plan if step.startswith("SCAN") and "subquery" not in step}
    assert scans <= {"SCAN CONSTANT ROW"}
    assert any("sip_login_by_registration_name" in step for step in plan)
