"""What becomes of a dialed number, in words: from the rows that the PBX reads, as its dial plan reads them."""

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asterisk.engine import lines
from asterisk.engine import store as engine
from core import localization
from trunks.hours.intervals import State
from trunks.numbers import destinations, numbering, patterns

FEATURE = re.compile(r"\*43|\*2|\*2[0-9].*|\*12[0-9].*")
NOT_DIALED = re.compile(r"[^0-9*#+]")
WITHOUT_PREFIX = re.compile(r"[1-9][0-9]*")
ORDINARY, ABROAD, COSTLY = 1, 2, 3  # COST of the dial plan
Row = dict[str, Any]


class Outcome(StrEnum):
    FEATURE = "feature"
    EXTENSION = "extension"
    GROUP = "group"
    DISABLED_GROUP = "disabled_group"
    EMERGENCY = "emergency"
    OUTSIDE = "outside"
    FORBIDDEN = "forbidden"
    WRONG_COUNTRY = "wrong_country"
    NOT_A_MEMBER = "not_a_member"
    NOT_NOW = "not_now"
    LOCKED = "locked"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Leg:
    """One trunk that is tried: the number that goes out over it, and the caller ID that is shown."""

    trunk: str
    number: str
    shown: str


class Limits(NamedTuple):
    """Of an extension's calls outside; 0: none."""

    at_once: int = 0
    call_seconds: int = 0
    day_seconds: int = 0


NO_LIMITS = Limits()


class Called(NamedTuple):
    """`region`: ISO 3166 letters, `code`: of the country; both "" where that cannot be told."""

    cost: int
    region: str
    code: str


@dataclass(frozen=True)
class Hours:
    """When it is, and what of business hours holds then. `holiday`: its name."""

    at: datetime
    state: str
    holiday: str

    @property
    def are_over(self) -> bool:
        return self.state in (State.CLOSED, State.HOLIDAY)


@dataclass(frozen=True)
class Dialed:
    """`route`: its name, or that of a ring group. `cost`: what the number is, 0 where that does not matter.

    `region`: ISO 3166 letters. `hours`: where they matter. `passed`: the routes that would take it at another hour.
    """

    text: str
    outcome: Outcome
    route: str = ""
    legs: tuple[Leg, ...] = ()
    cost: int = 0
    region: str = ""
    limits: Limits = NO_LIMITS
    asks_pin: bool = False
    hours: Hours | None = None
    passed: tuple[str, ...] = ()


def of(engine_file: Path, number: str, text: str, at: datetime | None = None) -> Dialed:
    """What becomes of `text`, dialed by a phone of the number then, or now. Raises EngineError."""
    with engine.opened(engine_file) as db:
        db.row_factory = sqlite3.Row
        return _of(db, number, text, at or timezone.now())


def _of(db: sqlite3.Connection, number: str, text: str, at: datetime) -> Dialed:
    caller = _one(db, "SELECT * FROM outside_caller WHERE id = ?", number)
    if FEATURE.fullmatch(text):
        return Dialed(text, Outcome.FEATURE)
    if _is_emergency(db, text):
        return _emergency(db, caller, text, text)
    if _one(db, "SELECT number FROM pbx_number WHERE number = ?", text):
        return Dialed(text, Outcome.EXTENSION)
    if group := _one(db, "SELECT name, members FROM ring_group WHERE number = ?", text):
        return Dialed(text, Outcome.GROUP if group["members"] else Outcome.DISABLED_GROUP, group["name"])
    if not any(patterns.matches(row["exten"], text) for row in db.execute("SELECT exten FROM outbound_exten")):
        return Dialed(text, Outcome.UNKNOWN)
    hours = _hours(db, at)
    found = _outside(db, caller, number, NOT_DIALED.sub("", text), hours)
    if found.outcome == Outcome.OUTSIDE and engine.outbound_locked_since(db, number):
        return Dialed(text, Outcome.LOCKED)
    return replace(found, hours=hours) if found.passed or found.outcome == Outcome.NOT_NOW else found


def _is_emergency(db: sqlite3.Connection, number: str) -> bool:
    return bool(_one(db, "SELECT number FROM emergency_number WHERE number = ?", number))


def _emergency(db: sqlite3.Connection, caller: Row, text: str, number: str) -> Dialed:
    shown = caller.get("emergency_number") or caller.get("outbound_number") or ""
    carrying = _one(db, "SELECT value FROM common WHERE name = ?", lines.EMERGENCY_TRUNKS).get("value", "")
    return Dialed(text, Outcome.EMERGENCY, legs=tuple(_legs(db, carrying, number, "", shown)))


