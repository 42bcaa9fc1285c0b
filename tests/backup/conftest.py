"""Backups of the test's own database, into folders of the test, and empty places to restore them to."""

from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from backup import places, stream
from backup.models import BackupSettings
from backup.places import Place
from tests.backup.postgresql import databases, server  # noqa: F401 (fixtures)

# These restore the suite's own database into a file; test_postgresql.py has a server of its own.
collect_ignore = [] if connection.vendor == "sqlite" else ["test_backup.py", "test_faults.py", "test_killed.py"]
PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is made of little: hundreds of files are opened here."""
    monkeypatch.setattr(stream, "MEMORY", 64)
    monkeypatch.setattr(stream, "ITERATIONS", 1)


@pytest.fixture
def place(transactional_db: None, tmp_path: Path, settings: Settings) -> Place:
    """Where this test's portal is."""
    settings.VAR = tmp_path / "here"
    settings.ASTERISK_DIR = settings.VAR / "asterisk"
    settings.ENGINE_FILE = settings.ASTERISK_DIR / "db/engine.sqlite3"
    (settings.VAR / "secrets").mkdir(parents=True)
    (settings.VAR / "secrets/ami_secret").write_text("the secret of AMI")
    return places.from_settings()


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    """Another machine: the settings have made what they make at the first command."""
    var = tmp_path / "there"
    (var / "secrets").mkdir(parents=True)
    (var / "secrets/sealing_key").write_text("of the new machine")
    (var / "portal.sqlite3").touch()
    asterisk = var / "asterisk"
    return Place(var, asterisk, asterisk / "db/engine.sqlite3", var / "portal.sqlite3")


@pytest.fixture
def with_passphrase(place: Place) -> BackupSettings:
    chosen = BackupSettings.load()
    chosen.passphrase = PASSPHRASE
    chosen.save()
    return chosen
