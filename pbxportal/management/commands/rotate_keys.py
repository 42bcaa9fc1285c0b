import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from accounts.sessions.models import Session
from backup.models import BackupSettings, CopySettings
from core import encryption, file_lock, whole_file
from core.preferences.models import Preferences
from extensions.models import BulkAction, BulkItem, Change, SipExtension
from extensions.spreadsheets.models import Import
from trunks.models import LinesVersion, Trunk

# Every column that holds something sealed, or JSON with something sealed in it.
SEALED: dict[type[models.Model], tuple[str, ...]] = {
    SipExtension: ("sealed_password", "sealed_voicemail_pin"),
    Preferences: ("sealed_mail_password", "sealed_webhook_secret"),
    BackupSettings: ("sealed_passphrase",),
    CopySettings: ("sealed_sftp_password", "sealed_sftp_key", "sealed_s3_secret"),
    Authenticator: ("data",),
    Session: ("session_data",),
    Change: ("former",),
    BulkAction: ("sealed_credentials",),
    BulkItem: ("former", "later"),
    Import: ("sealed_table", "sealed_formers"),
    Trunk: ("sealed_password",),
    LinesVersion: ("record",),
}
AT_ONCE = 500  # rows of a transaction
SETTLE_SECONDS = 2  # within which whoever has sealed something with an older key has written it


class Command(BaseCommand):
    help = (
        "Encrypts all secrets in the database with a new key and retires the old one. Can be interrupted and repeated."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        path: Path = settings.SEALING_KEY_FILE
        try:
            encryption.look_at_keys()  # else each text would seem to be lost, and the keys with it
        except encryption.SealError as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if settings.SEALING_KEYS:
            self.stdout.write(f"{self._seal_all()} Remove all but the first key from SEALING_KEYS.")
            return
        with file_lock.acquire(path.with_suffix(".lock")):
            kept = dict.fromkeys(encryption.keys())
            if len(kept) == 1:  # else an earlier rotation was cut short: this one ends it
                write(path, [Fernet.generate_key().decode(), *kept])
            words = self._seal_all()
            write(path, encryption.keys()[:1])
        self.stdout.write(f"{words} The old key is retired. Older backups need the secrets saved with them.")

    def _seal_all(self) -> str:
        total, unreadable = 0, 0
        while True:
            changed, unreadable = seal_all()
            total += changed
            if not changed:
                break
            time.sleep(SETTLE_SECONDS)
        lost = f" {unreadable:,} could not be decrypted with any key and were left unchanged." if unreadable else ""
        return f"{total:,} rows encrypted with the new key.{lost}"


def write(path: Path, keys: list[str]) -> None:
    whole_file.write(path, "\n".join(keys), lasting=True)


def seal_all() -> tuple[int, int]:
    """How many rows were not sealed with the first key, and how many texts no key opens."""
    changed = unreadable = 0
    for model, columns in SEALED.items():
        for keys in chunks_of_keys(model):
            with transaction.atomic():
                rows = list(model._default_manager.select_for_update().filter(pk__in=keys))  # noqa: SLF001
                others = []
                for row in rows:
                    found = {column: Renewal(getattr(row, column)) for column in columns}
                    unreadable += sum(each.unreadable for each in found.values())
                    if any(each.changed for each in found.values()):
                        for column, each in found.items():
                            setattr(row, column, each.value)
                        others.append(row)
                model._default_manager.bulk_update(others, columns)  # noqa: SLF001
                changed += len(others)
    return changed, unreadable


def chunks_of_keys(model: type[models.Model]) -> Iterator[list[Any]]:
    last = None
    while True:
        rows = model._default_manager.order_by("pk")  # noqa: SLF001
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            return
        yield keys
        last = keys[-1]


class Renewal:
    """A column's value with all that is sealed in it sealed anew."""

    def __init__(self, value: Any) -> None:
        self.changed, self.unreadable = False, 0
        self.value = self._renewed(value)

    def _renewed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._renewed(held) for name, held in value.items()}
        if isinstance(value, list):
            return [self._renewed(held) for held in value]
        if not isinstance(value, str) or not value.startswith(encryption.BEGIN):
            return value
        try:
            new = encryption.renewed(value)
        except encryption.SealError:
            self.unreadable += 1
            return value
        self.changed = self.changed or new != value
        return new
