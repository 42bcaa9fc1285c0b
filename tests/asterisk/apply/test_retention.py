"""Which applies and changes go with time, and which stay. With the real PBX: tests/pbx/test_keeping.py."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from asterisk.apply import mailboxes, retention
from asterisk.engine import store as engine
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from core.preferences.models import Preferences
from extensions.models import Change
from tests.asterisk.manager import Manager

pytestmark = pytest.mark.django_db
Outcome = ApplyRun.Outcome
AT = datetime(2026, 11, 30, tzinfo=UTC)


def make(count: int, outcome: Outcome = Outcome.PROVED) -> list[ApplyRun]:
    """Each of one settled change, an hour after the one before."""
    found = []
    for _ in range(count):
        at = AT + timedelta(hours=ApplyRun.objects.count())
        run = ApplyRun.objects.create(outcome=outcome, started_at=at)
        run.changes.add(change())
        found.append(run)
    return found


def change(*, settled: bool = True) -> Change:
    return Change.objects.create(number="1000", kind="changed", applied_at=timezone.now() if settled else None)


@pytest.fixture(autouse=True)
def few(manager: Manager) -> None:
    Preferences.objects.update(restore_points=10)


def kept() -> list[int]:
    return list(ApplyRun.objects.order_by("pk").values_list("pk", flat=True))


def test_as_many_as_are_kept_all_stay() -> None:
    lone, runs = change(), make(10)
    retention.prune(from_settings())
    assert kept() == [run.pk for run in runs]
    assert Change.objects.filter(pk=lone.pk).exists()


def test_the_first_beyond_goes_with_its_change_and_what_was_before() -> None:
    lone, waiting = change(), change(settled=False)
    first, *runs = make(11)
    later = change()
    boxes = mailboxes.parked(from_settings().directory)
    for name, run in (("first", first), ("second", runs[0])):
        (boxes / name).mkdir(parents=True)
        at = run.started_at.timestamp()
        os.utime(boxes / name, (at, at))
    with engine.opened(from_settings().engine_file) as db:
        db.executemany("INSERT INTO restore_point VALUES (?, '1000', '{}')", [(first.pk,), (runs[0].pk,)])
    gone = {lone.pk, *first.changes.values_list("pk", flat=True)}
    retention.prune(from_settings())
    assert kept() == [run.pk for run in runs]
    left = set(Change.objects.values_list("pk", flat=True))
    assert (left & gone, {waiting.pk, later.pk} - left, len(left)) == (set(), set(), 12)
    assert [each.name for each in boxes.iterdir()] == ["second"]
    with engine.opened(from_settings().engine_file) as db:
        assert db.execute("SELECT run FROM restore_point").fetchall() == [(runs[0].pk,)]


def test_what_waits_stays_and_the_others_go_some_at_once() -> None:
    waiting = make(1, Outcome.WAITING) + make(1, Outcome.RUNNING)
    runs = make(retention.RUNS_AT_ONCE + 12)
    retention.prune(from_settings())
    assert kept() == [run.pk for run in waiting + runs[retention.RUNS_AT_ONCE :]]
    retention.prune(from_settings())
    assert kept() == [run.pk for run in waiting + runs[-10:]]
    retention.prune(from_settings())
    assert len(kept()) == 12


def test_where_the_table_cannot_be_read_nothing_goes(caplog: pytest.LogCaptureFixture) -> None:
    make(11)
    from_settings().engine_file.write_bytes(b"no table" * 99)
    retention.prune(from_settings())
    assert len(kept()) == 11
    assert "Could not delete old apply history: " in caplog.text


def test_where_mailboxes_cannot_be_deleted_the_applies_go(caplog: pytest.LogCaptureFixture) -> None:
    make(11)
    boxes = mailboxes.parked(from_settings().directory)
    boxes.mkdir(parents=True)
    (boxes / "no folder").touch()
    os.utime(boxes / "no folder", (0, 0))
    retention.prune(from_settings())
    assert len(kept()) == 10
    assert "Could not delete the mailboxes of deleted extensions: " in caplog.text
