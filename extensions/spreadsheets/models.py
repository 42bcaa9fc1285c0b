"""Spreadsheets that are being imported, or were."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import coded_text, encryption
from extensions.spreadsheets.formats import BY_CODE, Format
from extensions.spreadsheets.rows import Mode

LABEL = "import"


class Import(models.Model):
    """One file. `sealed_table`: its rows with what was corrected in them, until they are saved.

    `sealed_formers`: what an undo needs, once they are. Of one that is undone, `sealed_table` has the numbers until
    that is applied.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("Checking")
        READY = "ready", _("Not imported yet")
        RUNNING = "running", _("Importing")
        SAVED = "saved", _("Saved, not applied")
        DONE = "done", _("Imported")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    KEPT = timedelta(days=30)
    AT_WORK = (State.CHECKING, State.RUNNING, State.UNDOING)
    IN_PLACE = (State.SAVED, State.DONE)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    origin = models.CharField(max_length=45)  # of the one who imports, for the operation log
    file_name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.CHECKING)
    mode = models.CharField(max_length=6, choices=[(each.value, each.value) for each in Mode], default=Mode.BOTH)
    format = models.CharField(max_length=12)
    encoding = models.CharField(max_length=12, blank=True)
    targets = models.JSONField(default=list)  # of each column: extensions.spreadsheets.formats
    sealed_table = models.TextField(blank=True)
    sealed_formers = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0)  # rows
    wrong = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    weak = models.JSONField(default=list)  # of secrets that were kept although easy to guess: number, names of fields
    done = models.PositiveIntegerField(default=0)  # rows of what is under way
    begun_at = models.DateTimeField(default=timezone.now)  # what is under way, or was last
    ended_at = models.DateTimeField(null=True)  # the check, or the saving
    canceled = models.BooleanField(default=False)  # is asked for
    why = models.JSONField(
        null=True
    )  # what kept it from ending otherwise, or what the PBX said: a code with parameters

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("extensions:import", args=[self.pk])

    @classmethod
    def forget_old(cls, but: Iterable[uuid.UUID]) -> list[uuid.UUID]:
        """Gives their keys. `but`: those that somebody is at work on."""
        old = cls.objects.filter(created_at__lt=timezone.now() - cls.KEPT).exclude(pk__in=but)
        keys = list(old.values_list("pk", flat=True))
        cls.objects.filter(pk__in=keys).delete()
        return keys

    @property
    def of_format(self) -> Format:
        return BY_CODE[self.format]

    @property
    def why_text(self) -> str:
        return coded_text.show(self.why)

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @property
    def is_unapplied(self) -> bool:
        """Saved or undone, and not shown yet that the PBX has it."""
        return self.state == self.State.SAVED or (self.state == self.State.UNDONE and bool(self.sealed_table))

    @property
    def seen(self) -> str:
        """By which a preview that somebody has looked at is told from a later one."""
        return sha256(self.sealed_table.encode()).hexdigest()[:16]

    def seal(self, column: str, value: Any) -> None:
        """`column`: sealed_table or sealed_formers."""
        setattr(self, column, encryption.seal(f"{LABEL} {column}", self.pk, json.dumps(value)))

    def unseal(self, column: str) -> Any:
        return json.loads(encryption.unseal(f"{LABEL} {column}", self.pk, getattr(self, column)))
