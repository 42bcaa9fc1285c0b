"""What the dial plan costs a call, and how many calls a second it bears. Django is set up when this is imported."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from django.conf import settings

from accounts.models import User
from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.bench import filling, process
from tests.bench.calls import by_hand, telephones
from tests.bench.calls.telephones import Account, Outcome, Plan, Report
from tests.bench.site import applied
from tests.bench.surroundings import Failed, free_ports
from tests.bench.table import Figures, p95, shown
from tests.node import apply_preferences
from trunks import record
from trunks.models import OutboundRoute, Trunk

SIZES = [100, 10_000]
PROVIDER = "127.0.0.77"
IN_TURN = 200
PHONES_IN_TURN = 20  # ten calls each, within a minute: an extension is locked from the 21st on
CALLERS = 200  # 15 calls each within a minute at 50 a second
MOST_A_MINUTE = 20
HELD_SECONDS = 1
ROUTES, PATTERNS_OF_A_ROUTE = 50, 20
GROUP = "From the phone's INVITE to the trunk's, ms"
BY_HAND, ONE_ROUTE = "a dial plan of one line, by hand", "the portal's, one route"
LIMITS, MANY_ROUTES = "the portal's, with all limits of an extension", "the portal's, 50 routes of 20 patterns"
LIMITED = {"outbound_calls_at_once": 5, "outbound_call_minutes": 60, "outbound_day_minutes": 600}


@dataclass(frozen=True)
class Pace:
    a_second: float
    seconds: float

    def __str__(self) -> str:
        return f"{self.a_second:g} calls a second for {self.seconds:g} s, each held {HELD_SECONDS} s"


@dataclass
class Calls:
    """Ports for SIP: of the portal's Asterisk and of the one that was written by hand. The provider is both's."""

    portal: int
    hand: int
    provider: tuple[str, int]
    figures: Figures
    say: Callable[[str], None]
    lines: list[str] = field(default_factory=list)  # of the report, below the table

    def in_turn(self, name: str, size: int, extensions: list[SipExtension]) -> None:
        """The one by hand right before, under the machine's load of that moment."""
        hand = self._median(BY_HAND, size, self.hand, [by_hand.ACCOUNT])
        portal = self._median(name, size, self.portal, signed(extensions))
        self._note(f"{name}, {size:,} extensions: {portal - hand:+.1f} ms to the one by hand at that moment")

    def at_a_pace(self, name: str, port: int, pid: int, accounts: list[Account], pace: Pace) -> None:
        plan = Plan(port, self.provider, accounts, round(pace.a_second * pace.seconds), pace.a_second, HELD_SECONDS)
        before = process.cpu_seconds_of_all_threads(pid)
        report = telephones.calling(plan)
        self._note(paced(name, report, process.cpu_seconds_of_all_threads(pid) - before))

    def _median(self, name: str, size: int, port: int, accounts: list[Account]) -> float:
        outcomes = telephones.calling(Plan(port, self.provider, accounts, IN_TURN, 0, 0)).outcomes
        milliseconds = [1000 * each.to_trunk for each in outcomes if each.to_trunk is not None]
        if len(milliseconds) < IN_TURN or failures(outcomes):
            raise Failed(f"{name}: {IN_TURN} calls, {len(milliseconds)} came to the trunk; {failures(outcomes)}")
        self.figures.add(GROUP, name, size, milliseconds)
        return median(milliseconds)

    def _note(self, line: str) -> None:
        self.lines.append(line)
        self.say(line)


