"""`run` has a backup made every night, once, and again where it failed."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asterisk.process.fetch import Program
from backup import archive, making
from backup.copies import sending
from pbxportal import jobs
from tests.browser.command import ROOT, Command
from tests.pbx.office import eventually


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(jobs, "start", lambda *command: found.append(command))
    monkeypatch.setattr(jobs, "beside", lambda work: work())
    monkeypatch.setattr(making, "is_due", lambda: True)
    return found


def at(monkeypatch: pytest.MonkeyPatch, day: int, hour: int, minute: int = 0) -> None:
    monkeypatch.setattr(jobs, "localtime", lambda: datetime(2026, 11, day, hour, minute, tzinfo=UTC))


def test_it_is_asked_for_each_hour_from_two_on(started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    backups = jobs.Backups()
    for day, hour, minute, times in ((28, 0, 0, 0), (28, 1, 59, 0), (28, 2, 0, 1), (28, 2, 30, 1), (28, 3, 0, 2),
                                     (29, 1, 0, 2), (29, 2, 0, 3)):  # fmt: skip
        at(monkeypatch, day, hour, minute)
        backups()
        backups()
        assert len(started) == times, (day, hour, minute)
    assert set(started) == {("backup", "--nightly")}


def test_a_machine_that_was_off_at_night_makes_it_at_its_start(
    started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 29, 10)
    jobs.Backups()()
    assert started == [("backup", "--nightly")]


@pytest.mark.parametrize(("due", "owed"), [(False, False), (True, False), (False, True)])
def test_no_process_begins_for_nothing(
    started: list[tuple[str, ...]], db: None, monkeypatch: pytest.MonkeyPatch, due: bool, owed: bool
) -> None:
    monkeypatch.setattr(making, "is_due", lambda: due)
    monkeypatch.setattr(sending, "owed", lambda _chosen: [1] * owed)
    at(monkeypatch, 29, 10)
    jobs.Backups()()
    assert len(started) == (due or owed)


PASSPHRASE_SET = """
from django.core.management import call_command
call_command('migrate', verbosity=0)
from backup.models import BackupSettings
chosen = BackupSettings.load()
chosen.passphrase = 'correct horse battery staple'
chosen.save()
"""
STATES = "from backup.models import Backup; print(*[(each.state, each.nightly) for each in Backup.objects.all()])"


def refused(command: Command, *order: str) -> str:
    program = [sys.executable, "manage.py", *order]
    given = {"cwd": ROOT, "env": command.environment, "input": "correct horse battery staple\n"}
    done = subprocess.run(program, **given, capture_output=True, text=True, check=False)  # type: ignore[call-overload]
    assert done.returncode == 1
    return str(done.stderr)


def test_run_makes_one_that_opens(tmp_path: Path, program: Program) -> None:
    """By a clock of its own, where it is noon."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+}"
    with Command(tmp_path, ROOT / "var/asterisk-program", TZ=zone, PBX_EXPECTED="False", FRONT="none") as command:

        def in_portal(script: str) -> str:
            shell = [sys.executable, "manage.py", "shell", "-v", "0", "-c", script]
            done = subprocess.run(shell, cwd=ROOT, env=command.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        in_portal(PASSPHRASE_SET)
        command.start()
        assert eventually(lambda: bool(list((tmp_path / "backups").glob("*.backup"))), 60)
        assert eventually(lambda: in_portal(STATES) == "('verified', True)")
        (made,) = (tmp_path / "backups").glob("*.backup")
        assert archive.verify(made, "correct horse battery staple").database == "sqlite"
        assert (tmp_path / "log/backup.log").read_text().startswith("Backed up and verified: ")
        for order in (["restore", str(made)], ["move_database", f"sqlite:///{tmp_path}/other.sqlite3"]):
            assert "the portal is running. Stop it first." in refused(command, *order)
