"""What is said of a call to a number. That it goes so: tests/pbx/test_dialplan.py."""

from dataclasses import replace
from pathlib import Path

import pytest

from asterisk import dialplan
from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, Login, Mailbox
from asterisk.engine.render import Rows

ONE = Login("1000", "1000", "grace", "MD5:00", "Grace Hopper", '"Grace Hopper" <1000>', 1)
MORE = replace(ONE, max_contacts=3)
OTHER = Login("1001", "1001", "ada", "MD5:00", "Ada Lovelace", '"Ada Lovelace" <1001>', 1)
NOT_THERE = "1000 is not on the PBX. The caller hears that the number does not exist (404)."
ABSENT = "If no phone is registered as {}, the caller hears that no one is available (480)."
WITHOUT = [
    "If a phone is busy or declines and no other answers, the caller hears a busy tone (486).",
    "If no one answers in time, the caller hears that no one answered (480).",
]
LEAVES = [
    "If no phone is registered as 1000, the caller can leave a message.",
    "If a phone is busy or declines and no other answers, the caller can leave a message.",
    "After 25 seconds without an answer, the caller can leave a message.",
]
DIAL, BOX = Dial("1000", 25), Mailbox("1000", "4711", 1, 1, 0, 0)
REDIRECTED = Rows(None, Dial("1000", 30, "1001"))


@pytest.mark.parametrize(
    ("rows", "named", "said"),
    [
        ({"1000": Rows()}, {}, [NOT_THERE]),
        ({"1000": Rows(None, DIAL)}, {}, [NOT_THERE]),
        ({"1000": Rows(ONE)}, {}, [NOT_THERE]),
        (
            {"1000": Rows(ONE, DIAL)},
            {"1000": "Grace Hopper"},
            [ABSENT.format(1000), "Otherwise the registered phone rings for 25 seconds.", *WITHOUT],
        ),
        (
            {"1000": Rows(MORE, DIAL, BOX)},
            {},
            [LEAVES[0], "Otherwise all registered phones, up to 3, ring for 25 seconds.", *LEAVES[1:]],
        ),
        (
            {"1000": REDIRECTED, "1001": Rows(OTHER, Dial("1001", 20))},
            {"1001": "Ada Lovelace"},
            [
                "Calls to 1000 ring 1001 Ada Lovelace for 30 seconds.",
                ABSENT.format(1001),
                "Otherwise the registered phone rings for 30 seconds.",
                *WITHOUT,
            ],
        ),
        (
            {"1000": REDIRECTED, "1001": Rows()},
            {},
            [
                "Calls to 1000 ring 1001 for 30 seconds.",
                "1001 is not on the PBX or is disabled. The caller hears that no one is available (480).",
            ],
        ),
    ],
)
def test_what_happens_when_somebody_calls_is_said(
    rows: dict[str, Rows], named: dict[str, str], said: list[str]
) -> None:
    assert dialplan.in_words("1000", rows, named) == said


def test_the_rows_of_a_call_are_those_of_whose_phones_ring(empty_engine: Path, tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite3"
    path.write_bytes(empty_engine.read_bytes())
    rows = {"1000": REDIRECTED, "1001": Rows(OTHER, Dial("1001", 20)), "1002": Rows()}
    with engine.opened(path) as db:
        engine.write(db, engine.plan(db, rows), 1)
    found = dialplan.of(path, "1000")
    assert found == {number: rows[number] for number in ("1000", "1001")}
    assert dialplan.names(found) == {"1001": "Ada Lovelace"}
    assert dialplan.of(path, "1001") == {"1001": rows["1001"]}
    assert dialplan.of(path, "1002") == {"1002": Rows()}
