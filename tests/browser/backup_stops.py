"""Maintenance > Backup, for the tour."""

import tempfile
from datetime import timedelta
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import Page

from backup import making, places
from backup.models import Backup, BackupSettings, Copy, CopySettings
from core.coded_text import CodedText, to_json
from tests.backup.copies.sftp_server import SftpServer
from tests.browser.tour import Tour, ada, stop

CONTENTS = {"extensions": 100_000, "people": 100_004, "log": 1_000_000, "messages": 12_345}
TRIED = CodedText("restore.tried", **CONTENTS, secrets=200_009)


def with_passphrase() -> None:
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()


def backups(tour: Tour) -> None:
    """One of each kind: verified, tried, failed, gone, and one that did not end."""
    with_passphrase()
    folder = Path(tour.stack.enter_context(tempfile.TemporaryDirectory()))
    file = folder / "pbxportal-20261129-020000.backup"
    file.write_bytes(b"a backup")
    now = timezone.now()
    done = {"state": "verified", "contents": CONTENTS, "size": 1_234_567_890, "finished_at": now}
    Backup.objects.create(nightly=True, started_at=now - timedelta(days=4), file=str(folder / "gone.backup"), **done)
    why = to_json(CodedText("backup.not_written", why="No space left on device"))
    Backup.objects.create(nightly=True, started_at=now - timedelta(days=3), state="failed", why=why, finished_at=now)
    Backup.objects.create(by=ada(), started_at=now - timedelta(days=2))
    tried = {"tried_at": now, "trial": to_json(TRIED)}
    Backup.objects.create(nightly=True, started_at=now - timedelta(days=1), file=str(file), **done, **tried)
    broken = {"tried_at": now, "trial": to_json(CodedText("backup.altered")), "trial_failed": True}
    Backup.objects.create(by=ada(), started_at=now - timedelta(hours=5), file=str(file), **done, **broken)
    Backup.objects.create(by=ada(), started_at=now, file=str(file), **done)


@stop
def backup_not_set_up(tour: Tour) -> Page:
    return tour.ada("/backup/")


@stop
def backup_none(tour: Tour) -> Page:
    with_passphrase()
    return tour.ada("/backup/")


@stop
def backup_list(tour: Tour) -> Page:
    backups(tour)
    return tour.ada("/backup/")


@stop
def backup_running(tour: Tour) -> Page:
    backups(tour)
    Backup.objects.create(by=ada())
    tour.stack.enter_context(making.only_one(places.from_settings()))
    return tour.ada("/backup/")


@stop
def backup_copied(tour: Tour) -> Page:
    """Two were, one could not be."""
    backups(tour)
    CopySettings.objects.update(
        kind="sftp", sftp_host="nas.example.com", sftp_user="portal", sftp_folder="/volume1/backups/pbx"
    )
    first, second, third = Backup.objects.filter(state="verified")[:3]
    for each in (second, third):
        Copy.objects.create(backup=each, place="sftp://nas", name=str(each.pk), made_at=each.started_at)
    Backup.objects.filter(pk=first.pk).update(copy_why=to_json(CodedText("copy.not_let_in", user="portal")))
    return tour.ada("/backup/")


@stop
def backup_copies(tour: Tour) -> Page:
    return tour.ada("/backup/copies/")


@stop
def backup_copies_sftp(tour: Tour) -> Page:
    page = tour.ada("/backup/copies/")
    page.get_by_label("To a server, over SFTP").check()
    return page


@stop
def backup_copies_s3(tour: Tour) -> Page:
    page = tour.ada("/backup/copies/")
    page.get_by_label("To S3-compatible storage").check()
    return page


@stop
def backup_copies_host_key(tour: Tour) -> Page:
    server = tour.stack.enter_context(SftpServer(Path(tour.stack.enter_context(tempfile.TemporaryDirectory()))))
    page = tour.ada("/backup/copies/")
    page.get_by_label("To a server, over SFTP").check()
    page.get_by_label("Host", exact=True).fill("127.0.0.1")
    page.get_by_role("textbox", name="Port").fill(str(server.port))
    page.get_by_label("User Name").fill("portal")
    page.get_by_role("button", name="Test").click()
    page.get_by_role("alert").wait_for()
    return page


@stop
def backup_copies_refused(tour: Tour) -> Page:
    page = tour.ada("/backup/copies/")
    page.get_by_label("To S3-compatible storage").check()
    page.get_by_label("Endpoint").fill("s3.example.com")
    page.get_by_label("Bucket").fill("Our Backups")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    return page


@stop
def backup_settings(tour: Tour) -> Page:
    return tour.ada("/backup/settings/")


@stop
def backup_settings_refused(tour: Tour) -> Page:
    page = tour.ada("/backup/settings/")
    page.get_by_label("Folder").fill("backups")
    page.get_by_label("Passphrase", exact=True).fill("too short")
    page.get_by_label("Daily backups").fill("999")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    return page
