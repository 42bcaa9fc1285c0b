"""From the lines to the world as they are wished to the rows that Asterisk reads of them. Pure."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from trunks import call_destinations
from trunks.call_destinations import Kind
from trunks.hours import intervals
from trunks.numbers import destinations, patterns
from trunks.numbers.emergency import numbers_of
from trunks.numbers.numbering import Plan, plan_of

STANDARD_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
BETWEEN = ":"  # ids in one column
AFTER_NUMBER, AFTER_PREFIX = "!", "~"  # before and after all that goes on from a number, in the order of texts

Row = tuple[Any, ...]
Table = list[Row]
Record = Mapping[str, list[dict[str, Any]]]

# Refused to who may not call everything, wherever they are.
COSTLY = {destinations.Kind.PREMIUM, destinations.Kind.SHARED_COST, destinations.Kind.SATELLITE}
WORLDWIDE = {"destination": ("first", "region", "code", "costs"), "costly": ("region", "regex")}
AT_OTHER_HOURS = ("closed_to", "closed_target", "holiday_to", "holiday_target")  # by the states of hours
# Table -> its columns.
COLUMNS = {
    "trunk": (
        "id", "name", "uri", "domain", "registers", "username", "auth_name", "password", "codecs", "media_encryption",
        "number", "shows", "number_format", "max_calls", "keep_alive",
    ),
    "outbound_exten": ("exten",),
    "outbound_pattern": ("id", "route", "regex", "strip", "prepend", "hours", "trunks", "picks", "pin", "members"),
    "outbound_first": ("first", "patterns"),
    "inbound_first": ("first", "route", "goes_to", "target", "prefix", *AT_OTHER_HOURS),
    "hours_first": ("first", "state", "holiday"),
    "ring_group": ("number", "name", "members", "strategy", "seconds", "goes_to", "target"),
    "announcement": ("id", "name", "sound", "goes_to", "target"),
    "emergency_number": ("number",),
    "country": ("id", "code", "international", "national", "bare"),
}  # fmt: skip
# Rows of `common`.
EMERGENCY_TRUNKS, EMERGENCY_PHONES, HOURS_OF = "emergency_trunks", "emergency_phones", "hours_of"


def tables(
    record: Record, passwords: Mapping[int, str], pins: Mapping[int, str], country: str, year: int
) -> dict[str, Table]:
    """Every row of each table. `passwords` by the keys of trunks, `pins` by those of routes. `year`: that it is."""
    plan = plan_of(country)
    trunks = {each["id"]: each for each in in_order(record["trunks"])}
    routes = in_order(record["outbound"])
    groups = {str(each["id"]): each["number"] for each in record["groups"]}
    found = [(each, pattern) for each in routes for pattern in (each["patterns"].split() or everything(plan))]
    return {
        "trunk": [trunk(each, passwords.get(key, "")) for key, each in trunks.items()],
        "outbound_exten": [(pattern,) for pattern in sorted({pattern for _, pattern in found})],
        "outbound_pattern": [
            (
                place,
                each["name"],
                patterns.to_regex(pattern),
                each["strip"],
                each["prepend"],
                each["hours"],
                ids(each["trunks"], trunks),
                each.get("picks", "order"),
                pins.get(each["id"], ""),
                str(each["id"]) if each.get("restricted") else "",
            )
            for place, (each, pattern) in enumerate(found, 1)
        ],
        "outbound_first": first_patterns([pattern for _, pattern in found]),
        "hours_first": hours(record, year),
        "inbound_first": inbound(in_order(record["inbound"]), groups),
        "announcement": [announcement(each, groups) for each in record["announcements"]],
        "ring_group": [ring_group(each, groups) for each in record["groups"]],
        "emergency_number": [(number,) for number in emergency_numbers(record, country)],
        "country": [(1, plan.code, BETWEEN.join(plan.international), plan.national, plan.bare_digits)],
    }


def common(record: Record, year: int) -> dict[str, str]:
    """The rows of `common` that lines have."""
    carrying = [each for each in in_order(record["trunks"]) if each["carries_emergency"]]
    phones = [each["phones"] for each in record["emergency"] if each["phones"]]
    return {
        HOURS_OF: hours_of(year),
        EMERGENCY_TRUNKS: BETWEEN.join(name(each) for each in carrying),
        EMERGENCY_PHONES: BETWEEN.join(each.strip() for text in phones for each in text.split(",") if each.strip()),
    }


def in_order(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those in use, as they are listed."""
    return sorted((each for each in lines if each["enabled"]), key=lambda each: (each["position"], each["id"]))


def name(trunk_values: Mapping[str, Any]) -> str:
    return f"trunk-{trunk_values['id']}"


def identifies(trunks: Table) -> str:
    """The file by which a trunk is known, by the address of its server."""
    rows = (dict(zip(COLUMNS["trunk"], row, strict=True)) for row in trunks)
    return "".join(
        f"[{each['id']}]\ntype=identify\nendpoint={each['id']}\nmatch={each['domain'].strip('[]')}\n\n" for each in rows
    )


def ids(keys: Iterable[int], there: Mapping[int, Mapping[str, Any]]) -> str:
    return BETWEEN.join(name(there[key]) for key in keys if key in there)


def everything(plan: Plan) -> list[str]:
    """Patterns of every number outside, as people of the country dial it."""
    found = ["+X."]
    found += [f"{prefix}X." for prefix in (*plan.international, *filter(None, [plan.national]))]
    if plan.bare_digits:
        found.append("X" * plan.bare_digits + "!")
    return list(dict.fromkeys(found))


