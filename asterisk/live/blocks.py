"""The blocks that the portal's database knows, as the guard sees them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from asterisk.live.attacks import SHOWN_ACCOUNTS, Attack
from asterisk.models import BlockedAddress
from core.audit import log
from core.preferences.models import Preferences
from extensions.validators import network_list

REMEMBERED = timedelta(days=30)  # so long an earlier block makes the next one longer
LONGEST = timedelta(days=7)
FIELDS = (
    "attacks_on",
    "attacks_tries",
    "attacks_minutes",
    "attacks_block_minutes",
    "attacks_never",
    "attacks_agents",
    "attacks_dialled",
)


class Block(NamedTuple):
    network: str
    number: str  # "": it is kept from all


@dataclass(frozen=True)
class Rules:
    """What the preferences say of attackers."""

    on: bool
    tries: int
    minutes: int
    block_minutes: int
    never: str
    agents: tuple[str, ...]
    dialled: tuple[str, ...]

    @classmethod
    def read(cls) -> "Rules":
        *some, agents, dialled = Preferences.objects.values_list(*FIELDS).get(pk=1)
        return cls(*some, tuple(agents.splitlines()), tuple(dialled.splitlines()))  # type: ignore[call-arg]

    def spare(self, network: str) -> bool:
        return is_in(network, self.never)


def is_in(network: str, networks: str) -> bool:
    """Whether some of it is in one of them."""
    ours = ip_network(network)
    return any(each.version == ours.version and each.overlaps(ours) for each in network_list(networks))


def duration(first: timedelta, earlier: int) -> timedelta:
    """Twice as long each time."""
    return min(first * (1 << min(earlier, 20)), LONGEST)


def add(attack: Attack, number: str, rules: Rules) -> datetime:
    """Returns until when. Raises DatabaseError."""
    now = timezone.now()
    with transaction.atomic():
        of_it = BlockedAddress.objects.select_for_update().filter(network=attack.network, number=number)
        if there := of_it.in_force().first():
            return there.until
        of_it.filter(ended_at=None).update(ended_at=now)
        earlier = of_it.filter(since__gt=now - REMEMBERED).count()
        block = BlockedAddress.objects.create(
            network=attack.network,
            number=number,
            reason=BlockedAddress.Reason.PROGRAM if attack.by_program else BlockedAddress.Reason.ATTEMPTS,
            tries=attack.tries,
            accounts=list(attack.accounts),
            since=now,
            until=now + duration(timedelta(minutes=rules.block_minutes), earlier),
        )
        log.record(None, "blocked.added", attack.network, number=number, tries=attack.tries)
    return block.until


def in_force(rules: Rules) -> dict[Block, datetime]:
    """Those that are over, or that the rules spare, are ended. Raises DatabaseError."""
    now = timezone.now()
    found: dict[Block, datetime] = {}
    over = []
    for pk, network, number, until in open_blocks():
        if until <= now or not rules.on or rules.spare(network):
            over.append(pk)
        else:
            found[Block(network, number)] = until
    if over:
        BlockedAddress.objects.filter(pk__in=over, ended_at=None).update(ended_at=now)
    return found


def forgive(numbers: Iterable[str]) -> None:
    """End what was tried as these numbers alone: their phones are let in by another password now, or again.

    Of who has tried as many as are kept, nobody knows how many more there were.
    """
    chosen = set(numbers)
    tried = BlockedAddress.objects.filter(ended_at=None, reason=BlockedAddress.Reason.ATTEMPTS)
    found = [
        pk
        for pk, accounts in tried.values_list("pk", "accounts")
        if 0 < len(accounts) < SHOWN_ACCOUNTS and chosen.issuperset(accounts)
    ]
    if found:
        BlockedAddress.objects.filter(pk__in=found, ended_at=None).update(ended_at=timezone.now())


def open_blocks() -> Iterable[tuple[int, str, str, datetime]]:
    return BlockedAddress.objects.filter(ended_at=None).values_list("pk", "network", "number", "until")


def forget_old() -> None:
    BlockedAddress.objects.filter(ended_at__lt=timezone.now() - REMEMBERED).delete()
