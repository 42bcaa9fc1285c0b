"""A restore is tried: of a dump, which is read and put nowhere."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from backup import trial
from backup.models import Backup, BackupSettings
from backup.places import Place
from tests.backup.conftest import PASSPHRASE
from tests.backup.test_hostile import KEYS, manifest_of, plain, sealed


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    members = [("database.dump", b"of PostgreSQL"), *KEYS.items()]
    counts = {"extensions_sipextension": 2, "accounts_user": 3}
    said = manifest_of(members, database="postgresql", counts=counts)
    path = tmp_path / "a.backup"
    path.write_bytes(sealed(plain(members, manifest=said)))
    return path


def test_the_command_says_how_much_was_read(place: Place, dump: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    said = StringIO()
    call_command("restore", str(dump), "--try", "--passphrase-file", str(tmp_path / "passphrase"), stdout=said)
    assert said.getvalue().startswith("Read completely: 2 extensions, 3 people")


def test_the_row_says_what_came_of_the_last_trial(with_passphrase: BackupSettings, place: Place, dump: Path) -> None:
    began = timezone.now()
    row = Backup.objects.create(state="verified", file=str(dump), trial_failed=True)
    interrupted = Backup.objects.create(state="running")

    def tried() -> tuple[str, bool]:
        trial.of_row(row.pk, place)
        row.refresh_from_db()
        assert row.trial
        return row.trial["code"], row.trial_failed

    assert tried() == ("restore.dump_read", False)
    assert row.tried_at
    assert row.tried_at >= began
    interrupted.refresh_from_db()
    assert (interrupted.state, interrupted.why) == ("failed", {"code": "backup.interrupted"})
    whole = dump.read_bytes()
    dump.write_bytes(whole + b"x")
    assert tried() == ("backup.altered", True)
    with_passphrase.passphrase = "another passphrase"
    with_passphrase.save()
    assert tried() == ("backup.other_passphrase", False)