def trunk(each: Mapping[str, Any], password: str) -> Row:
    host, port, transport = each["host"], each["port"], each["transport"]
    domain = f"[{host}]" if ":" in host and not host.startswith("[") else host
    uri = f"sip:{domain}{f':{port}' if port else ''};transport={transport}"
    authenticates = bool(password)
    return (
        name(each), each["name"], uri, domain, int(each["registers"]), each["username"],
        (each["auth_name"] or each["username"]) if authenticates else "", password, each["codecs"],
        each["media_encryption"], each["number"].lstrip("+"), each["caller_id"], each["number_format"],
        each["max_calls"], each["keep_alive"],
    )  # fmt: skip


def first_patterns(found: list[str]) -> Table:
    """Intervals of dialled texts, each with the patterns (by their place, from 1) that may match in it."""
    placed = [(prefix, place) for place, pattern in enumerate(found, 1) for prefix in patterns.prefixes(pattern)]
    edges = sorted({edge for prefix, _ in placed for edge in (prefix, prefix + AFTER_PREFIX)} | {""})
    rows: Table = []
    for edge in edges:
        its = sorted({place for prefix, place in placed if prefix <= edge < prefix + AFTER_PREFIX})
        row = BETWEEN.join(map(str, its))
        if not rows or rows[-1][1] != row:
            rows.append((edge, row))
    return rows


def inbound(routes: list[dict[str, Any]], groups: Mapping[str, str]) -> Table:
    """Intervals of called numbers, without +. A whole number wins over the block that it lies in, a longer block over a
    shorter one, and all over the route of any other number."""
    numbers = {each["number"].lstrip("+"): each for each in routes if each["number"]}
    whole = {number: each for number, each in numbers.items() if each["goes_to"] != Kind.LAST_DIGITS}
    blocks = {number: each for number, each in numbers.items() if each["goes_to"] == Kind.LAST_DIGITS}
    other = next((each for each in routes if not each["number"]), None)
    edges = {""}
    edges |= {edge for number in whole for edge in (number, number + AFTER_NUMBER)}
    edges |= {edge for prefix in blocks for edge in (prefix + "0", prefix + AFTER_PREFIX)}
    rows: Table = []
    for edge in sorted(edges):
        around = [prefix for prefix in blocks if prefix + "0" <= edge < prefix + AFTER_PREFIX]
        block = max(around, key=len, default="")
        rows.append((edge, *goes_to(whole.get(edge) or blocks.get(block) or other, groups)))
    return rows


def goes_to(route: Mapping[str, Any] | None, groups: Mapping[str, str]) -> Row:
    if route is None:
        return "", "", "", 0, *("" for _ in AT_OTHER_HOURS)
    closed = route["closed_goes_to"] or route["goes_to"]
    holiday = route["holiday_goes_to"] or closed
    prefix = len(route["number"].lstrip("+"))
    return route["name"], *target(route["goes_to"], groups), prefix, *target(closed, groups), *target(holiday, groups)


def target(text: str, groups: Mapping[str, str]) -> tuple[str, str]:
    """What the dial plan has to do with a call, and with what. `groups`: their numbers, by their keys."""
    to = call_destinations.parse(text)
    return str(to.kind), groups.get(to.key, "") if to.kind == Kind.GROUP else to.key


def ring_group(each: Mapping[str, Any], groups: Mapping[str, str]) -> Row:
    """One that is disabled rings nobody: its calls go on at once."""
    members = BETWEEN.join(each["members"]) if each["enabled"] else ""
    goes_on = target(each["goes_to"], groups)
    return each["number"], each["name"], members, each["strategy"], each["ring_seconds"], *goes_on


def announcement(each: Mapping[str, Any], groups: Mapping[str, str]) -> Row:
    """One that is disabled is not heard: its calls go on at once."""
    sound = each["sound"] if each["enabled"] else ""
    return str(each["id"]), each["name"], sound, *target(each["goes_to"], groups)


def hours(record: Record, year: int) -> Table:
    """Intervals of time, found by ten digits of Unix time."""
    its = next(iter(record["hours"]), None)
    return [
        (f"{each.first:010d}", str(each.state), each.holiday)
        for each in intervals.render(its, record["holidays"], year)
    ]


def hours_of(year: int) -> str:
    """What the intervals are made from besides the record: in another year, or with other tables of holidays, there are
    others."""
    return f"{year} {version('holidays')}"


def emergency_numbers(record: Record, country: str) -> list[str]:
    more = [line for each in record["emergency"] for line in each["more_numbers"].split()]
    return sorted({*numbers_of(country), *more})


def worldwide() -> dict[str, Table]:
    """What is nobody's wish: countries by the first digits of a number, and which of their numbers cost more."""
    return {"destination": _destinations(), "costly": [(each.region, _either(each)) for each in destinations.kinds()]}


def _destinations() -> Table:
    by_digits = {each.digits: each for each in destinations.prefixes()}
    rows: Table = []
    for edge in sorted({edge for digits in by_digits for edge in (digits, digits + AFTER_PREFIX)} | {""}):
        # With the edge after it, a prefix has ended: what it lies in goes on.
        found = [by_digits[edge[:size]] for size in range(len(edge), 0, -1) if edge[:size] in by_digits]
        found = [each for each in found if not edge.startswith(each.digits + AFTER_PREFIX)]
        its = found[0] if found else None
        rows.append((edge, its.region, its.code, int(its.kind in COSTLY)) if its else (edge, "", "", 0))
    return rows


def _either(kinds: destinations.Kinds) -> str:
    return "|".join(filter(None, [kinds.premium, kinds.shared_cost]))
