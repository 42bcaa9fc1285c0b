"""What is looked for: each condition, as long as it holds and no longer."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.live import store as live
from asterisk.models import ApplyRun, BlockedAddress, CheckRun
from backup.models import Backup, BackupSettings, CopySettings
from core import clock, disk
from core.events.look import Finding
from core.https import Certificate
from core.mail.models import Email
from core.preferences.models import Preferences, SystemChange
from extensions.models import Change
from pbxportal import conditions
from pbxportal.portal_address import Address
from pbxportal.supervisor import Child
from tests.certificates import made
from tests.people import make_extension

pytestmark = pytest.mark.django_db
Outcome = ApplyRun.Outcome


def said(found: Iterator[Finding]) -> list[str]:
    return [str(each.detail) for each in found]


def run(outcome: str, seconds: int = 0) -> ApplyRun:
    return ApplyRun.objects.create(outcome=outcome, started_at=timezone.now() - timedelta(seconds=seconds))


def test_a_refused_apply_counts_while_its_changes_wait() -> None:
    make_extension("1000")
    refused = run(Outcome.REFUSED)
    refused.changes.set(Change.objects.all())
    assert said(conditions.refused()) == [f"Apply {refused.pk} was refused. Review the changes, and apply them again."]
    run(Outcome.PROVED)
    assert len(said(conditions.refused())) == 1
    Change.objects.update(applied_at=timezone.now())
    assert said(conditions.refused()) == []


def test_a_refused_apply_of_preferences_counts_until_they_are_discarded() -> None:
    change = SystemChange.objects.create(field="country", old="US", new="GB")
    run(Outcome.REFUSED).system_changes.add(change)
    assert len(said(conditions.refused())) == 1
    SystemChange.objects.update(discarded_at=timezone.now())
    assert said(conditions.refused()) == []


def test_an_apply_without_changes_that_was_refused_is_over() -> None:
    run(Outcome.REFUSED)
    assert said(conditions.refused()) == []


@pytest.mark.parametrize(
    ("outcome", "seconds", "late"),
    [(Outcome.WAITING, 59, False), (Outcome.WAITING, 61, True), (Outcome.PROVED, 61, False)],
)
def test_an_apply_may_wait_for_a_minute(outcome: str, seconds: int, late: bool) -> None:
    run(outcome, seconds)
    assert bool(said(conditions.waiting())) is late


def test_the_last_check_says_whether_anything_differs() -> None:
    assert said(conditions.drift()) == []
    CheckRun.objects.create(finished_at=timezone.now(), differing=2)
    assert said(conditions.drift()) == ["2 extensions differ. Run a repair in Engine Check."]
    CheckRun.objects.create()  # under way
    assert len(said(conditions.drift())) == 1
    CheckRun.objects.create(finished_at=timezone.now())
    assert said(conditions.drift()) == []


def test_attackers_count_while_one_is_blocked() -> None:
    now = timezone.now()
    block = BlockedAddress.objects.create(network="192.0.2.9", reason="attempts", tries=10, until=now + timedelta(1))
    assert said(conditions.attack()) == ["1 address is blocked. Check Blocked Addresses."]
    block.until = now
    block.save()
    assert said(conditions.attack()) == []


@pytest.mark.parametrize(
    ("server", "email", "stuck"),
    [
        ("mail.example.com", {"delayed_since": timedelta(0)}, True),
        ("mail.example.com", {"due_at": timedelta(minutes=6)}, True),
        ("mail.example.com", {"due_at": timedelta(minutes=4)}, False),
        ("mail.example.com", {"due_at": timedelta(minutes=6), "state": "taken"}, False),
        ("", {"due_at": timedelta(minutes=6)}, False),
    ],
)
def test_mail_is_stuck_while_the_queue_does_not_move(
    ada: User, server: str, email: dict[str, object], stuck: bool
) -> None:
    Preferences.objects.update(mail_host=server)
    now = timezone.now()
    fields = {name: now - value if isinstance(value, timedelta) else value for name, value in email.items()}
    Email.objects.create(kind="new_device", user=ada, to="ada@example.com", **fields)
    assert bool(said(conditions.mail())) is stuck


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """The mail worker, as the supervisor has it."""
    child = Child("The mail worker", [sys.executable, "-c", "import time; time.sleep(600)"], [tmp_path / "log"])
    child.start()
    yield child
    if child.process:
        child.process.kill()
        child.process.wait()


def ended(child: Child) -> None:
    assert isinstance(child.process, subprocess.Popen)
    child.process.kill()
    child.process.wait()
    child.check(lambda _: None)


def test_a_part_that_ended_counts_until_it_has_run_for_some_time(child: Child) -> None:
    assert said(conditions.workers([child])) == []
    ended(child)
    words = "The mail worker stopped and is being restarted. Check its log if this happens again."
    assert said(conditions.workers([child])) == [words]
    child.start()
    assert said(conditions.workers([child])) == [words]
    child.started -= 31
    assert said(conditions.workers([child])) == []


def test_asterisk_that_ended_is_no_part_but_the_pbx(child: Child, settings: Settings) -> None:
    child.name = "Asterisk"
    ended(child)
    assert said(conditions.workers([child])) == []
    (found,) = conditions.pbx_down([child])
    assert (str(found.detail), found.at_once) == ("Asterisk stopped and was restarted. Calls were cut off.", True)


def test_a_part_that_ended_is_not_the_pbx_nor_is_one_that_runs(child: Child, settings: Settings) -> None:
    """No Asterisk answers here, which is another fault, and can wait."""
    settings.AMI_PORT = 9
    ended(child)
    (down,) = conditions.pbx_down([child])
    assert not down.at_once
    child.name, child.delay = "Asterisk", 0
    (down,) = conditions.pbx_down([child])
    assert not down.at_once


def test_a_pbx_that_does_not_answer_is_down(settings: Settings) -> None:
    settings.AMI_PORT = 9
    (found,) = conditions.pbx_down([])
    assert not found.at_once
    assert str(found.detail).startswith("Phones cannot register or call. Changes are saved")


def test_a_listener_that_says_nothing_is_no_listener(child: Child, settings: Settings, tmp_path: Path) -> None:
    settings.LIVE_FILE = tmp_path / "live.sqlite3"
    child.name = "The PBX listener"
    live.prepare(settings.LIVE_FILE)
    assert said(conditions.workers([child])) == [], "it has just been started"
    child.started -= 61
    assert len(said(conditions.workers([child]))) == 1
    with live.opened(settings.LIVE_FILE) as db:
        live.beat(db, hears=False)
    assert said(conditions.workers([child])) == [], "it says that it hears nothing of the PBX"
    with closing(sqlite3.connect(settings.LIVE_FILE)) as db, db:
        db.execute("UPDATE heartbeat SET at = ?", (time.time() - 61,))
    assert len(said(conditions.workers([child]))) == 1


def test_every_part_that_run_starts_is_known() -> None:
    source = (live_settings.BASE_DIR / "pbxportal/management/commands/run.py").read_text()
    source += (live_settings.BASE_DIR / "pbxportal/pbx.py").read_text()
    source += (live_settings.BASE_DIR / "pbxportal/front/server.py").read_text()
    for name in (*conditions.PARTS, conditions.ASTERISK):
        assert f'"{name}"' in source


def test_without_a_pbx_nothing_is_looked_for_there() -> None:
    assert "pbx" not in conditions.of([], has_pbx=False)
    assert "pbx" in conditions.of([], has_pbx=True)


def test_a_clock_that_is_set_has_jumped_for_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, wrong = [1000.0], [0.0]
    monkeypatch.setattr("core.clock.time.time", lambda: now[0] + wrong[0])
    monkeypatch.setattr("core.clock.time.monotonic", lambda: now[0])
    monkeypatch.setattr("core.clock.time.clock_gettime", lambda _: now[0])
    jumps = clock.Jumps()
    now[0] += 3600
    wrong[0] = 4
    assert said(conditions.jumped(jumps)) == []
    wrong[0] = 4 - 3600
    assert said(conditions.jumped(jumps)) == ["The clock jumped by -3,600 seconds. Check NTP on this machine."]
    now[0] += 599
    assert len(said(conditions.jumped(jumps))) == 1
    now[0] += 2
    assert said(conditions.jumped(jumps)) == []


def test_the_kernel_says_whether_the_clock_is_kept_right() -> None:
    words = ["The clock is not synchronized. Turn on NTP on this machine."]
    assert said(conditions.unsynchronized()) == ([] if clock.is_synchronized() else words)


@pytest.mark.parametrize(
    ("state", "days", "found"),
    [
        (Backup.State.VERIFIED, 1, []),
        (Backup.State.VERIFIED, 3, ["event.backup_old"]),
        (Backup.State.FAILED, 0, ["event.backup_failed"]),
        (Backup.State.RUNNING, 3, []),
    ],
)
def test_a_backup_counts_that_failed_or_is_old(state: str, days: int, found: list[str]) -> None:
    Backup.objects.create(state=state, started_at=timezone.now() - timedelta(days=days))
    assert [*conditions.backups()] == []  # nobody has set a passphrase
    BackupSettings.objects.update(sealed_passphrase="sealed")
    assert [finding.detail.code for finding in conditions.backups()] == found


@pytest.mark.parametrize(
    ("lasting", "codes"),
    [(None, ["event.no_certificate"]), (13, ["event.certificate_expires"]), (15, [])],
)
def test_a_certificate_counts_that_is_missing_or_ends_within_two_weeks(
    settings: Settings, tmp_path: Path, lasting: int | None, codes: list[str]
) -> None:
    settings.VAR, settings.HTTPS_CERTIFICATE = tmp_path, ""
    settings.FIND_ADDRESS = lambda: Address(":8443", ("https://pbx.lan:8443",), Certificate.FILES)
    if lasting is not None:
        (tmp_path / "front/files").mkdir(parents=True)
        (tmp_path / "front/files/chain.pem").write_bytes(made(lasting=timedelta(days=lasting))[0])
    found = list(conditions.certificate())
    assert [each.detail.code for each in found] == codes
    if codes == ["event.certificate_expires"]:
        until = timezone.now() + timedelta(days=13)
        assert found[0].detail.params == {"names": "pbx.example.com, 127.0.0.1", "until": f"{until:%Y-%m-%d}"}
        assert found[0].at_once
    settings.FIND_ADDRESS = lambda: Address("127.0.0.1:8000", ("http://127.0.0.1:8000",), Certificate.NONE)
    assert list(conditions.certificate()) == []


def test_a_disk_counts_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "usage", lambda _: (10**12, 10**11, 9 * 10**11))
    assert list(conditions.disks()) == []
    monkeypatch.setattr(disk, "usage", lambda _: (10**12, 10**12 - 7 * 10**10, 7 * 10**10))
    (found,) = conditions.disks()
    assert (found.detail.code, found.detail.params["share"]) == ("event.disk", 93)


def test_a_backup_counts_that_was_never_made_or_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    def codes() -> list[str]:
        return [finding.detail.code for finding in conditions.backups()]

    BackupSettings.objects.update(sealed_passphrase="sealed", since=timezone.now() - timedelta(days=1))
    assert codes() == []
    BackupSettings.objects.update(since=timezone.now() - timedelta(days=3))
    assert codes() == ["event.backup_none"]
    ahead = timezone.now() + timedelta(days=300)
    Backup.objects.create(state=Backup.State.VERIFIED, started_at=ahead)
    assert codes() == ["event.backup_none"]  # a clock that was ahead made it
    Backup.objects.create(state=Backup.State.VERIFIED, copy_why={"code": "copy.away"})
    assert codes() == []
    CopySettings.objects.update(kind="sftp", sftp_host="backup.example.com", sftp_user="portal")
    monkeypatch.setattr("backup.making.is_running", lambda _: True)
    assert codes() == []
    monkeypatch.setattr("backup.making.is_running", lambda _: False)
    assert codes() == ["event.backup_not_copied"]


def test_an_event_says_when_it_began_in_the_time_of_the_office() -> None:
    Preferences.objects.update(mail_host="mail.example.com")
    since = timezone.now() - timedelta(hours=1)
    Email.objects.create(kind="test", to="a@example.com", delayed_since=since, due_at=timezone.now())
    Email.objects.create(kind="test", to="a@example.com", delayed_since=timezone.now(), due_at=timezone.now())
    (found,) = conditions.mail()
    assert found.detail.params == {"since": f"{timezone.localtime(since):%Y-%m-%d %H:%M}"}


def test_without_a_pbx_and_with_one_each_kind_is_looked_for() -> None:
    without, with_pbx = conditions.of([], has_pbx=False), conditions.of([], has_pbx=True)
    usual = {"disk", "certificate", "mail", "worker", "clock", "clock_jump", "backup"}
    assert set(without) == usual
    assert set(with_pbx) - usual == {"pbx", "apply_refused", "apply_waiting", "drift", "attack"}
    assert list(with_pbx["clock_jump"]()) == []
    assert list(with_pbx["worker"]()) == []