def _hours(db: sqlite3.Connection, at: datetime) -> Hours:
    row = _one(db, 'SELECT * FROM hours_at WHERE "first" <= ? LIMIT 1', f"{at.timestamp():010.0f}")
    return Hours(at, row.get("state", ""), row.get("holiday", ""))


def _outside(db: sqlite3.Connection, caller: Row, number: str, text: str, hours: Hours) -> Dialed:
    if not caller:
        return Dialed(text, Outcome.FORBIDDEN)
    passed: list[str] = []
    closed = ""
    those = _one(db, 'SELECT patterns FROM outbound_at WHERE "first" <= ? LIMIT 1', text).get("patterns", "")
    for key in filter(None, those.split(lines.BETWEEN)):
        route = _one(db, "SELECT * FROM outbound_pattern WHERE id = ?", key)
        if not re.fullmatch(route["regex"], text):
            continue
        sends = route["prepend"] + text[route["strip"] :]
        if _is_emergency(db, sends):
            return _emergency(db, caller, text, sends)
        member = f"{route['members']}-{number}"
        if route["hours"] not in ("", State.CLOSED if hours.are_over else State.OPEN):
            passed.append(route["route"])
        elif not route["members"] or _one(db, "SELECT id FROM outbound_member WHERE id = ?", member):
            found = _over_route(db, caller, text, route)
            break
        else:
            closed = closed or route["route"]
    else:
        found = Dialed(text, Outcome.NOT_A_MEMBER if closed else Outcome.UNKNOWN, closed)
    if caller["in_hours"] and hours.are_over:
        return Dialed(text, Outcome.NOT_NOW)
    return replace(found, passed=tuple(dict.fromkeys(passed)))


def _over_route(db: sqlite3.Connection, caller: Row, text: str, route: Row) -> Dialed:
    plan = _plan(db)
    sent = text[route["strip"] :]
    for sends in dict.fromkeys([sent, route["prepend"] + sent]):
        e164 = numbering.to_e164(sends, plan).lstrip("+")
        to = _called(db, sends, e164, plan)
        if caller["outbound"] < to.cost:
            return Dialed(text, Outcome.FORBIDDEN, route["route"], cost=to.cost, region=to.region)
        if to.cost != ORDINARY and to.code != plan.code and not _is_in(caller["countries"], to.region):
            return Dialed(text, Outcome.WRONG_COUNTRY, route["route"], cost=to.cost, region=to.region)
        sent = sends
    legs = tuple(_legs(db, route["trunks"], sent, e164, caller["outbound_number"]))
    limits = Limits(caller["calls_at_once"], caller["call_seconds"], caller["day_seconds"])
    return Dialed(text, Outcome.OUTSIDE, route["route"], legs, to.cost, to.region, limits, bool(route["pin"]))


def _is_in(countries: str, region: str) -> bool:
    return not countries or region in countries.split(lines.BETWEEN)


def _legs(db: sqlite3.Connection, trunks: str, sent: str, e164: str, shown: str) -> Iterator[Leg]:
    for key in filter(None, trunks.split(lines.BETWEEN)):
        trunk = _one(db, "SELECT * FROM trunk WHERE id = ?", key)
        if not trunk:
            continue
        plus = "+" if trunk["number_format"] == "plus" else ""
        number = f"{plus}{e164}" if e164 and trunk["number_format"] != "dialed" else sent
        caller = trunk["number"] if not shown or trunk["shows"] == "trunk" else shown
        yield Leg(trunk["name"], number, f"{plus}{caller}" if caller else "")


def _called(db: sqlite3.Connection, number: str, e164: str, plan: numbering.Plan) -> Called:
    if not e164:
        return Called(ORDINARY if WITHOUT_PREFIX.fullmatch(number) else COSTLY, "", "")
    to = _one(db, 'SELECT * FROM destination_at WHERE "first" <= ? LIMIT 1', e164)
    region, code = to["region"], to["code"]
    is_costly = not region or to["costs"] or (to["costly"] and re.search(to["costly"], e164[len(code) :]))
    return Called(COSTLY if is_costly else ORDINARY if code == plan.code else ABROAD, region, code)


def _plan(db: sqlite3.Connection) -> numbering.Plan:
    row = _one(db, "SELECT * FROM country WHERE id = ?", 1)
    if not row:
        return numbering.NOWHERE
    return numbering.Plan(
        row["code"], tuple(filter(None, row["international"].split(lines.BETWEEN))), row["national"], row["bare"]
    )


def _one(db: sqlite3.Connection, query: str, key: object) -> Row:
    found = db.execute(query, (key,)).fetchone()
    return dict(found) if found else {}


