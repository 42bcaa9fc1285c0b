"""How often something may be tried or asked for: counted in a table, so that it holds for all processes together.

A limit of failures blocks what it counts for a while, each time twice as long as the time before. It is asked before a
password is checked and again after that, so that of many tries at once no more are answered than of one after another.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.crypto import salted_hmac

SHORTEST, LONGEST = 300, 3600  # seconds of a block
FORGOTTEN_AFTER = 86400  # seconds without a failure: the next block is a first one


class Tally(models.Model):
    """`key` is a keyed hash: what people type as their address may be a password."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)  # when, in seconds; of those that still count
    until = models.FloatField(default=0)  # blocked
    blocks = models.PositiveSmallIntegerField(default=0)  # in a row
    at = models.FloatField(default=0, db_index=True)  # the last that was counted

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True)
class Limit:
    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Bucket:
    """What is counted together, as all that comes from one address."""

    limit: Limit
    about: str

    @property
    def key(self) -> str:
        return salted_hmac(
            "accounts.throttling.failure_counts", f"{self.limit.name} {self.about}", algorithm="sha256"
        ).hexdigest()


def wait(buckets: Sequence[Bucket]) -> float:
    """Seconds until all of them let one try again; 0: now."""
    now = time.time()
    found = Tally.objects.filter(key__in=[each.key for each in buckets])
    return max((_left(each, now) for each in found), default=0)


def failed(buckets: Sequence[Bucket]) -> tuple[float, list[Bucket]]:
    """Counts a failure. Inside a transaction. Gives how long it was too late already, and else whom it blocks now."""
    now = time.time()
    tallies = _locked(buckets, now)
    left = max(_left(each, now) for each in tallies.values())
    if left:
        return left, []
    return 0, [each for each in buckets if _count(tallies[each.key], each.limit, now)]


def take(buckets: Sequence[Bucket]) -> bool:
    """One more, where none of them is full; nothing is blocked by it."""
    now = time.time()
    with transaction.atomic():
        tallies = _locked(buckets, now)
        for each in buckets:
            if len(_young(tallies[each.key], each.limit, now)) >= each.limit.amount:
                return False
        for each in buckets:
            tally = tallies[each.key]
            tally.times, tally.at = [*_young(tally, each.limit, now), now], now
            tally.save()
    return True


def forgive(*buckets: Bucket) -> None:
    Tally.objects.filter(key__in=[each.key for each in buckets]).delete()


def clear() -> int:
    """Those that count for nothing any more."""
    return Tally.objects.filter(at__lt=time.time() - FORGOTTEN_AFTER).delete()[0]


def _locked(buckets: Sequence[Bucket], now: float) -> dict[str, Tally]:
    """In one order, so that two who lock the same do not wait for each other."""
    keys = sorted({each.key for each in buckets})
    Tally.objects.bulk_create((Tally(key=key, at=now) for key in keys), ignore_conflicts=True)
    return {each.key: each for each in Tally.objects.select_for_update().filter(key__in=keys).order_by("key")}


def _left(tally: Tally, now: float) -> float:
    """More than the longest block: the clock was set back meanwhile."""
    left = tally.until - now
    return left if 0 < left <= LONGEST else 0


def _young(tally: Tally, limit: Limit, now: float) -> list[float]:
    return [each for each in tally.times if now - limit.seconds < each <= now]


def _count(tally: Tally, limit: Limit, now: float) -> bool:
    """Whether that was one too many."""
    if now - tally.at > FORGOTTEN_AFTER:
        tally.blocks = 0
    tally.times, tally.at = [*_young(tally, limit, now), now], now
    full = len(tally.times) >= limit.amount
    if full:
        tally.until = now + min(SHORTEST * 2**tally.blocks, LONGEST)
        tally.times, tally.blocks = [], min(tally.blocks + 1, 10)
    tally.save()
    return full
