"""What a tired administrator, a wrong clock, a full disk or somebody hostile does to backups."""

import os
import random
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backup import archive, making, restoring, trial
from backup.errors import BackupError, RestoreError
from backup.models import Backup, BackupSettings
from backup.places import Place
from core import disk, restored
from pbxportal import conditions
from tests.asterisk.live.test_voicemail_spool import put
from tests.backup.conftest import PASSPHRASE
from tests.backup.portal import Portal
from tests.faults.rights import read_only
from tests.pbx.office import eventually
from tests.people import make_extension


def write(place: Place, path: Path) -> archive.Manifest:
    return making.write_to(path, PASSPHRASE, place, voicemail=True)


def alerts() -> list[str]:
    return [each.detail.code for each in conditions.backups()]


# --- killed ---

PASSPHRASE_SET = f"""
from backup.models import BackupSettings
chosen = BackupSettings.load()
chosen.passphrase = {PASSPHRASE!r}
chosen.save()
"""
STATES = """
from backup.models import Backup
print(*[each.state for each in Backup.objects.all()], *[each.file for each in Backup.objects.exclude(file="")])
"""
KILLS = 5
chance = random.Random(16)


def test_one_that_is_killed_is_in_nobodys_way(tmp_path: Path) -> None:
    portal = Portal(tmp_path / "one")
    portal.manage("migrate", "-v0")
    portal.shell(PASSPHRASE_SET)
    for _ in range(KILLS):
        process = portal.start("backup")
        assert eventually((portal.var / making.WORK).exists, 60)
        time.sleep(chance.uniform(0, 0.6))
        process.kill()
        process.wait()
    time.sleep(1)  # names are of seconds
    portal.manage("backup")
    *states, last = portal.shell(STATES).split()
    assert states[0] == "verified"
    assert "running" not in states
    assert not (portal.var / making.WORK).exists()
    made = {str(each) for each in (portal.var / "backups").iterdir()}
    assert made == {each for each in [*states, last] if each.endswith(".backup")}


def test_one_that_was_killed_once_it_was_verified_counts(with_passphrase: BackupSettings, place: Place) -> None:
    """Else nobody would ever remove its file."""
    call_command("backup", stdout=StringIO())
    Backup.objects.update(state=Backup.State.RUNNING, size=0)
    making.close_interrupted()
    row = Backup.objects.get()
    assert (row.state, row.size) == (Backup.State.VERIFIED, row.path.stat().st_size)


# --- files that cannot be in a backup ---


def test_a_folder_that_cannot_be_read_is_not_left_out_unseen(place: Place, tmp_path: Path) -> None:
    put(place.asterisk, "INBOX", 0, "a message", number="1000")
    box = place.folders["voicemail"] / "default/1000"
    box.chmod(0)
    try:
        with read_only(), pytest.raises(BackupError, match=f"Permission denied: {box}"):
            write(place, tmp_path / "a.backup")
    finally:
        box.chmod(0o700)
    assert not list(tmp_path.glob("*a.backup*"))


def test_a_folder_that_is_a_link_is_not_left_out_unseen(place: Place, tmp_path: Path) -> None:
    put(place.asterisk, "INBOX", 0, "a message", number="1000")
    box = place.folders["voicemail"] / "default/1000"
    box.rename(tmp_path / "on a larger disk")
    box.symlink_to(tmp_path / "on a larger disk")
    with pytest.raises(BackupError, match=f"is a link, .* not follow: {box}"):
        write(place, tmp_path / "a.backup")


@pytest.mark.parametrize(
    "name", ["default/1000/my copy/INBOX/msg0000.wav", "default/1000/b\udcff.wav", "a\nb/msg0000.txt"]
)
def test_a_file_that_no_restore_takes_is_named(place: Place, tmp_path: Path, name: str) -> None:
    path = place.folders["voicemail"] / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(BackupError, match=r"does not belong in a backup\. Remove or rename it: voicemail/"):
        write(place, tmp_path / "a.backup")


# --- where it is written to ---


