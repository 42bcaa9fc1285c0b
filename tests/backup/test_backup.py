"""A backup holds all, as it was at one moment, and comes back as it was."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.profile.models import Avatar
from backup import archive, making, restoring
from backup.errors import ArchiveError, BackupError, RestoreError
from backup.models import Backup, BackupSettings
from backup.places import Place
from core import running
from core.audit.models import AuditHead, AuditRecord
from core.preferences.models import HoldMusic
from extensions import actions
from extensions.models import SipExtension
from pbxportal import supervisor
from tests.asterisk.live.test_voicemail_spool import put
from tests.backup.conftest import PASSPHRASE
from tests.people import make_extension, make_user
from trunks.models import AnnouncementSound

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def company(place: Place) -> list[str]:
    """Extensions with their passwords, a picture, music, a message, a greeting, a certificate."""
    ada = make_user("Ada", role="super_administrator")
    Avatar.objects.create(user=ada, image=b"a picture", version="0123456789abcdef")
    HoldMusic.objects.create(version="0123456789abcdef", name="jingle.wav", wav=b"RIFF")
    AnnouncementSound.store(b"RIFF", "welcome.wav")
    for number in ("1000", "1001", "1002"):
        make_extension(number, voicemail=True)
    actions.delete("1002", ada)
    put(place.asterisk, "INBOX", 0, "a message", number="1000")
    box = place.folders["voicemail"] / "default/1000"
    (box / "unavail.wav").write_bytes(b"a greeting")
    (box / ".extension").write_text("whose it is")
    (box / ".lock-of-somebody").touch()
    (place.var / "front/certificates/acme").mkdir(parents=True)
    (place.var / "front/certificates/acme/pbx.key").write_text("a private key")
    (place.var / "front/run").mkdir()
    (place.var / "front/run/left").touch()
    (place.var / "reach").write_text("network\n")
    return [each.registration_password for each in SipExtension.objects.order_by("number")]


def backed_up(place: Place, path: Path) -> Path:
    making.write_to(path, PASSPHRASE, place, voicemail=True)
    return path


def asked(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as db:
        return db.execute(sql).fetchall()


def manage(place: Place, *command: str) -> "subprocess.CompletedProcess[str]":
    """A command of the portal that lives there."""
    import os

    assert place.database
    env = {**os.environ, "PBXPORTAL_VAR": str(place.var), "DJANGO_SETTINGS_MODULE": "pbxportal.settings"}
    env.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *command], env=env, capture_output=True, text=True, check=False
    )


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_a_restored_portal_is_as_it_was(place: Place, company: list[str], empty: Place, tmp_path: Path) -> None:
    path = backed_up(place, tmp_path / "a.backup")
    head = AuditHead.objects.get()
    report = restoring.restore(path, PASSPHRASE, empty)
    assert empty.database
    assert (report.log_count, report.log_hash) == (head.count, head.last_hash)
    assert report.secrets >= 4
    for table in (
        "extensions_sipextension", "accounts_user", "accounts_avatar", "core_holdmusic", "extensions_change",
        "trunks_announcementsound",
    ):  # fmt: skip
        query = f"SELECT * FROM {table} ORDER BY 1"
        assert asked(empty.database, query) == asked(Path(connection.settings_dict["NAME"]), query)
    assert files_of(empty.folders["voicemail"]) == {
        name: content for name, content in files_of(place.folders["voicemail"]).items() if "lock" not in name
    }
    assert files_of(empty.var / "front") == {"certificates/acme/pbx.key": b"a private key"}
    assert (empty.var / "reach").read_text() == "network\n"
    assert (empty.var / "secrets/ami_secret").read_text() == "the secret of AMI"
    assert not list(empty.var.rglob(".restored*"))
    verified = manage(empty, "verify_audit", "--known", f"{head.count}:{head.last_hash}")
    assert verified.returncode == 0, verified.stderr
    code = (
        "from extensions.models import SipExtension;"
        "print([e.registration_password for e in SipExtension.objects.order_by('number')])"
    )
    shown = manage(empty, "shell", "-v0", "-c", code)
    assert shown.stdout.strip() == str(company), shown.stderr


def test_all_restored_files_are_for_their_owner_alone(
    place: Place, company: list[str], empty: Place, tmp_path: Path
) -> None:
    path = backed_up(place, tmp_path / "a.backup")
    assert path.stat().st_mode & 0o077 == 0
    restoring.restore(path, PASSPHRASE, empty)
    assert [each for each in empty.var.rglob("*") if each.name in ("portal.sqlite3", "pbx.key", "ami_secret")]
    for each in (*empty.var.rglob("*.key"), *empty.var.rglob("secrets/*"), empty.database):
        assert each
        assert each.stat().st_mode & 0o077 == 0, each


def test_a_backup_says_nothing_in_clear(place: Place, company: list[str], tmp_path: Path) -> None:
    content = backed_up(place, tmp_path / "a.backup").read_bytes()
    for each in (b"SQLite", b"sealing_key", b"manifest", b"a message", b"Ada"):
        assert each not in content


def test_messages_can_be_left_out_and_greetings_stay(place: Place, company: list[str], tmp_path: Path) -> None:
    manifest = making.write_to(tmp_path / "a.backup", PASSPHRASE, place, voicemail=False)
    names = [each.name for each in manifest.members if each.name.startswith("voicemail/")]
    assert names == ["voicemail/default/1000/.extension", "voicemail/default/1000/unavail.wav"]


def test_what_the_environment_gives_is_in_the_backup(
    place: Place, company: list[str], settings: Settings, empty: Place, tmp_path: Path
) -> None:
    settings.SECRET_KEY = "from the environment, and long enough for anybody"
    restoring.restore(backed_up(place, tmp_path / "a.backup"), PASSPHRASE, empty)
    assert (empty.var / "secrets/secret_key").read_text() == settings.SECRET_KEY


# --- refused in words ---


def test_a_place_that_is_not_empty_is_left_as_it_is(
    place: Place, company: list[str], empty: Place, tmp_path: Path
) -> None:
    path = backed_up(place, tmp_path / "a.backup")
    restoring.restore(path, PASSPHRASE, empty)
    before = files_of(empty.var)
    with pytest.raises(RestoreError, match="already holds an installation"):
        restoring.restore(path, PASSPHRASE, empty)
    assert files_of(empty.var) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "not a backup of this portal"), (b"", "not a backup of this portal"), (b"S", "already holds")],
)
def test_a_file_that_nothing_was_written_to_is_no_database(
    empty: Place, tmp_path: Path, content: bytes | None, words: str
) -> None:
    (tmp_path / "a.backup").write_text("none")
    assert empty.database
    empty.database.unlink()
    if content is not None:
        empty.database.write_bytes(content)
    with pytest.raises(BackupError, match=words):
        restoring.restore(tmp_path / "a.backup", PASSPHRASE, empty)


def test_a_database_of_a_server_that_is_not_empty_is_not_restored_to(empty: Place, tmp_path: Path, db: None) -> None:
    name = re.escape(str(connection.settings_dict["NAME"]))
    with pytest.raises(RestoreError, match=f"Not restored: {name} already holds an installation"):
        restoring.restore(tmp_path / "a.backup", PASSPHRASE, replace(empty, database=None))


@pytest.mark.parametrize("part", running.PARTS)
def test_a_running_portal_is_not_restored_to(part: str, place: Place, empty: Place, tmp_path: Path) -> None:
    path = backed_up(place, tmp_path / "a.backup")
    with (
        supervisor.only_one(running.lock(empty.var, part)),
        pytest.raises(RestoreError, match="the portal is running"),
    ):
        restoring.restore(path, PASSPHRASE, empty)


def test_keys_of_the_environment_that_open_nothing_are_told(
    place: Place, company: list[str], empty: Place, tmp_path: Path, settings: Settings
) -> None:
    path = backed_up(place, tmp_path / "a.backup")
    before = files_of(empty.var)
    settings.SEALING_KEYS = ["another"]
    with pytest.raises(RestoreError, match="SEALING_KEYS"):
        restoring.restore(path, PASSPHRASE, empty)
    assert {name: content for name, content in files_of(empty.var).items() if not name.endswith(".lock")} == before


def test_an_older_backup_is_migrated(place: Place, company: list[str], empty: Place, tmp_path: Path) -> None:
    """One from before there were backups on a page."""
    call_command("migrate", "backup", "zero", verbosity=0)
    try:
        path = backed_up(place, tmp_path / "a.backup")
    finally:
        call_command("migrate", "backup", verbosity=0)
    assert "backup.0001_initial" not in archive.verify(path, PASSPHRASE).migrations
    restoring.restore(path, PASSPHRASE, empty)
    assert empty.database
    assert asked(empty.database, "SELECT days, weeks, months FROM backup_backupsettings") == [(7, 4, 12)]


def test_a_newer_backup_is_refused(place: Place, company: list[str], empty: Place, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('core', '0999_later', 0)")
    try:
        path = backed_up(place, tmp_path / "a.backup")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '0999_later'")
    with pytest.raises(ArchiveError, match="newer version"):
        restoring.restore(path, PASSPHRASE, empty)


# --- the folder, and what is kept there ---


def test_a_backup_of_the_list_is_verified_recorded_and_in_its_folder(
    with_passphrase: BackupSettings, place: Place, company: list[str]
) -> None:
    call_command("backup", stdout=StringIO())
    row = Backup.objects.get()
    assert row.state == Backup.State.VERIFIED
    assert Path(row.file).parent == place.usual_folder
    assert row.size == Path(row.file).stat().st_size > 1000
    assert row.contents["extensions"] == 2
    assert row.contents["messages"] == 1
    assert archive.verify(Path(row.file), PASSPHRASE).counts["extensions_sipextension"] == 2
    assert AuditRecord.objects.get(action="backup.made").on == row.name


def test_without_a_passphrase_there_is_no_backup(place: Place) -> None:
    call_command("backup", "--nightly")
    assert not Backup.objects.exists()
    with pytest.raises(CommandError, match="No passphrase is set"):
        call_command("backup")
    assert Backup.objects.get().why == {"code": "backup.no_passphrase"}


def test_a_folder_that_is_gone_is_told_and_the_night_tries_again(
    with_passphrase: BackupSettings, place: Place, tmp_path: Path
) -> None:
    BackupSettings.objects.update(folder=str(tmp_path / "gone"))
    with pytest.raises(CommandError, match="could not be written: No such file"):
        call_command("backup", "--nightly")
    assert Backup.objects.get().state == "failed"
    assert AuditRecord.objects.get(action="backup.made").result == "failed"
    (tmp_path / "gone").mkdir()
    for _ in range(2):  # the second has nothing to do
        call_command("backup", "--nightly", stdout=StringIO())
    assert [each.state for each in Backup.objects.all()] == ["verified", "failed"]
    assert len(list((tmp_path / "gone").iterdir())) == 1


def test_a_file_that_exists_is_not_replaced(place: Place, tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("somebody's")
    with pytest.raises(BackupError, match="already exists"):
        backed_up(place, tmp_path / "a.backup")
    assert (tmp_path / "a.backup").read_text() == "somebody's"


def test_two_at_a_time_are_one(with_passphrase: BackupSettings, place: Place) -> None:
    with making.only_one(place), pytest.raises(CommandError, match="already running"):
        call_command("backup")
    assert not Backup.objects.exists()


def test_a_trial_says_how_much_there_is_and_changes_nothing(
    with_passphrase: BackupSettings, place: Place, company: list[str]
) -> None:
    call_command("backup", stdout=StringIO())
    row, before = Backup.objects.get(), files_of(place.var)
    call_command("restore", row.file, "--try", "--row", str(row.pk))
    row.refresh_from_db()
    assert not row.trial_failed
    assert row.trial
    assert row.trial["extensions"] == 2
    assert row.trial["secrets"] >= 4
    assert files_of(place.var) == before
    content = bytearray(Path(row.file).read_bytes())
    content[len(content) // 2] ^= 1
    Path(row.file).write_bytes(content)
    call_command("restore", row.file, "--try", "--row", str(row.pk))
    row.refresh_from_db()
    assert row.trial_failed
    assert row.trial == {"code": "backup.altered"}


def test_a_backup_whose_log_was_altered_is_not_restored(
    place: Place, company: list[str], empty: Place, tmp_path: Path
) -> None:
    """By somebody who may write to the database, before the backup was made."""
    from core.audit import triggers

    triggers.release(connection)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_auditrecord SET by_name = 'Nobody' WHERE id = 1")
    triggers.protect(connection)
    path = backed_up(place, tmp_path / "a.backup")
    before = {name for name in files_of(empty.var) if not name.endswith(".lock")}
    with pytest.raises(ArchiveError, match="Entry 1 was altered"):
        restoring.restore(path, PASSPHRASE, empty)
    assert {name for name in files_of(empty.var) if not name.endswith(".lock")} == before


def test_the_commands_say_what_was_restored(place: Place, company: list[str], empty: Place, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    given = ("--passphrase-file", str(tmp_path / "passphrase"))
    call_command("backup", str(tmp_path / "a.backup"), *given, stdout=StringIO())
    done = manage(empty, "restore", str(tmp_path / "a.backup"), *given)
    assert done.returncode == 0, done.stderr
    head = AuditHead.objects.get()
    assert done.stdout == (
        f"Restored: 2 extensions, {User.objects.count()} people, {head.count} log entries."
        f" Last entry: {head.count}:{head.last_hash}\nStart the portal: make run\n"
    )
    again = manage(empty, "restore", str(tmp_path / "a.backup"), *given)
    assert again.returncode == 1
    assert "already holds an installation" in again.stderr


def test_only_a_trial_goes_on_while_the_portal_runs(place: Place, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE)
    (tmp_path / "a.backup").write_text("none")
    order = ("restore", str(tmp_path / "a.backup"), "--passphrase-file", str(tmp_path / "passphrase"))
    with supervisor.only_one(running.lock(place.var, running.PORTAL)):
        with pytest.raises(CommandError, match="not a backup of this portal"):
            call_command(*order, "--try")
        with pytest.raises(CommandError, match="the portal is running"):
            call_command(*order)


def test_a_trial_of_one_that_was_removed_meanwhile_is_none(place: Place) -> None:
    said = StringIO()
    call_command("restore", "gone.backup", "--try", "--row", "999", stdout=said)
    assert said.getvalue() == ""
    assert not [*place.var.glob(f"{making.WORK}*")]
