"""Each backup is copied, again where that failed, and old copies are removed by the same rule as old backups."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backup import archive, making
from backup.models import Backup, BackupSettings, Copy
from backup.places import Place
from core.audit.models import AuditRecord
from pbxportal import conditions
from tests.backup.conftest import PASSPHRASE
from tests.backup.copies.conftest import choose_s3, choose_sftp
from tests.backup.copies.s3_server import S3Server
from tests.backup.copies.sftp_server import SftpServer


def backup(*options: str) -> None:
    call_command("backup", *options, stdout=StringIO())


def alerts() -> list[str]:
    return [each.detail.code for each in conditions.backups()]


def age(row: Backup, days: int) -> None:
    """As if it had been made that long ago."""
    at = row.started_at - timedelta(days=days)
    Backup.objects.filter(pk=row.pk).update(started_at=at)
    Copy.objects.filter(backup=row).update(made_at=at)


def test_a_copy_at_the_far_end_opens(with_passphrase: BackupSettings, sftp: SftpServer) -> None:
    chosen = choose_sftp(sftp)
    backup()
    row = Backup.objects.get()
    assert archive.verify(sftp.folder / row.name, PASSPHRASE).counts["accounts_user"] == 0
    copy = Copy.objects.get()
    assert (copy.backup, copy.place, copy.name) == (row, chosen.place, row.name)
    assert chosen.place == f"sftp://portal@127.0.0.1:{sftp.port}/~/"
    record = AuditRecord.objects.get(action="backup.copied")
    assert (record.on, record.detail) == (row.name, {"copied_to": chosen.place})
    assert alerts() == []
    backup("--copy")  # there is nothing left to do
    assert AuditRecord.objects.filter(action="backup.copied").count() == 1


def test_a_file_of_ones_own_is_not_copied(with_passphrase: BackupSettings, s3: S3Server, tmp_path: Path) -> None:
    choose_s3(s3)
    backup(str(tmp_path / "own.backup"))
    assert not s3.objects


def test_one_that_fails_is_told_kept_and_tried_again(with_passphrase: BackupSettings, s3: S3Server) -> None:
    choose_s3(s3)
    s3.refusals = {"PUT": "AccessDenied", "POST": "AccessDenied"}
    with pytest.raises(CommandError, match="may not write, read, and delete"):
        backup("--nightly")
    row = Backup.objects.get()
    assert row.state == Backup.State.VERIFIED
    assert "may not write" in row.copy_text
    assert alerts() == ["event.backup_not_copied"]
    assert AuditRecord.objects.get(action="backup.copied").result == "failed"
    s3.refusals = {}
    backup("--nightly")  # an hour later
    row.refresh_from_db()
    assert row.copy_why is None
    assert [*s3.objects] == [row.name]
    assert Backup.objects.count() == 1
    assert alerts() == []


def test_one_that_was_killed_is_tried_again(
    with_passphrase: BackupSettings, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing tidies up after it."""

    def kill(*_: object) -> None:
        raise Killed

    choose_s3(s3)
    with monkeypatch.context() as patch:
        patch.setattr("backup.copies.s3.S3.send", kill)
        with pytest.raises(Killed):
            backup()
    assert alerts() == ["event.backup_not_copied"]
    backup("--copy")
    assert alerts() == []
    assert len(s3.objects) == 1


def test_while_it_is_copied_nobody_is_alarmed(
    with_passphrase: BackupSettings, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_s3(s3)
    seen: list[list[str]] = []
    monkeypatch.setattr("backup.copies.s3.S3.send", lambda *_: seen.append(alerts()))
    backup()
    assert seen == [[]]


def test_those_of_nights_without_the_far_end_follow(with_passphrase: BackupSettings, s3: S3Server) -> None:
    """What was made before copies were chosen is not all sent at once."""
    backup()
    age(Backup.objects.get(), 9)
    choose_s3(s3)
    s3.refusals = {"PUT": "AccessDenied", "POST": "AccessDenied"}
    for days in (2, 1, 0):
        rename_newest(days)
        with pytest.raises(CommandError):
            backup()
        age(Backup.objects.all()[0], days)
    s3.refusals = {}
    backup("--copy")
    assert len(s3.objects) == 3


def rename_newest(seconds: int) -> None:
    """Names are of seconds: those of one test would be the same."""
    for row in Backup.objects.exclude(file=""):
        path = Path(row.file)
        made = datetime.strptime(path.name, "pbxportal-%Y%m%d-%H%M%S.backup")  # noqa: DTZ007 (a name)
        other = path.with_name(f"pbxportal-{made - timedelta(minutes=seconds + 1):%Y%m%d-%H%M%S}.backup")
        path.rename(other)
        Backup.objects.filter(pk=row.pk).update(file=str(other))
        Copy.objects.filter(backup=row).update(name=other.name)


def test_old_copies_are_removed_and_what_is_not_ours_stays(with_passphrase: BackupSettings, s3: S3Server) -> None:
    BackupSettings.objects.update(days=1, weeks=0, months=0)
    chosen = choose_s3(s3, "office")
    s3.objects = {"office/pbxportal-20200101-020000.backup": b"another portal's", "office/notes.txt": b"somebody's"}
    old = "pbxportal-20260101-020000.backup"
    s3.objects[f"office/{old}"] = b"ours"
    then = timezone.now() - timedelta(days=300)
    Copy.objects.create(place=chosen.place, name=old, made_at=then)
    Copy.objects.create(place="sftp://elsewhere", name=old, made_at=then)
    ahead = timezone.now() + timedelta(days=3000)
    Copy.objects.create(place=chosen.place, name="pbxportal-20360101-020000.backup", made_at=ahead)
    backup()
    name = Backup.objects.get().name
    assert {*s3.objects} == {"office/pbxportal-20200101-020000.backup", "office/notes.txt", f"office/{name}"}
    assert {each.name for each in Copy.objects.filter(place=chosen.place)} == {name, "pbxportal-20360101-020000.backup"}
    assert Copy.objects.filter(place="sftp://elsewhere").exists()


def test_a_copy_is_kept_where_it_cannot_be_removed(with_passphrase: BackupSettings, s3: S3Server) -> None:
    BackupSettings.objects.update(days=1, weeks=0, months=0)
    chosen = choose_s3(s3)
    Copy.objects.create(place=chosen.place, name="old", made_at=timezone.now() - timedelta(days=300))
    s3.refusals["DELETE"] = "AccessDenied"
    with pytest.raises(CommandError, match="may not"):
        backup()
    assert Copy.objects.count() == 2
    assert Backup.objects.get().copy_why is None


def test_no_two_copy_at_once(with_passphrase: BackupSettings, s3: S3Server, place: Place) -> None:
    backup()
    with making.only_one(place):
        backup("--copy")  # there is nothing to do
    choose_s3(s3)
    with making.only_one(place), pytest.raises(CommandError, match="already running"):
        backup("--copy")
    assert not s3.objects