def measure(pbx: Embedded, by: User, sizes: list[int], pace: Pace, say: Callable[[str], None]) -> str:
    """Raises Failed where a call in turn is not answered; at a pace, the report says how many were not."""
    if sizes[0] < 3 * PHONES_IN_TURN:
        raise Failed(f"Calls need {3 * PHONES_IN_TURN} extensions at least.")
    if pace.a_second * min(pace.seconds, 60) > CALLERS * MOST_A_MINUTE:
        raise Failed(f"{CALLERS} extensions may make {CALLERS * MOST_A_MINUTE:,} calls within a minute.")
    address = PROVIDER, free_ports(1)[0]
    with by_hand.running(pbx.program, f"{PROVIDER}:{address[1]}") as (pid, port):
        calls = Calls(settings.SIP_PORT, port, address, Figures(), say)
        for size in sizes:
            in_turn(calls, pbx, by, size)
        one_route(address)
        callers = signed(added(CALLERS, by, first=filling.FIRST + sizes[-1]))
        assert pbx.process
        calls.lines.append(f"\n{pace}")
        calls.at_a_pace(BY_HAND, port, pid, [by_hand.ACCOUNT], pace)
        name = f"{ONE_ROUTE}, {sizes[-1]:,} extensions"
        calls.at_a_pace(name, calls.portal, pbx.process.pid, callers, pace)
    return "\n".join([str(calls.figures), "", *calls.lines])


def in_turn(calls: Calls, pbx: Embedded, by: User, size: int) -> None:
    pbx.stop()
    filling.empty(by)
    pbx.start()
    extensions = added(size, by)
    pbx.restart()
    one_route(calls.provider)
    free, limited, others = (
        extensions[start : start + PHONES_IN_TURN] for start in (0, PHONES_IN_TURN, 2 * PHONES_IN_TURN)
    )
    calls.in_turn(ONE_ROUTE, size, free)
    calls.in_turn(LIMITS, size, limited)
    many_routes()
    calls.in_turn(MANY_ROUTES, size, others)


def added(count: int, by: User, first: int = filling.FIRST) -> list[SipExtension]:
    extensions = filling.fill(count, by, first)
    limited = [each.pk for each in extensions[PHONES_IN_TURN : 2 * PHONES_IN_TURN]]
    SipExtension.objects.filter(pk__in=limited).update(**LIMITED)
    SipExtension.objects.filter(enabled=False).update(enabled=True)
    applied([each.number for each in extensions], by)
    return extensions


def one_route(provider: tuple[str, int]) -> None:
    host, port = provider
    with record.edited(None):
        OutboundRoute.objects.all().delete()
        Trunk.objects.all().delete()
        trunk = Trunk.objects.create(name="Provider", registers=False, host=host, port=port, keep_alive=0)
        OutboundRoute.objects.create(name="World", trunks=[trunk.pk])
    Preferences.objects.update(country="DE")
    apply_lines()


def many_routes() -> None:
    """Each number by another first digits; those that are called are among them."""
    trunks = list(Trunk.objects.values_list("pk", flat=True))
    with record.edited(None):
        OutboundRoute.objects.all().delete()
        for place in range(ROUTES):
            first = place * PATTERNS_OF_A_ROUTE
            patterns = "\n".join(f"01{number:03}X!" for number in range(first, first + PATTERNS_OF_A_ROUTE))
            OutboundRoute.objects.create(name=f"Route {place}", patterns=patterns, trunks=trunks)
    apply_lines()


def apply_lines() -> None:
    run = apply_preferences(None)
    if run.outcome != "proved":
        raise Failed(f"Apply of trunks and routes: {run.outcome}, {run.explanation_text}")


def signed(extensions: list[SipExtension]) -> list[Account]:
    return [Account(each.number, each.registration_name, each.registration_password) for each in extensions]


def failures(outcomes: list[Outcome]) -> str:
    """How many calls were not answered, by what they ended with."""
    found = Counter(each.status for each in outcomes if each.to_answer is None)
    return ", ".join(f"{times} with {status or 'no reply'}" for status, times in sorted(found.items()))


def paced(name: str, report: Report, cpu: float) -> str:
    outcomes = report.outcomes
    times = [1000 * each.to_answer for each in outcomes if each.to_answer is not None]
    figures = [shown(each) for each in (median(times), p95(times), max(times))] if times else ["-"] * 3
    middle, slow, worst = figures
    return (
        f"  {name}: {len(outcomes):,} begun, {len(times):,} answered, failed: {failures(outcomes) or 'none'};"
        f" INVITE to 200, ms: median {middle}, p95 {slow}, worst {worst};"
        f" CPU of Asterisk a call, with registrations, ms: {shown(1000 * cpu / len(outcomes))} (of phones and provider:"
        f" {shown(1000 * report.cpu_seconds / len(outcomes))})"
    )
