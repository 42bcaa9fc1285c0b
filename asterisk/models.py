from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.models import User
from core.preferences.models import SystemChange
from core.stored_words import in_store, shown_as
from extensions.models import Change

# What is said of an apply, as it is stored.
COMPARED = gettext_noop("Asterisk was asked, and has exactly what was saved: %(count)s values compared.")
RELOADED = gettext_noop("Asterisk reloaded its tones.")
KEPT = gettext_noop("Kept for the PBX: it takes effect, and is proved, as soon as the PBX answers.")
ELSEWHERE = gettext_noop(
    "Kept for the PBX: its table was replaced while it ran. Restart the PBX: it then takes effect."
)
CUT_SHORT = gettext_noop("It was cut short. What it had begun waits, and is proved with the next apply or start.")
PROVED_BY = gettext_noop("Proved by apply %(run)s.")
PROVED_LATER = gettext_noop("Proved by apply %(run)s, when the PBX was up again.")
REFUSED_WITH = gettext_noop("Refused with apply %(run)s. %(why)s")
SENTENCES = (
    f"{COMPARED} {RELOADED}",
    COMPARED,
    KEPT,
    ELSEWHERE,
    CUT_SHORT,
    PROVED_LATER,
    PROVED_BY,
    REFUSED_WITH,
    gettext_noop("Extension {extension}, {field}: {why}"),
    gettext_noop("the PBX said “{said}” instead of “{wanted}”."),
    gettext_noop("{why} It could not be taken back. {more}"),
)


class ApplyRun(models.Model):
    """One apply: who, when, which numbers, and what came of it."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Running")
        PROVED = "proved", _("Proved")
        WAITING = "waiting", _("waiting for the PBX")
        REFUSED = "refused", _("Refused")

    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    numbers = models.JSONField(default=list)
    rows_written = models.PositiveIntegerField(default=0)
    values_compared = models.PositiveIntegerField(default=0)  # that Asterisk was asked for, and that were equal
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.RUNNING)
    words = models.TextField(blank=True)
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
    def words_shown(self) -> str:
        """In the language of the page."""
        return shown_as(self.words, SENTENCES)

    def close(self, outcome: Outcome, words: object) -> None:
        """`words`: lazy ones, or an error, are kept in English."""
        self.outcome, self.words, self.finished_at = outcome, in_store(words), timezone.now()
        self.save(update_fields=["outcome", "words", "finished_at", "rows_written", "values_compared"])


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
        return sorted({drift["number"] for drift in self.drifts})

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    def close(self, asked: bool, drifts: list[dict[str, str | None]]) -> None:
        self.asterisk_asked, self.drifts, self.finished_at = asked, drifts, timezone.now()
        self.differing, self.compared = len(self.numbers), self.total
        self.save()
