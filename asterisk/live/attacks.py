"""Who guesses, as Asterisk's security events tell it: by address, and by the extension that is guessed at.

A request without an answer to its challenge counts as well, of an extension that exists as of one that does not: who
only asks which there are is stopped after as many. It counts once no answer has come, so that the phones of a whole
office may start at once.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple, TypeVar

from asterisk.ami.protocol import Message
from asterisk.live.failed_registrations import LONGEST, NOBODY, said_at
from extensions.validators import is_extension_number

SCANNER = "~scanner"  # the endpoint that attackers' programs are taken for: see scanners.conf and ps_endpoints
EVENTS = ["ChallengeSent", "ChallengeResponseFailed", "FailedACL", "InvalidAccountID", "SuccessfulAuth"]
ANSWER_SECONDS = 2.0  # within which a phone answers a challenge
MOST_UNANSWERED = 3  # of one account from one address at once: no phone has more
MOST_AT_ONCE = 40  # from one address: more phones do not start at the same moment
MOST_KEPT = 20_000  # of each kind
SHOWN_ACCOUNTS = 10

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Limits:
    """How many tries within how many seconds are too many."""

    tries: int = 10
    seconds: float = 300.0


@dataclass(frozen=True)
class Attack:
    """Too many tries from `network`: at `number`, or at any where it is ""."""

    network: str
    number: str
    by_program: bool
    tries: int
    accounts: tuple[str, ...]


class Session(NamedTuple):
    network: str
    call_id: str


@dataclass
class Unanswered:
    account: str
    at: float


def network_of(host: str) -> str:
    """The address, and of IPv6 its /64, which one household has for itself; "": no address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


class Attackers:
    """Hears events; `due` gives those who are over the limit, once, and forgets them."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._unanswered: OrderedDict[Session, list[Unanswered]] = OrderedDict()
        self._waiting: dict[tuple[str, str], int] = {}  # network and account, or "" for all: how many are unanswered
        self._named: OrderedDict[Session, str] = OrderedDict()
        self._tries: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._accounts: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._signed_in: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._let_in: OrderedDict[str, float] = OrderedDict()  # network: since when
        self._due: dict[tuple[str, str], Attack] = {}

    def hear(self, message: Message) -> None:
        remote, event = message.get("RemoteAddress", "").split("/"), message.get("Event", "")
        if message.get("Service") != "PJSIP" or len(remote) != 4 or not (network := network_of(remote[2])):
            return
        if network in self._let_in and said_at(message) < self._let_in[network]:
            return
        session = Session(network, message.get("SessionID", "")[:LONGEST])
        account = message.get("AccountID", "")[:LONGEST]
        if event == "FailedACL" and account == SCANNER:
            self._due[network, ""] = Attack(network, "", True, 1, ())
        elif event == "InvalidAccountID" or (event == "FailedACL" and is_extension_number(account)):
            put(self._named, session, account)
        elif event == "ChallengeSent":
            self._challenged(session, self._name(session, account))
        elif event == "ChallengeResponseFailed":
            self._answered(session)
            self._count(network, self._name(session, account))
        elif event == "SuccessfulAuth":
            self._answered(session)
            if is_extension_number(account):
                put(self._signed_in, (network, account), self._clock())

    def due(self) -> list[Attack]:
        self._count_unanswered()
        found, self._due = list(self._due.values()), {}
        return found

    def let_in(self, network: str, at: float) -> None:
        """Nothing that was tried from there before `at` (seconds since 1970) is counted, heard already or not yet."""
        put(self._let_in, network, at)
        for session in [each for each in self._unanswered if each.network == network]:
            self._answered(session)
        for key in [each for each in self._tries if each[0] == network]:
            del self._tries[key]

    def has_signed_in(self, network: str, number: str, seconds: float) -> bool:
        """Whether it has from there, or any where `number` is "", within so many seconds."""
        since = self._clock() - seconds
        if number:
            return self._signed_in.get((network, number), since) > since
        return any(at > since for (there, _), at in self._signed_in.items() if there == network)

    def _name(self, session: Session, account: str) -> str:
        """Asterisk does not say as whom it challenges whoever it would not let in with any password."""
        return self._named.get(session, account) if account == NOBODY else account

    def _challenged(self, session: Session, account: str) -> None:
        self._unanswered.setdefault(session, []).append(Unanswered(account, self._clock()))
        of_account, of_all = (session.network, account), (session.network, "")
        for key in (of_account, of_all):
            self._waiting[key] = self._waiting.get(key, 0) + 1
        its = (each for each in self._unanswered if each.network == session.network)
        if self._waiting[of_account] > MOST_UNANSWERED:
            for other in list(its):
                if any(each.account == account for each in self._unanswered[other]):
                    self._give_up(other)
        elif self._waiting[of_all] > MOST_AT_ONCE:
            self._give_up(next(its))
        if len(self._unanswered) > MOST_KEPT:
            self._give_up(next(iter(self._unanswered)))

    def _count_unanswered(self) -> None:
        until = self._clock() - ANSWER_SECONDS
        while self._unanswered:
            session, its = next(iter(self._unanswered.items()))
            if its[0].at > until:
                break
            self._give_up(session)

    def _give_up(self, session: Session) -> None:
        for each in self._answered(session):
            self._count(session.network, each.account)

    def _answered(self, session: Session) -> list[Unanswered]:
        its = self._unanswered.pop(session, [])
        for account in [name for each in its for name in (each.account, "")]:
            key = session.network, account
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
        return its

    def _count(self, network: str, account: str) -> None:
        put(self._accounts, network, self._accounts.get(network, OrderedDict()))
        if account != NOBODY:
            put(self._accounts[network], account, None, SHOWN_ACCOUNTS)
        for number in ("", account) if is_extension_number(account) else ("",):
            key, now = (network, number), self._clock()
            times = self._tries.get(key) or deque(maxlen=self.limits.tries)
            if times.maxlen != self.limits.tries:
                times = deque(times, self.limits.tries)
            times.append(now)
            put(self._tries, key, times)
            if len(times) == self.limits.tries and now - times[0] <= self.limits.seconds:
                accounts = (number,) if number else tuple(self._accounts[network])
                self._due[key] = Attack(network, number, False, len(times), accounts)
                del self._tries[key]


def put(kept: OrderedDict[Key, Value], key: Key, value: Value, most: int = 0) -> None:
    """As the latest; the oldest goes where there are more than `most`, or as many as are kept of anything."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > (most or MOST_KEPT):
        kept.popitem(last=False)
