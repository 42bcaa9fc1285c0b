"""The backups that were made and copied, and by which settings."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import coded_text, encryption

LABEL, ROW = "backup_passphrase", "1"
SFTP_PORT = 22


class BackupSettings(models.Model):
    """One row."""

    folder = models.CharField(_("Folder"), max_length=1000, blank=True)  # "" for the portal's own
    sealed_passphrase = models.TextField(blank=True, editable=False)
    days = models.PositiveSmallIntegerField(_("Daily backups"), default=7, validators=[MaxValueValidator(366)])
    weeks = models.PositiveSmallIntegerField(_("Weekly backups"), default=4, validators=[MaxValueValidator(520)])
    months = models.PositiveSmallIntegerField(_("Monthly backups"), default=12, validators=[MaxValueValidator(120)])
    voicemail = models.BooleanField(_("Include voicemail messages"), default=True)
    since = models.DateTimeField(null=True, editable=False)  # that there is a passphrase: backups are expected
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
        self.since = self.since or timezone.now()


class CopySettings(models.Model):
    """Where a copy of each backup goes. One row."""

    class Kind(models.TextChoices):
        NONE = "none", _("Do not copy")
        SFTP = "sftp", _("To a server, over SFTP")
        S3 = "s3", _("To S3-compatible storage")

    class SignIn(models.TextChoices):
        KEY = "key", _("Portal's SSH key")
        PASSWORD = "password", _("Password")

    kind = models.CharField(_("Copy each backup"), max_length=4, choices=Kind, default=Kind.NONE)
    sftp_host = models.CharField(_("Host"), max_length=253, blank=True)
    sftp_port = models.PositiveIntegerField(_("Port"), default=SFTP_PORT)
    sftp_user = models.CharField(_("User Name"), max_length=128, blank=True)
    sftp_sign_in = models.CharField(_("Sign in with"), max_length=8, choices=SignIn, default=SignIn.KEY)
    sealed_sftp_password = models.TextField(blank=True, editable=False)
    sealed_sftp_key = models.TextField(editable=False)  # the portal's own, which no page shows
    sftp_public_key = models.TextField(editable=False)
    sftp_host_key = models.CharField(_("Host key"), max_length=64, blank=True)  # "SHA256:" and 43 characters
    sftp_folder = models.CharField(_("Folder"), max_length=500, blank=True)  # "" for where one is after signing in
    s3_endpoint = models.CharField(_("Endpoint"), max_length=300, blank=True)
    s3_region = models.CharField(_("Region"), max_length=64, default="us-east-1")
    s3_bucket = models.CharField(_("Bucket"), max_length=63, blank=True)
    s3_folder = models.CharField(_("Folder"), max_length=300, blank=True)
    s3_key_id = models.CharField(_("Access key ID"), max_length=128, blank=True)
    sealed_s3_secret = models.TextField(blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_copy_settings")]

    def __str__(self) -> str:
        return self.place

    @classmethod
    def load(cls) -> CopySettings:
        return cls.objects.get(pk=1)

    @classmethod
    def seed(cls, using: str) -> None:
        """With an SSH key of the portal's own, which it has from then on."""
        if not cls.objects.using(using).exists():
            key = Ed25519PrivateKey.generate()
            ssh = serialization.Encoding.OpenSSH
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            public = key.public_key().public_bytes(ssh, serialization.PublicFormat.OpenSSH).decode()
            sealed = encryption.seal("sftp_key", ROW, private.decode())
            cls.objects.using(using).create(pk=1, sealed_sftp_key=sealed, sftp_public_key=f"{public} pbxportal")

    def seal(self, name: str, text: str) -> None:
        """`name`: sftp_password or s3_secret."""
        setattr(self, f"sealed_{name}", text and encryption.seal(name, ROW, text))

    def unseal(self, name: str) -> str:
        """Also sftp_key. Raises SealError."""
        sealed: str = getattr(self, f"sealed_{name}")
        return sealed and encryption.unseal(name, ROW, sealed)

    @property
    def place(self) -> str:
        """The address of the far end, without secrets; "" where nothing is copied."""
        if self.kind == self.Kind.SFTP:
            where = self.sftp_folder if self.sftp_folder.startswith("/") else f"/~/{self.sftp_folder}"
            port = "" if self.sftp_port == SFTP_PORT else f":{self.sftp_port}"
            host = f"[{self.sftp_host}]" if ":" in self.sftp_host else self.sftp_host
            return f"sftp://{self.sftp_user}@{host}{port}{where}"
        if self.kind == self.Kind.S3:
            return "/".join(filter(None, (self.s3_endpoint, self.s3_bucket, self.s3_folder)))
        return ""


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
    copy_why = models.JSONField(null=True)  # it could not be copied when that was tried last: a code with parameters

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name or f"Backup {self.pk}"

    @property
    def name(self) -> str:
        return Path(self.file).name if self.file else ""

    @property
    def path(self) -> Path:
        return Path(self.file)

    @property
    def is_there(self) -> bool:
        return bool(self.file) and self.path.is_file()

    @property
    def why_text(self) -> str:
        return coded_text.show(self.why)

    @property
    def trial_text(self) -> str:
        return coded_text.show(self.trial)

    @property
    def copy_text(self) -> str:
        return coded_text.show(self.copy_why)

    @property
    def copied_to(self) -> list[str]:
        return [each.place for each in self.copies.all()]

    def close(self, state: State, *, why: object = None, manifest_facts: dict[str, int] | None = None) -> None:
        self.state, self.why, self.finished_at = state, coded_text.to_json(why), timezone.now()
        self.contents = manifest_facts or {}
        self.save()


class Copy(models.Model):
    """A backup's file at the far end, as long as it is known to be there."""

    backup = models.ForeignKey(Backup, models.SET_NULL, null=True, related_name="copies")
    place = models.CharField(max_length=1000)
    name = models.CharField(max_length=100)
    made_at = models.DateTimeField()  # the backup
    copied_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "copies"
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="one_copy_of_a_name_in_a_place")]

    def __str__(self) -> str:
        return f"{self.place}/{self.name}"
