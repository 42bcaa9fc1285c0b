"""The way from SQLite to PostgreSQL and back, and backups there: nothing is lost on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp

import pytest

from backup import archive
from core import file_lock, running
from tests.backup.conftest import PASSPHRASE
from tests.backup.portal import Portal

FILL = """
from accounts.models import Organization
from accounts.profile.models import Avatar
from core.preferences.models import HoldMusic
from extensions import actions
from extensions.models import SipExtension
from tests.people import make_extension, make_user
ada = make_user('Ada', role='super_administrator')
Avatar.objects.create(user=ada, image=bytes(range(256)), version='0123456789abcdef')
HoldMusic.objects.create(version='0123456789abcdef', name='jingle.wav', wav=bytes(range(256)))
sales = Organization.objects.create(name='Sales', parent=Organization.company())
for number in range(1000, 1020):
    extension = make_extension(str(number), first_name='Наталія “Zoë”', last_name='美咲')
    extension.user.organizations.add(sales)
actions.delete('1019', ada)
SipExtension.objects.filter(number='1001').update(
    enabled=False, left_on='2026-11-29', handed_to=SipExtension.objects.get(number='1000')
)
"""
FOUND = """
from accounts.models import Organization
from accounts.profile.models import Avatar
from extensions.models import SipExtension
from tests.people import make_extension
print(sorted(e.registration_password for e in SipExtension.objects.all()))
print(bytes(Avatar.objects.get().image).hex(), SipExtension.objects.get(number='1001').handed_to.number)
found = SipExtension.objects.filter(search_text__contains='美咲')
print(Organization.objects.get(name='Sales').users.count(), found.count())
make_extension('1030')
"""


@pytest.fixture(scope="module")
def once_filled(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    portal = Portal(tmp_path_factory.mktemp("filled") / "one")
    portal.manage("migrate", "-v0")
    portal.manage("createcachetable")
    portal.shell(FILL)
    return portal


@pytest.fixture
def filled(once_filled: Portal, tmp_path: Path) -> Portal:
    return Portal(copytree(once_filled.var, tmp_path / "one"))


def test_all_is_moved_to_postgresql_and_back(filled: Portal, databases: list[str], tmp_path: Path) -> None:
    before = filled.manage("verify_audit").split()[-1]
    said = filled.manage("move_database", databases[0])
    assert before in said
    there = Portal(filled.var, databases[0])
    assert there.manage("verify_audit", "--known", before).split()[-1] == before
    here_it_is = Portal(tmp_path / "one").shell(FOUND.rpartition("make_extension('1030')")[0])
    assert there.shell(FOUND) == here_it_is
    assert here_it_is.endswith(" 1000\n19 19\n")
    assert "The operation log can only grow" in there.manage(
        "shell", "-c", "from core.audit.models import AuditRecord; AuditRecord.objects.all().delete()", code=1
    )
    file = tmp_path / "back.sqlite3"
    there.manage("move_database", f"sqlite:///{file}")
    back = Portal(filled.var, f"sqlite:///{file}")
    assert back.manage("verify_audit", "--known", before).startswith(there.manage("verify_audit").split()[0])
    assert "1030" in back.shell(
        "from extensions.models import SipExtension as S; print(*S.objects.values_list('number'))"
    )
    assert back.manage("makemigrations", "--check", "--dry-run")


def test_a_database_that_is_not_empty_is_not_moved_to(filled: Portal, databases: list[str]) -> None:
    filled.manage("move_database", databases[0])
    assert "the other database is not empty" in filled.manage("move_database", databases[0], code=1)


def test_a_file_that_is_moved_to_is_for_its_owner_alone(filled: Portal, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        filled.manage("move_database", f"sqlite:///{tmp_path}/there.sqlite3")
    finally:
        os.umask(before)
    made = [*tmp_path.glob("there.sqlite3*")]
    assert made
    assert [each for each in made if each.stat().st_mode & 0o077] == []


def test_nothing_is_moved_while_the_portal_runs_or_where_nothing_is(filled: Portal) -> None:
    assert "cannot be used" in filled.manage("move_database", "postgres://portal@127.0.0.1:9/none", code=1)
    assert "is no address of a database" in filled.manage("move_database", "portal.sqlite3", code=1)
    with file_lock.try_acquire(running.lock(filled.var, running.PORTAL)):
        assert "the portal is running" in filled.manage("move_database", "sqlite:////nowhere/x", code=1)


@contextmanager
def programs(monkeypatch: pytest.MonkeyPatch, folder: Path, **scripts: str) -> Iterator[None]:
    """There are these alone."""
    there = Path(mkdtemp(dir=folder))
    for name, script in scripts.items():
        (there / name).write_text(f"#!/bin/sh\n{script}\n")
        (there / name).chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(there))
        yield


def test_a_backup_of_postgresql_is_restored_into_an_empty_one(
    filled: Portal, databases: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.manage("move_database", databases[0])
    path, passphrase = str(tmp_path / "a.backup"), tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    given = (path, "--passphrase-file", str(passphrase))
    one, other = Portal(filled.var, databases[0]), Portal(tmp_path / "other", databases[1])
    with programs(monkeypatch, tmp_path, pg_dump="echo of an older version >&2; exit 1"):
        assert "could not be copied: of an older version" in one.manage("backup", *given, code=1)
    with programs(monkeypatch, tmp_path):
        assert "pg_dump is not installed" in one.manage("backup", *given, code=1)
    assert not Path(path).exists()
    one.manage("backup", *given)
    manifest = archive.verify(Path(path), PASSPHRASE)
    assert (manifest.database, manifest.counts["extensions_sipextension"]) == ("postgresql", 19)
    assert "Read completely: 19 extensions" in one.manage("restore", "--try", *given)
    wrong = Portal(tmp_path / "wrong")
    assert "of a PostgreSQL database" in wrong.manage("restore", *given, code=1)
    assert "Restored: 19 extensions" in other.manage("restore", *given)
    other.manage("migrate", "-v0")
    assert other.shell(FOUND) == one.shell(FOUND)
    other.manage("verify_audit", "--known", f"{manifest.log_count}:{manifest.log_hash}")
    assert "already holds an installation" in other.manage("restore", *given, code=1)
