"""A restored database is looked at before it is used."""

import json
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from backup import soundness
from backup.models import Backup, BackupSettings
from core.audit import log, triggers
from core.audit.models import AuditRecord
from tests.backup.conftest import PASSPHRASE

pytestmark = pytest.mark.django_db


def test_the_backup_that_it_comes_of_is_not_under_way_there() -> None:
    """It would be for ever, and no other would be made."""
    Backup.objects.create(state=Backup.State.RUNNING)
    soundness.look()
    assert not Backup.objects.exists()


def told() -> tuple[str, str, object]:
    """What the command writes, to whom, and how it ends."""
    out, errors = StringIO(), StringIO()
    try:
        call_command("check_restored", stdout=out, stderr=errors)
    except SystemExit as ended:
        return out.getvalue(), errors.getvalue(), ended.code
    return out.getvalue(), errors.getvalue(), 0


def test_whoever_restores_is_told_how_many_secrets_opened_or_what_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = BackupSettings.load()
    chosen.passphrase = PASSPHRASE
    chosen.save()
    out, errors, code = told()
    assert (json.loads(out), errors, code) == ({"secrets": 2}, "", 0)  # and the portal's own SSH key
    with monkeypatch.context() as patch:
        patch.setattr(settings, "SEALING_KEYS", [Fernet.generate_key().decode()])  # another portal's
        out, errors, code = told()
        assert (out, bool(errors.strip()), code) == ("", True, 1)
        patch.setattr(settings, "SEALING_KEYS", ["typed by hand"])
        assert told() == (
            "",
            "An encryption key is missing or not valid. Each is 32 random bytes in URL-safe base64.\n",
            1,
        )
    log.record(None, "backup.made", "somebody")
    triggers.release(connection)
    AuditRecord.objects.filter(action="backup.made").update(by_name="Nobody")
    row = AuditRecord.objects.get(action="backup.made").pk
    triggers.protect(connection)
    assert told() == ("", f"Entry {row} was altered.\n", 1)
