from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import coded_text
from core.coded_text import CodedText
from core.preferences.models import SystemChange
from extensions.models import Change


class ApplyRun(models.Model):
    """One apply: who, when, which numbers, and what came of it."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Running")
        PROVED = "proved", _("Verified")
        WAITING = "waiting", _("waiting for the PBX")
        REFUSED = "refused", _("Refused")

    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    numbers = models.JSONField(default=list)
    rows_written = models.PositiveIntegerField(default=0)
    values_compared = models.PositiveIntegerField(default=0)  # that Asterisk was asked for, and that were equal
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.RUNNING)
    explanation = models.JSONField(null=True)  # a code with parameters, or what the PBX said
    changes = models.ManyToManyField(Change, related_name="runs")
    system_changes = models.ManyToManyField(SystemChange, related_name="runs")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Apply {self.pk}: {self.outcome}"

    @cached_property
    def changed_numbers(self) -> frozenset[str]:
        """Of `numbers`, those that somebody changed; the others were only compared."""
        return frozenset(self.changes.values_list("number", flat=True))

    @cached_property
    def preferences(self) -> list[SystemChange]:
        """Those that it has the PBX follow; of nearly every apply none."""
        return list(self.system_changes.all())

    @property
    def concerns_everybody(self) -> bool:
        return any(change.concerns_everybody for change in self.preferences)

    @property
    def seconds(self) -> float | None:
        """None while it lasts; 0 where the clock was set back meanwhile."""
        return max(0.0, (self.finished_at - self.started_at).total_seconds()) if self.finished_at else None

    @property
    def explanation_text(self) -> str:
        return coded_text.show(self.explanation)

    def unproved_before(self) -> models.QuerySet["ApplyRun"]:
        """The runs that wrote some of the same changes and were not proved."""
        shared = models.Q(changes__runs=self)
        if self.preferences:
            shared |= models.Q(system_changes__runs=self)
        earlier = ApplyRun.objects.filter(shared, outcome=self.Outcome.WAITING, pk__lt=self.pk)
        return earlier.distinct()

    def close(self, outcome: Outcome, explanation: CodedText | Exception | str) -> None:
        self.outcome, self.explanation, self.finished_at = outcome, coded_text.to_json(explanation), timezone.now()
        self.save(update_fields=["outcome", "explanation", "finished_at", "rows_written", "values_compared"])


UNPROVED = (ApplyRun.Outcome.WAITING, ApplyRun.Outcome.RUNNING)


class CheckRun(models.Model):
    """One comparison of everything: wish, engine and Asterisk."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    total = models.PositiveIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    asterisk_asked = models.BooleanField(default=False)
    differing = models.PositiveIntegerField(default=0)  # numbers
    drifts = models.JSONField(default=list)  # asterisk.check.Drift, as dicts

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Check {self.pk}"

    @property
    def numbers(self) -> list[str]:
        return sorted({drift["number"] for drift in self.drifts} - {""})

    @property
    def lines_differ(self) -> bool:
        """Trunks and routes: what differs and is of no number."""
        return any(not drift["number"] for drift in self.drifts)

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    def close(self, asked: bool, drifts: list[dict[str, Any]]) -> None:
        self.asterisk_asked, self.drifts, self.finished_at = asked, drifts, timezone.now()
        self.differing, self.compared = len(self.numbers), self.total
        self.save()


class BlockedAddressQuerySet(models.QuerySet["BlockedAddress"]):
    def in_force(self) -> Self:
        return self.filter(ended_at=None, until__gt=timezone.now())

    def unseen(self) -> Self:
        return self.in_force().filter(seen=False)


class BlockedAddress(models.Model):
    """An address that the PBX does not let in for a while; `number`: not to this extension alone, for others are there.

    `network`: an address, or the /64 of one of IPv6. Ended ones are kept for as long as they make the next one longer.
    """

    class Reason(models.TextChoices):
        ATTEMPTS = "attempts", _("Failed attempts")
        PROGRAM = "program", _("Attack program or dialed string")

    network = models.CharField(max_length=43)
    number = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=8, choices=Reason)
    tries = models.PositiveIntegerField()
    accounts = models.JSONField(default=list)  # as what it asked to be let in, some of them
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    mailed = models.BooleanField(default=False)
    seen = models.BooleanField(default=False)  # by an administrator, on the page that lists them

    objects = BlockedAddressQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["network", "number"], name="blocks_of_an_address")]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "number"],
                condition=models.Q(ended_at=None),
                name="one_block_of_an_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.number}".strip()
