"""What becomes of a dialed number by the rows that the PBX reads. That calls go so: tests/pbx/test_dialed_words.py."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import models

from asterisk import outside
from asterisk.engine import lines
from asterisk.engine import store as engine
from asterisk.engine.columns import Dial, Login
from asterisk.engine.render import Rows
from asterisk.outside import ABROAD, COSTLY, ORDINARY, Dialed, Hours, Leg, Limits, Outcome
from trunks import record
from trunks.hours.intervals import State
from trunks.models import BusinessHours, Emergency, Holiday, OutboundRoute, RingGroup, Trunk

OPEN, CLOSED = datetime(2026, 6, 11, 10, tzinfo=UTC), datetime(2026, 6, 11, 20, tzinfo=UTC)
OUTING = datetime(2026, 6, 12, 10, tzinfo=UTC)
NUMBER, OWN = "+4930123", "+4930777"
LINES: dict[str, list[models.Model]] = {
    "trunks": [
        Trunk(pk=1, name="Telco", host="192.0.2.1", number=NUMBER, position=1),
        Trunk(pk=2, name="Spare", host="192.0.2.2", number="+4940999", caller_id="trunk", number_format="digits"),
        Trunk(pk=3, name="Raw", host="192.0.2.3", number_format="dialed", carries_emergency=False, position=3),
        Trunk(pk=4, name="Off", host="192.0.2.4", enabled=False),
    ],
    "outbound": [
        OutboundRoute(pk=1, name="Night", patterns="055X.\n056X.", hours="closed", trunks=[2], position=1),
        OutboundRoute(pk=2, name="Board", patterns="0043X.", restricted=True, trunks=[2], position=2),
        OutboundRoute(pk=3, name="Day", patterns="066X.", hours="open", trunks=[1], position=3),
        OutboundRoute(pk=4, name="Exit", patterns="9X.\n0ZXX", strip=1, trunks=[2], position=4),
        OutboundRoute(pk=5, name="London", patterns="77X.", strip=2, prepend="004420", trunks=[1], position=5),
        OutboundRoute(pk=6, name="Own", patterns="88X.", restricted=True, trunks=[1], position=6),
        OutboundRoute(pk=7, name="Own too", patterns="88X.", restricted=True, trunks=[1], position=7),
        OutboundRoute(pk=8, name="World", trunks=[1, 4, 2, 3], position=8),
    ],
    "inbound": [],
    "groups": [
        RingGroup(pk=1, name="Sales", number="6200", members=["1000"], goes_to="hangup"),
        RingGroup(pk=2, name="Old", number="6300", members=["1000"], goes_to="hangup", enabled=False),
    ],
    "announcements": [],
    "emergency": [Emergency(pk=1, more_numbers="19222")],
    "hours": [BusinessHours(pk=1, time_zone="UTC", **dict.fromkeys(("thursday", "friday"), "09:00-17:00"))],
    "holidays": [Holiday(pk=1, name="Outing", first_day=date(2026, 6, 12), last_day=date(2026, 6, 12))],
}
# What tells the extensions apart; the number of nobody is 1999.
MAY: dict[str, dict[str, Any]] = {
    "1000": {"outbound": 3, "outbound_number": OWN[1:], "emergency_number": "4930110"},
    "1001": {"outbound": 1, "outbound_number": OWN[1:]},
    "1002": {"outbound": 0},
    "1003": {"outbound": 3, "countries": "AT:CH"},
    "1004": {"outbound": 2, "in_hours": 1},
    "1005": {"outbound": 2},  # locked
    "1006": {"outbound": 2, "calls_at_once": 2, "call_seconds": 600, "day_seconds": 7200},
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("office") / "engine.sqlite3"
    its = {kind: [record.values_of(row) for row in rows] for kind, rows in LINES.items()}
    tables = lines.tables(its, {}, {8: "4711"}, "DE", 2026)
    tables["outbound_member"] = [("2-1000",), ("6-1001",)]
    tables["common"] = list(lines.common(its, 2026).items())
    tables["outbound_lock"] = [(1, "1005", "0171", "2026-06-11T10:00:00Z")]
    wanted = {
        number: Rows(Login(number, number, number, "MD5:00", "", "", 1, **more), Dial(number, 30))
        for number, more in MAY.items()
    }
    with engine.opened(path) as db:
        engine.write(db, engine.plan(db, wanted), 1)
        for table, its_rows in tables.items():
            for row in its_rows:
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    return path


def outside_over(route: str, text: str, *legs: Leg, **more: Any) -> Dialed:
    its: dict[str, Any] = {"cost": ORDINARY, "region": "DE", **more}
    return Dialed(text, Outcome.OUTSIDE, route, legs, **its)


def over_world(text: str, e164: str, own: str = "", **more: Any) -> Dialed:
    """The trunk that is off is passed over. `own`: the caller ID of the extension, without +."""
    legs = [
        Leg("Telco", f"+{e164}", f"+{own}" if own else NUMBER),
        Leg("Spare", e164, "4940999"),
        Leg("Raw", text, own),
    ]
    return outside_over("World", text, *legs, **{"asks_pin": True} | more)


def emergency(text: str, number: str, shown: str) -> Dialed:
    return Dialed(text, Outcome.EMERGENCY, legs=(Leg("Spare", number, "4940999"), Leg("Telco", number, shown)))


MOBILE, LONDON, PREMIUM, SATELLITE = "01711234567", "00442079460000", "09001234567", "00882161234567"


@pytest.mark.parametrize(
    ("number", "text", "becomes"),
    [
        *(("1000", text, Dialed(text, Outcome.FEATURE)) for text in ("*43", "*2", "*21000", "*121000")),
        *(("1000", text, Dialed(text, Outcome.UNKNOWN)) for text in ("*3", "1999", "81234", "+49 171-1234567")),
        ("1000", "1001", Dialed("1001", Outcome.EXTENSION)),
        ("1000", "6200", Dialed("6200", Outcome.GROUP, "Sales")),
        ("1000", "6300", Dialed("6300", Outcome.DISABLED_GROUP, "Old")),
        ("1000", "112", emergency("112", "112", "+4930110")),
        ("1001", "19222", emergency("19222", "19222", OWN)),
        ("1002", "112", emergency("112", "112", NUMBER)),
        ("1005", "112", emergency("112", "112", NUMBER)),
        ("1999", "110", emergency("110", "110", NUMBER)),
        ("1000", "9112", emergency("9112", "112", "+4930110")),
        ("1000", MOBILE, over_world(MOBILE, "491711234567", OWN[1:])),
        ("1001", MOBILE, over_world(MOBILE, "491711234567", OWN[1:])),
        ("1002", MOBILE, Dialed(MOBILE, Outcome.FORBIDDEN, "World", cost=ORDINARY, region="DE")),
        ("1999", MOBILE, Dialed(MOBILE, Outcome.FORBIDDEN)),
        ("1001", LONDON, Dialed(LONDON, Outcome.FORBIDDEN, "World", cost=ABROAD, region="GB")),
        ("1004", LONDON, over_world(LONDON, "442079460000", cost=ABROAD, region="GB")),
        ("1004", PREMIUM, Dialed(PREMIUM, Outcome.FORBIDDEN, "World", cost=COSTLY, region="DE")),
        ("1000", PREMIUM, over_world(PREMIUM, "499001234567", OWN[1:], cost=COSTLY)),
        ("1003", PREMIUM, over_world(PREMIUM, "499001234567", cost=COSTLY)),
        ("1003", LONDON, Dialed(LONDON, Outcome.WRONG_COUNTRY, "World", cost=ABROAD, region="GB")),
        ("1003", "0041441234567", over_world("0041441234567", "41441234567", cost=ABROAD, region="CH")),
        ("1003", MOBILE, over_world(MOBILE, "491711234567")),
        ("1003", SATELLITE, Dialed(SATELLITE, Outcome.WRONG_COUNTRY, "World", cost=COSTLY, region="001")),
        ("1004", SATELLITE, Dialed(SATELLITE, Outcome.FORBIDDEN, "World", cost=COSTLY, region="001")),
        ("1005", MOBILE, Dialed(MOBILE, Outcome.LOCKED)),
        ("1005", PREMIUM, Dialed(PREMIUM, Outcome.FORBIDDEN, "World", cost=COSTLY, region="DE")),
        ("1006", MOBILE, over_world(MOBILE, "491711234567", limits=Limits(2, 600, 7200))),
        (
            "1000",
            "004312345678",
            outside_over("Board", "004312345678", Leg("Spare", "4312345678", "4940999"), cost=ABROAD, region="AT"),
        ),
        ("1004", "004312345678", over_world("004312345678", "4312345678", cost=ABROAD, region="AT")),
        (
            "1000",
            "7779460000",
            outside_over("London", "7779460000", Leg("Telco", "+442079460000", OWN), cost=ABROAD, region="GB"),
        ),
        ("1001", "7779460000", Dialed("7779460000", Outcome.FORBIDDEN, "London", cost=ABROAD, region="GB")),
        # What is left when digits are taken off costs more than the whole.
        ("1004", f"77{PREMIUM}", Dialed(f"77{PREMIUM}", Outcome.FORBIDDEN, "London", cost=COSTLY, region="DE")),
        ("1000", "90171234567", outside_over("Exit", "90171234567", Leg("Spare", "49171234567", "4940999"))),
        ("1001", "881234", outside_over("Own", "881234", Leg("Telco", "881234", OWN), region="")),
        ("1000", "881234", Dialed("881234", Outcome.NOT_A_MEMBER, "Own")),
        ("1004", "90*12", Dialed("90*12", Outcome.FORBIDDEN, "Exit", cost=COSTLY)),
    ],
)
def test_what_becomes_of_it_in_business_hours(rows: Path, number: str, text: str, becomes: Dialed) -> None:
    assert outside.of(rows, number, text, OPEN) == becomes


SHUT, HOLIDAY = Hours(CLOSED, State.CLOSED, ""), Hours(OUTING, State.HOLIDAY, "Outing")
NIGHT = outside_over("Night", "0561234567", Leg("Spare", "49561234567", "4940999"))
DAY = outside_over("Day", "0661234567", Leg("Telco", "+49661234567", OWN))


@pytest.mark.parametrize(
    ("number", "text", "at", "becomes"),
    [
        ("1004", MOBILE, OPEN, over_world(MOBILE, "491711234567")),
        ("1004", MOBILE, CLOSED, Dialed(MOBILE, Outcome.NOT_NOW, hours=SHUT)),
        ("1004", "0561234567", OUTING, Dialed("0561234567", Outcome.NOT_NOW, hours=HOLIDAY)),
        ("1000", "0561234567", CLOSED, NIGHT),
        ("1000", "0561234567", OUTING, NIGHT),
        (
            "1000",
            "0561234567",
            OPEN,
            over_world("0561234567", "49561234567", OWN[1:], passed=("Night",), hours=Hours(OPEN, State.OPEN, "")),
        ),
        ("1000", "0661234567", OPEN, DAY),
        (
            "1000",
            "0661234567",
            CLOSED,
            over_world("0661234567", "49661234567", OWN[1:], passed=("Day",), hours=SHUT),
        ),
    ],
)
def test_what_becomes_of_it_at_some_hour(rows: Path, number: str, text: str, at: datetime, becomes: Dialed) -> None:
    assert outside.of(rows, number, text, at) == becomes
