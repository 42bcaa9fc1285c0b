"""What a restored database is compared with, and what the look at it leaves. Whole restores: test_backup.py."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backup import database, restoring
from backup.archive import Manifest
from backup.errors import ArchiveError, RestoreError
from backup.places import Place
from core.audit.triggers import HEAD

pytestmark = pytest.mark.django_db
MANIFEST = Manifest("0.1.0", "", "sqlite", ["core.0001"], {"accounts_user": 2, "of_a_later_release": 7}, 5, "ab12")


@pytest.fixture
def restored(tmp_path: Path) -> Path:
    file = tmp_path / "ready.sqlite3"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(
            f"CREATE TABLE {HEAD} (count, last_hash); INSERT INTO {HEAD} VALUES (5, 'ab12');"
            "CREATE TABLE accounts_user (id); INSERT INTO accounts_user VALUES (1), (2);"
            "CREATE TABLE django_migrations (id, app, name); INSERT INTO django_migrations VALUES (1, 'core', '0001');"
        )
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/sealing_key").write_text("new\nold\n")
    (tmp_path / "secrets/secret_key").write_text("of the backup\n")
    return file


class Look:
    """In place of the process that looks at the database."""

    def __init__(self, code: int, out: str, errors: str = "") -> None:
        self.answer = SimpleNamespace(returncode=code, stdout=out, stderr=errors)
        self.command: list[str] = []
        self.environment: dict[str, str] = {}

    def run(self, command: list[str], *, env: dict[str, str], **_: Any) -> Any:
        self.command, self.environment = command, env
        Path(env["PBXPORTAL_VAR"]).mkdir()
        file = Path(env["DATABASE_URL"].removeprefix("sqlite:///"))
        self.open = sqlite3.connect(file)  # as one that was killed: what it wrote is beside the file
        self.open.execute("PRAGMA journal_mode=WAL")
        self.open.execute("INSERT INTO accounts_user VALUES (3)")
        self.open.commit()
        copied = {each: each.read_bytes() for each in file.parent.glob(f"{file.name}-*")}
        copied[file] = file.read_bytes()
        self.open.close()
        for each, content in copied.items():
            each.write_bytes(content)
        return self.answer


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    found = Look(0, json.dumps({"secrets": 4}))
    monkeypatch.setattr(subprocess, "run", found.run)
    return found


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"counts": {"accounts_user": 3}}, "Not restored: table accounts_user does not have as many rows"),
        ({"counts": {"accounts_user": 1}}, "Not restored: table accounts_user does not have as many rows"),
        ({"log_count": 4}, "The backup is damaged or was altered."),
        ({"log_hash": "ab13"}, "The backup is damaged or was altered."),
    ],
)
def test_a_database_that_is_not_as_its_backup_says_is_not_even_looked_at(
    restored: Path, look: Look, other: dict[str, Any], words: str
) -> None:
    with pytest.raises(ArchiveError, match=words):
        restoring.sound(restored, restored.parent / "secrets", replace(MANIFEST, **other))
    assert look.command == []


@pytest.mark.parametrize("content", [b"no database", b""])
def test_what_is_no_database_of_ours_is_refused(restored: Path, look: Look, content: bytes) -> None:
    restored.write_bytes(content)
    with pytest.raises(ArchiveError, match="Not restored: "):
        restoring.sound(restored, restored.parent / "secrets", MANIFEST)
    assert look.command == []


def test_a_database_with_a_page_that_belongs_to_nothing_is_refused(restored: Path, look: Look) -> None:
    with closing(sqlite3.connect(restored)) as db:
        db.execute("CREATE INDEX users ON accounts_user (id)")
        db.commit()
        db.execute("PRAGMA writable_schema=ON")
        db.execute("DELETE FROM sqlite_master WHERE name = 'users'")
        db.commit()
    with pytest.raises(ArchiveError, match="Not restored: "):
        restoring.sound(restored, restored.parent / "secrets", MANIFEST)
    assert look.command == []


def test_it_is_looked_at_with_the_keys_of_the_backup_alone_and_is_one_file_afterwards(
    restored: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SEALING_KEYS_FILE", "ENGINE_FILE", "ASTERISK_DIR", "DATABASE_URL_FILE"):
        monkeypatch.setenv(name, "of this portal")
    report = restoring.sound(restored, restored.parent / "secrets", MANIFEST)
    assert report == restoring.Report(MANIFEST.counts, 5, "ab12", 4)
    assert look.command[0] == sys.executable
    assert look.command[-1] == "check_restored"
    assert look.environment["SEALING_KEYS"] == "new,old"
    assert look.environment["SECRET_KEY"] == "of the backup"
    assert look.environment["PATH"]
    assert "of this portal" not in look.environment.values()
    assert sorted(each.name for each in restored.parent.iterdir()) == ["ready.sqlite3", "secrets"]
    with closing(sqlite3.connect(restored)) as db:
        assert db.execute("SELECT id FROM accounts_user").fetchall() == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Look(1, "", "Traceback\nno such column\n"), "Not restored: Traceback\nno such column$"),
        (Look(0, '{"why": "Entry 3 was altered."}'), r"Not restored: Entry 3 was altered\.$"),
        (Look(0, "Killed"), "Not restored: Killed$"),
    ],
)
def test_why_it_cannot_be_used_is_said(
    restored: Path, monkeypatch: pytest.MonkeyPatch, answer: Look, words: str
) -> None:
    monkeypatch.setattr(subprocess, "run", answer.run)
    with pytest.raises(ArchiveError, match=words):
        restoring.sound(restored, restored.parent / "secrets", MANIFEST)
    assert not Path(answer.environment["PBXPORTAL_VAR"]).exists()


def test_a_dump_is_restored_in_one_transaction_or_not_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers: list[Any] = [
        SimpleNamespace(returncode=0, stderr="a notice"),
        SimpleNamespace(returncode=1, stderr="pg_restore: error: no room\n"),
        FileNotFoundError(2, "No such file"),
    ]
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], *, env: dict[str, str], **_: Any) -> Any:
        ran.append((command, env))
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(database, "environment", lambda: {"PGDATABASE": "portal"})
    dump = tmp_path / "dump"
    assert restoring._into_postgresql(dump, MANIFEST) == restoring.Report(MANIFEST.counts, 5, "ab12", 0)
    with pytest.raises(RestoreError, match="no room"):
        restoring._into_postgresql(dump, MANIFEST)
    with pytest.raises(RestoreError, match="pg_restore is not installed"):
        restoring._into_postgresql(dump, MANIFEST)
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    assert ran == [(["pg_restore", *options, "--dbname", "portal", str(dump)], {"PGDATABASE": "portal"})] * 3


@pytest.fixture
def vacant(tmp_path: Path) -> Place:
    """As the settings leave it."""
    (tmp_path / "portal.sqlite3").touch()
    return Place(tmp_path, tmp_path / "asterisk", tmp_path / "asterisk/engine.sqlite3", tmp_path / "portal.sqlite3")


@pytest.mark.parametrize("there", ["portal.sqlite3", "asterisk/engine.sqlite3", "asterisk/spool/voicemail/x"])
def test_nothing_is_restored_over_anything(vacant: Place, there: str) -> None:
    restoring._refuse_full(vacant)
    (vacant.var / there).parent.mkdir(parents=True, exist_ok=True)
    (vacant.var / there).write_text("x")
    with pytest.raises(RestoreError, match="already holds an installation"):
        restoring._refuse_full(vacant)


def test_nothing_is_restored_over_a_database_of_a_server(vacant: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    of_server = replace(vacant, database=None)
    monkeypatch.setattr(database, "is_empty", lambda: True)
    restoring._refuse_full(of_server)
    monkeypatch.setattr(database, "is_empty", lambda: False)
    with pytest.raises(RestoreError, match="already holds an installation"):
        restoring._refuse_full(of_server)
    restoring._refuse_full(vacant)


def test_what_lay_ready_is_forgotten_with_what_sqlite_made_beside_it(vacant: Place) -> None:
    ready = {name: vacant.var / f".restored.{name}" for name in ("secrets", "database.sqlite3", "reach")}
    (ready["secrets"] / "deep").mkdir(parents=True)
    for name in ("", "-wal", "-shm", "-journal"):
        Path(f"{ready['database.sqlite3']}{name}").touch()
    restoring._forget(ready)
    assert [each.name for each in vacant.var.iterdir()] == ["portal.sqlite3"]
