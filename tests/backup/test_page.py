"""Maintenance > Backup."""

import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from backup import archive, forms, making, places, retention, views
from backup.management.commands import _passphrase
from backup.models import Backup, BackupSettings
from backup.places import Place
from core import commands
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from tests.backup.conftest import PASSPHRASE
from tests.pages import html_of
from tests.pbx.office import eventually
from tests.people import be_stale, make_user

URL = "/backup/"


@pytest.fixture(autouse=True)
def lasting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folders of a test may be where nothing lasts."""
    monkeypatch.setattr(forms, "SHORT_LIVED", ("/dev",))


@pytest.fixture
def signed_in(place: Place, client: Client) -> Client:
    client.force_login(make_user("Ada", role="super_administrator"))
    return client


@pytest.fixture
def made(with_passphrase: BackupSettings) -> Backup:
    call_command("backup", stdout=StringIO())
    return Backup.objects.get()


def typed(**more: Any) -> dict[str, Any]:
    version = str(BackupSettings.load().version)
    return {"version": version, "folder": "", "passphrase": "", "days": "7", "weeks": "4", "months": "12",
            "voicemail": "on", **more}  # fmt: skip


def test_without_a_passphrase_the_page_says_what_to_do(signed_in: Client) -> None:
    page = html_of(signed_in, URL)
    assert "No backups are made: no passphrase is set." in page
    assert "Set a passphrase" in page
    assert "Back up now" not in page
    settings = html_of(signed_in, f"{URL}settings/")
    assert "Folder (optional)" in settings
    assert "Passphrase (optional)" not in settings


def test_what_is_saved_is_in_force_and_the_passphrase_in_no_log(signed_in: Client, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    more = {"folder": str(folder), "passphrase": PASSPHRASE, "days": "3", "voicemail": ""}
    assert signed_in.post(f"{URL}settings/", typed(**more)).status_code == 302
    saved = BackupSettings.load()
    assert (saved.folder, saved.passphrase, saved.days, saved.voicemail) == (str(folder), PASSPHRASE, 3, False)
    record = AuditRecord.objects.get(action="backup.settings_changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown == {
        "Folder": ("", str(folder)),
        "Passphrase": ("", "changed"),
        "Daily backups": ("7", "3"),
        "Include voicemail messages": ("on", "off"),
    }
    page = html_of(signed_in, f"{URL}settings/")
    assert PASSPHRASE not in page
    assert "Leave empty to keep the saved passphrase." in page
    signed_in.post(f"{URL}settings/", typed(folder=str(folder), days="4"))
    assert BackupSettings.load().passphrase == PASSPHRASE


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("passphrase", "", "Enter a passphrase."),
        ("passphrase", "too short", "Enter 12 characters or more."),
        ("folder", "backups", "Enter the whole path"),
        ("folder", "/nowhere/at/all", "cannot write to this folder"),
        ("folder", "/dev/shm", "deleted at a restart"),  # noqa: S108
        ("folder", "{var}", "outside the portal"),
        ("folder", "{var}/static", "outside the portal"),
        ("folder", "{code}/static", "outside the portal"),
        ("folder", "{var}/../here/static", "outside the portal"),
        ("days", "-1", "from 0 to 366"),
        ("days", "x", "from 0 to 366"),
        ("weeks", "1000", "from 0 to 520"),
        ("months", "121", "from 0 to 120"),
    ],
)
def test_what_cannot_be_is_refused_in_words(signed_in: Client, field: str, value: str, words: str) -> None:
    value = value.format(var=settings.VAR, code=settings.BASE_DIR)
    answer = signed_in.post(f"{URL}settings/", typed(**{"passphrase": PASSPHRASE, field: value}))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert BackupSettings.load().version == 1


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"passphrase": "x" * 12}, []),
        ({"passphrase": "x" * 11}, ["passphrase"]),
        ({"passphrase": PASSPHRASE, "days": "0", "weeks": "0"}, []),
        ({"passphrase": PASSPHRASE, "days": "1", "weeks": "1", "months": "1"}, []),
        ({"passphrase": PASSPHRASE, "days": "0", "weeks": "0", "months": "0"}, ["days"]),
        ({"passphrase": PASSPHRASE, "days": "366", "weeks": "520", "months": "120"}, []),
        ({"passphrase": PASSPHRASE, "days": "367", "weeks": "521", "months": "120"}, ["days", "weeks"]),
        ({"passphrase": PASSPHRASE, "version": "2"}, ["__all__"]),
    ],
)
def test_one_backup_or_more_is_kept_with_a_passphrase_that_is_long_enough(
    ada: User, more: dict[str, str], refused: list[str]
) -> None:
    form = forms.BackupSettingsForm(typed(**more), by=ada)
    assert list(form.errors) == refused
    assert form.is_conflict == ("__all__" in refused)


def test_none_at_all_cannot_be_kept(signed_in: Client) -> None:
    answer = signed_in.post(f"{URL}settings/", typed(passphrase=PASSPHRASE, days="0", weeks="0", months="0"))
    assert answer.status_code == 422


def test_who_saves_second_is_told(signed_in: Client) -> None:
    before = typed(passphrase=PASSPHRASE)
    signed_in.post(f"{URL}settings/", {**before, "days": "3"})
    answer = signed_in.post(f"{URL}settings/", {**before, "days": "5"})
    assert answer.status_code == 409
    assert BackupSettings.load().days == 3


def test_what_is_saved_as_it_was_or_a_moment_too_late_changes_nothing(signed_in: Client) -> None:
    answer = signed_in.post(f"{URL}settings/", typed(passphrase=PASSPHRASE), follow=True)
    assert "Settings saved." in answer.content.decode()
    before = BackupSettings.objects.values().get()
    answer = signed_in.post(f"{URL}settings/", typed(), follow=True)
    assert "Nothing was changed." in answer.content.decode()
    form = forms.BackupSettingsForm(typed(days="9", passphrase=f"{PASSPHRASE} more"), by=User.objects.get())
    assert form.is_valid()
    BackupSettings.objects.update(version=before["version"] + 1)
    assert not form.try_save()
    assert BackupSettings.objects.values().get() == {**before, "version": before["version"] + 1}
    assert AuditRecord.objects.filter(action="backup.settings_changed").count() == 1


def test_a_file_that_is_gone_is_neither_given_nor_tried(signed_in: Client, made: Backup) -> None:
    Path(made.file).unlink()
    for what in ("download", "try"):
        answer = signed_in.post(f"{URL}{made.pk}/{what}/", follow=True)
        assert answer.redirect_chain == [(URL, 302)]
        assert "The file of this backup is missing." in answer.content.decode()
    assert not AuditRecord.objects.filter(action__in=("backup.downloaded", "backup.tried")).exists()


def test_a_passphrase_that_cannot_be_decrypted_or_read_makes_no_backup(
    with_passphrase: BackupSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "a.backup")
    for content in (None, b"\xff\xff"):
        if content:
            (tmp_path / "passphrase").write_bytes(content)
        with pytest.raises(CommandError, match=r"^The passphrase cannot be read: "):
            call_command("backup", file, passphrase_file=tmp_path / "passphrase")
    (tmp_path / "passphrase").write_text("x" * (making.SHORTEST_PASSPHRASE - 1) + "\r\n")
    with pytest.raises(CommandError, match=f"at least {making.SHORTEST_PASSPHRASE} characters"):
        call_command("backup", file, passphrase_file=tmp_path / "passphrase")
    (tmp_path / "passphrase").write_text("x" * making.SHORTEST_PASSPHRASE + "\n")
    said = StringIO()
    call_command("backup", file, passphrase_file=tmp_path / "passphrase", stdout=said)
    assert said.getvalue() == f"Backed up and verified: {file}\n"
    assert archive.verify(Path(file), "x" * making.SHORTEST_PASSPHRASE)
    BackupSettings.objects.update(sealed_passphrase="nonsense")
    with pytest.raises(CommandError, match="decrypt"):
        call_command("backup")
    assert [(each.state, each.file) for each in Backup.objects.all()] == [("failed", "")]


@pytest.mark.parametrize("at_a_terminal", [True, False])
def test_a_passphrase_is_asked_for_where_somebody_can_type_it(
    monkeypatch: pytest.MonkeyPatch, *, at_a_terminal: bool
) -> None:
    stdin = StringIO("from a pipe\nand more\n")
    stdin.isatty = lambda: at_a_terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(_passphrase, "getpass", lambda prompt: f"typed at {prompt}\n")
    assert _passphrase.given(None) == ("typed at Passphrase: " if at_a_terminal else "from a pipe")


def test_a_backup_runs_in_a_process_of_its_own_that_says_nothing(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "manage.py").write_text(
        "import os, pathlib, sys\nprint('said')\nprint('said', file=sys.stderr)\n"
        f"said = [*sys.argv[1:], sys.stdin.read(), str(os.getsid(0) == os.getpid())]\n"
        f"draft = pathlib.Path({str(tmp_path / 'draft')!r})\n"
        "draft.write_text('|'.join(said))\ndraft.rename(draft.with_name('done'))\n"
    )
    commands.start("backup", "--by", "1")
    assert eventually((tmp_path / "done").exists, 30)
    assert (tmp_path / "done").read_text() == "backup|--by|1||True"
    assert capfd.readouterr() == ("", "")


def test_what_a_killed_backup_left_in_the_folder_goes_and_one_that_cannot_be_used_is_said(
    with_passphrase: BackupSettings, place: Place, tmp_path: Path
) -> None:
    folder = place.usual_folder
    folder.mkdir()
    for name in (".pbxportal-20261129.backup.part", ".pbxportal-1.part2", ".other.part"):
        (folder / name).touch()
    call_command("backup", stdout=StringIO())
    assert [each.name for each in folder.glob(".*")] == [".other.part"]
    (tmp_path / "no folder").touch()
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    folder.touch()
    with pytest.raises(CommandError, match="File exists"):
        call_command("backup")


def test_the_list_says_what_there_is(signed_in: Client, made: Backup) -> None:
    page = html_of(signed_in, URL)
    assert "Verified" in page
    assert "Try a restore" in page
    Path(made.file).unlink()
    page = html_of(signed_in, URL)
    assert "File missing" in page
    assert "Try a restore" not in page
    Backup.objects.create()
    assert "Interrupted" in html_of(signed_in, URL)


def test_a_download_asks_again_and_is_recorded(signed_in: Client, made: Backup) -> None:
    be_stale(signed_in)
    answer = signed_in.post(f"{URL}{made.pk}/download/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/again/")
    assert not AuditRecord.objects.filter(action="backup.downloaded").exists()
    be_stale(signed_in, -301)
    answer = signed_in.post(f"{URL}{made.pk}/download/")
    assert b"".join(answer) == Path(made.file).read_bytes()
    assert made.name in answer["Content-Disposition"]
    assert AuditRecord.objects.get(action="backup.downloaded").on == made.name


def test_whoever_may_not_have_everything_gets_no_backup(client: Client, made: Backup) -> None:
    """A backup opens all: its holder may do what a Super Administrator may."""
    role = Role.objects.create(name="Backups", granted=[Permission.VIEW_BACKUP, Permission.MANAGE_BACKUP])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "Back up now" in page
    assert "Download" not in page
    assert "Settings" not in page
    assert client.post(f"{URL}{made.pk}/download/").status_code == 404
    assert client.get(f"{URL}settings/").status_code == 404


@pytest.mark.parametrize("which", ["now/", "{}/try/"])
def test_the_buttons_start_it_and_say_so(
    signed_in: Client, made: Backup, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(views, "begin", lambda *command: started.append(command))
    signed_in.post(URL + which.format(made.pk))
    by = str(User.objects.get(first_name="Ada").pk)
    wanted = ("backup", "--by", by) if which == "now/" else ("restore", made.file, "--try", "--row", str(made.pk))
    assert started == [wanted]
    assert AuditRecord.objects.filter(action__in=("backup.started", "backup.tried")).count() == 1
    with making.only_one(places.from_settings()):
        page = signed_in.post(URL + which.format(made.pk), follow=True).content.decode()
        assert "Working on a backup" in page
        assert "already running" in page
    assert len(started) == 1


def test_what_a_killed_backup_left_is_in_no_way(place: Place) -> None:
    left = place.var / making.WORK
    (left / "folder").mkdir(parents=True)
    (left / "folder/file").touch()
    with making.work_folder(place) as folder:
        assert folder == left
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
    assert not left.exists()


def test_the_page_waits_until_it_runs_and_not_for_ever(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(commands, "start", lambda *command: started.append(command))
    looks = [False, True]
    monkeypatch.setattr(making, "is_running", lambda _place: looks.pop(0))
    views.begin("backup", "--by", "1")
    assert (started, looks) == ([("backup", "--by", "1")], [])
    monkeypatch.setattr(making, "is_running", lambda _place: False)
    monkeypatch.setattr(views, "START_SECONDS", 0.1)
    begun = time.monotonic()
    views.begin("backup")
    assert time.monotonic() - begun >= 0.1


# --- what is kept ---


def test_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    last = datetime(2026, 11, 29, 2, tzinfo=UTC)
    times = [last - timedelta(days=n) for n in range(800)] + [last - timedelta(hours=1)]
    kept = sorted(retention.kept(times, 7, 4, 12), reverse=True)
    assert kept[:7] == [last - timedelta(days=n) for n in range(7)]
    assert len(kept) <= 7 + 4 + 12
    assert {each.isocalendar()[:2] for each in kept} >= {
        (last - timedelta(weeks=n)).isocalendar()[:2] for n in range(4)
    }
    assert len({(each.year, each.month) for each in kept}) == 12


def test_the_newest_is_kept_whatever_is_chosen() -> None:
    last = datetime(2026, 11, 29, 2, tzinfo=UTC)
    assert retention.kept([last, last - timedelta(days=1)], 0, 0, 0) == {last}


def test_of_those_that_failed_the_last_two_hundred_are_kept(with_passphrase: BackupSettings, place: Place) -> None:
    failed = Backup.objects.bulk_create(Backup(state="failed") for _ in range(making.KEPT_ROWS + 2))
    call_command("backup", stdout=StringIO())
    assert {*Backup.objects.filter(state="failed")} == {*failed[2:]}
    assert Backup.objects.filter(state="verified").count() == 1


def test_old_ones_are_removed_and_what_is_not_ours_stays(with_passphrase: BackupSettings, place: Place) -> None:
    BackupSettings.objects.update(days=1, weeks=0, months=0)
    folder = place.usual_folder
    folder.mkdir()
    (folder / "pbxportal-20200101-020000.backup").write_text("unknown to the list")
    (folder / "notes.txt").write_text("somebody's")
    old = folder / "pbxportal-20260101-020000.backup"
    old.write_text("old")
    foreign = place.var / "pbxportal-20260102-020000.backup"
    foreign.write_text("in another folder")
    for file in (old, foreign):
        Backup.objects.create(state="verified", file=str(file), started_at=datetime(2026, 1, 1, 2, tzinfo=UTC))
    call_command("backup", stdout=StringIO())
    assert not old.exists()
    assert foreign.exists()
    assert (folder / "notes.txt").exists()
    assert (folder / "pbxportal-20200101-020000.backup").exists()
    assert len(list(folder.iterdir())) == 3
    assert Backup.objects.count() == 2
