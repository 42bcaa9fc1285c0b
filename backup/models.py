"""The backups that were made, and by which settings."""

from __future__ import annotations

from pathlib import Path

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import coded_text, encryption

LABEL, ROW = "backup_passphrase", "1"


class BackupSettings(models.Model):
    """One row."""

    folder = models.CharField(_("Folder"), max_length=1000, blank=True)  # "" for the portal's own
    sealed_passphrase = models.TextField(blank=True, editable=False)
    days = models.PositiveSmallIntegerField(_("Daily backups"), default=7, validators=[MaxValueValidator(366)])
    weeks = models.PositiveSmallIntegerField(_("Weekly backups"), default=4, validators=[MaxValueValidator(520)])
    months = models.PositiveSmallIntegerField(_("Monthly backups"), default=12, validators=[MaxValueValidator(120)])
    voicemail = models.BooleanField(_("Include voicemail messages"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False, validators=[MinValueValidator(1)])

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_backup_settings")]

    def __str__(self) -> str:
        return "Backup settings"

    @classmethod
    def load(cls) -> BackupSettings:
        return cls.objects.get(pk=1)

    @property
    def passphrase(self) -> str:
        """ "" where none is set. Raises SealError."""
        return self.sealed_passphrase and encryption.unseal(LABEL, ROW, self.sealed_passphrase)

    @passphrase.setter
    def passphrase(self, text: str) -> None:
        self.sealed_passphrase = encryption.seal(LABEL, ROW, text)


class Backup(models.Model):
    """One that was begun; `file`: its path, "" once it was removed as old. A failed one has none."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        VERIFIED = "verified", _("Verified")
        FAILED = "failed", _("Failed")

    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    nightly = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    why = models.JSONField(null=True)  # it failed: a code with parameters
    file = models.CharField(max_length=1100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    contents = models.JSONField(default=dict)  # how many of what: backup.contents.facts
    tried_at = models.DateTimeField(null=True)  # when a restore of it was tried last
    trial = models.JSONField(null=True)  # what came of that: a code with parameters
    trial_failed = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name or f"Backup {self.pk}"

    @property
    def name(self) -> str:
        return Path(self.file).name if self.file else ""

    @property
    def is_there(self) -> bool:
        return bool(self.file) and Path(self.file).is_file()

    @property
    def why_text(self) -> str:
        return coded_text.show(self.why)

    @property
    def trial_text(self) -> str:
        return coded_text.show(self.trial)

    def close(self, state: State, *, why: object = None, manifest_facts: dict[str, int] | None = None) -> None:
        self.state, self.why, self.finished_at = state, coded_text.to_json(why), timezone.now()
        self.contents = manifest_facts or {}
        self.save()