def test_a_link_in_a_folder_of_others_leads_nowhere(
    with_passphrase: BackupSettings, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is no secret: whoever may write there could have the portal's own files written over."""
    victim = place.var / "portal.sqlite3"
    victim.write_text("the database")
    path = tmp_path / "a.backup"
    for name in ("a.backup", ".a.backup.part"):
        (tmp_path / name).symlink_to(victim)
    with pytest.raises(BackupError, match="already exists"):
        write(place, path)
    path.unlink()
    write(place, path)
    assert victim.read_text() == "the database"
    assert archive.verify(path, PASSPHRASE)


def full_from(monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
    """The disk has room for so many looks."""
    seen = 0

    def usage(_: Path) -> tuple[int, int, int]:
        nonlocal seen
        seen += 1
        return (10**12, 0, 10**11) if seen <= looks else (10**12, 10**12, disk.LEFT - 1)

    monkeypatch.setattr(disk, "usage", usage)


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_disk_that_the_portal_needs_is_not_filled(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    full_from(monkeypatch, looks)
    with pytest.raises(BackupError, match="No space left on device"):
        write(place, place.var / "a.backup")
    assert not list(place.var.glob("*.backup*"))
    assert not (place.var / making.WORK).exists()


@pytest.mark.parametrize("missing", [0, 1])
def test_room_is_needed_for_a_copy_of_the_database(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    assert place.database
    files = [place.database, Path(f"{place.database}-wal")]
    size = sum(each.stat().st_size for each in files if each.exists())
    monkeypatch.setattr(disk, "usage", lambda _: (10**12, 0, disk.LEFT + size - missing))
    if missing:
        with pytest.raises(BackupError, match="No space left on device"):
            write(place, tmp_path / "a.backup")
    else:
        write(place, tmp_path / "a.backup")
    assert (tmp_path / "a.backup").exists() is not bool(missing)


def test_another_disk_may_be_filled(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full_from(monkeypatch, 1)
    monkeypatch.setattr(disk, "is_ours", lambda _: False)
    write(place, tmp_path / "a.backup")


def test_a_place_without_a_right_to_write_is_said(place: Place, empty: Place, tmp_path: Path) -> None:
    write(place, tmp_path / "a.backup")
    with read_only(empty.var), pytest.raises(RestoreError, match="Permission denied"):
        restoring.restore(tmp_path / "a.backup", PASSPHRASE, empty)


def test_any_name_of_a_folder_will_do(place: Place, tmp_path: Path) -> None:
    """What means something in an address means nothing in a path."""
    make_extension("1000")
    write(place, tmp_path / "a.backup")
    var = tmp_path / "100% of #1? & a+b é"
    (var / "secrets").mkdir(parents=True)
    there = Place(var, var / "asterisk", var / "asterisk/db/engine.sqlite3", var / "portal.sqlite3")
    assert restoring.restore(tmp_path / "a.backup", PASSPHRASE, there).secrets >= 1
    env = {**os.environ, "PBXPORTAL_VAR": str(var), "DJANGO_SETTINGS_MODULE": "pbxportal.settings"}
    env.pop("DATABASE_URL", None)
    program = [sys.executable, "manage.py", "verify_audit"]
    done = subprocess.run(program, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["secrets", "front"])
def test_a_link_in_the_place_of_a_folder_is_replaced(place: Place, empty: Place, tmp_path: Path, name: str) -> None:
    """It could not be removed as a folder is, and then no command of the portal would ever have started again."""
    (place.var / "front").mkdir()
    (place.var / "front/pbx.key").write_text("a private key")
    write(place, tmp_path / "a.backup")
    target, elsewhere = empty.folders[name], tmp_path / "elsewhere"
    shutil.rmtree(target, ignore_errors=True)
    elsewhere.mkdir()
    (elsewhere / "old").touch()
    target.symlink_to(elsewhere)
    restoring.restore(tmp_path / "a.backup", PASSPHRASE, empty)
    assert not target.is_symlink()
    assert [*target.iterdir()]
    assert [each.name for each in elsewhere.iterdir()] == ["old"]
    assert not (empty.var / restored.LIST).exists()


def test_where_nothing_can_be_unpacked_is_said(place: Place, tmp_path: Path) -> None:
    write(place, tmp_path / "a.backup")
    (place.var / making.WORK).write_text("no folder")
    with pytest.raises(BackupError, match="File exists"):
        trial.of_file(tmp_path / "a.backup", PASSPHRASE, place)


# --- a clock that was ahead ---


@pytest.fixture
def ahead(with_passphrase: BackupSettings, place: Place) -> Backup:
    """Made while the clock was ten years ahead."""
    place.usual_folder.mkdir()
    file = place.usual_folder / "pbxportal-20361129-020000.backup"
    file.write_bytes(b"ahead")
    at = timezone.now() + timedelta(days=3650)
    return Backup.objects.create(nightly=True, state="verified", file=str(file), started_at=at)


def test_the_night_after_a_wrong_clock_has_its_backup(ahead: Backup) -> None:
    call_command("backup", "--nightly", stdout=StringIO())
    assert Backup.objects.count() == 2
    call_command("backup", "--nightly", stdout=StringIO())
    assert Backup.objects.count() == 2


def test_one_that_was_just_made_is_kept_after_a_wrong_clock(ahead: Backup) -> None:
    BackupSettings.objects.update(days=1, weeks=0, months=0)
    call_command("backup", stdout=StringIO())
    made = Backup.objects.first()
    assert made != ahead
    assert made
    assert made.is_there
    assert ahead.is_there


def test_one_of_a_wrong_clock_keeps_nobody_from_being_told(ahead: Backup) -> None:
    assert alerts() == []
    BackupSettings.objects.update(since=timezone.now() - timedelta(days=3))
    assert alerts() == ["event.backup_none"]
    Backup.objects.create(state="verified", started_at=timezone.now() - timedelta(days=3))
    assert alerts() == ["event.backup_old"]


# --- nobody looks ---


def test_that_none_was_ever_made_is_told(with_passphrase: BackupSettings) -> None:
    assert with_passphrase.since
    assert alerts() == []
    BackupSettings.objects.update(since=timezone.now() - timedelta(days=3))
    Backup.objects.create(started_at=timezone.now() - timedelta(days=3))  # and hangs ever since
    assert alerts() == ["event.backup_none"]


def test_a_new_passphrase_does_not_begin_anew(with_passphrase: BackupSettings) -> None:
    since = with_passphrase.since
    with_passphrase.passphrase = "another passphrase"
    assert with_passphrase.since == since


def test_a_backup_of_an_older_passphrase_is_not_called_broken(with_passphrase: BackupSettings, place: Place) -> None:
    call_command("backup", stdout=StringIO())
    with_passphrase.passphrase = "another passphrase"
    with_passphrase.save()
    row = Backup.objects.get()
    call_command("restore", row.file, "--try", "--row", str(row.pk))
    row.refresh_from_db()
    assert "made with another passphrase" in row.trial_text
    assert not row.trial_failed


def test_a_disk_that_cannot_be_written_to_does_not_hide_the_page(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(place.var)
    place.var.write_text("no folder")
    assert not making.is_running(place)
    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup")