def in_words(number: str, dialed: Dialed) -> list[str]:
    """One sentence a line."""
    before = [_when(dialed.hours)] if dialed.hours else []
    words = _("Route %(name)s would take it at another hour.")
    before += [words % {"name": name} for name in dialed.passed]
    return before + _becomes(number, dialed)


def _when(hours: Hours) -> str:
    known = {"moment": localization.moment(hours.at), "holiday": hours.holiday}
    match hours.state:
        case State.HOLIDAY:
            return _("%(moment)s is on a holiday: %(holiday)s.") % known
        case State.CLOSED:
            return _("%(moment)s is outside of business hours.") % known
    return _("%(moment)s is within business hours.") % known


def _becomes(number: str, dialed: Dialed) -> list[str]:
    known = {"number": number, "dialed": dialed.text, "route": dialed.route}
    match dialed.outcome:
        case Outcome.FEATURE:
            return [_("%(dialed)s is a service of the PBX.") % known]
        case Outcome.EXTENSION:
            return [_("%(dialed)s is an extension. Its phones ring.") % known]
        case Outcome.GROUP:
            return [_("%(dialed)s is the ring group %(route)s. Its members ring.") % known]
        case Outcome.DISABLED_GROUP:
            return [_("%(dialed)s is the ring group %(route)s. It is disabled: the call goes on at once.") % known]
        case Outcome.UNKNOWN:
            return [_("No route is for %(dialed)s. The caller hears that the number does not exist (404).") % known]
        case Outcome.EMERGENCY:
            first = _("%(dialed)s is an emergency number. It is called whatever the extension may dial.") % known
            none = _("No trunk carries emergency calls. The caller hears an announcement.")
            return [first, *_over(dialed.legs)] if dialed.legs else [first, none]
        case Outcome.FORBIDDEN:
            return [_forbidden(dialed, known)]
        case Outcome.NOT_A_MEMBER:
            return [_("Route %(route)s matches, but %(number)s may not use it (403).") % known]
        case Outcome.WRONG_COUNTRY if dialed.region == destinations.WORLD:
            words = _(
                "%(dialed)s is in no country, such as by satellite. %(number)s may call some countries only (403)."
            )
            return [words % known]
        case Outcome.WRONG_COUNTRY if dialed.region:
            words = _("%(dialed)s is in %(country)s, which is not one of the countries that %(number)s may call (403).")
            return [words % {**known, "country": localization.country(dialed.region)}]
        case Outcome.WRONG_COUNTRY:
            words = _("It is unknown which country %(dialed)s is in. %(number)s may call some countries only (403).")
            return [words % known]
        case Outcome.LOCKED:
            return [_("Outbound calls of %(number)s are locked, because it called outside too often (403).") % known]
        case Outcome.NOT_NOW:
            return [_("%(number)s may dial outside numbers in business hours only (403).") % known]
        case Outcome.OUTSIDE:
            first = _("Route %(route)s takes it.") % known
            if not dialed.legs:
                return [first, _("It has no trunk in use.")]
            pin = [_("The caller has to enter the PIN of the route.")] if dialed.asks_pin else []
            return [first, *pin, *_over(dialed.legs), *_limits(dialed.limits)]


def _forbidden(dialed: Dialed, known: dict[str, str]) -> str:
    if dialed.cost == COSTLY:
        words = _(
            "%(dialed)s is a premium, shared-cost, satellite, or unknown number, which %(number)s may not dial (403)."
        )
    elif dialed.cost == ABROAD:
        words = _("%(dialed)s is abroad, which %(number)s may not dial (403).")
    else:
        words = _("%(number)s may not dial outside numbers (403).")
    return words % known


def _limits(limits: Limits) -> Iterator[str]:
    if limits.at_once:
        words = ngettext("At most %(count)s call at once.", "At most %(count)s calls at once.", limits.at_once)
        yield words % {"count": limits.at_once}
    for words, seconds in (
        (_("The call ends after %(minutes)s minutes."), limits.call_seconds),
        (_("All outbound calls together may last %(minutes)s minutes in 24 hours."), limits.day_seconds),
    ):
        if seconds:
            yield words % {"minutes": seconds // 60}


def _over(legs: tuple[Leg, ...]) -> Iterator[str]:
    for place, leg in enumerate(legs):
        words = (
            _("If that fails, %(number)s is called over %(trunk)s")
            if place
            else _("%(number)s is called over %(trunk)s")
        )
        words = words % {"number": leg.number, "trunk": leg.trunk}
        shown = _("%(words)s, with caller ID %(shown)s.") % {"words": words, "shown": leg.shown}
        yield shown if leg.shown else f"{words}."
