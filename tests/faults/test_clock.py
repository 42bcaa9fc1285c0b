"""The clock set back: no history is lost, and nothing shows what is not."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from asterisk.apply.undo import back_to
from asterisk.engine import store as engine
from asterisk.live import store as live
from asterisk.live.watching import PATIENCE_SECONDS, Waker
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.models import Change, SipExtension
from tests.node import apply
from tests.people import make_extension

HOUR = timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """What it is wrong by."""
    wrong, now, epoch = [timedelta()], timezone.now, time.time
    monkeypatch.setattr(timezone, "now", lambda: now() + wrong[0])
    monkeypatch.setattr(time, "time", lambda: epoch() + wrong[0].total_seconds())
    return wrong


def switched(number: str, enabled: bool, by: User) -> ApplyRun:
    (actions.enable if enabled else actions.disable)(number, by)
    return apply([number], by)


def is_enabled(number: str) -> bool:
    return SipExtension.objects.get(number=number).enabled


def test_what_was_applied_after_the_clock_was_set_back_is_undone_like_all_that_followed(
    asterisk: Embedded, ada: User, clock: list[timedelta]
) -> None:
    for number in ("1100", "1101"):
        make_extension(number)
    apply(["1100", "1101"], ada)
    moment: datetime = timezone.now()
    clock[0] = HOUR
    switched("1100", False, ada)
    clock[0] = -HOUR / 2
    switched("1101", False, ada)
    clock[0] = HOUR * 2
    switched("1100", True, ada)
    assert back_to(moment + HOUR * 1.5, ada) == ["1100"]
    assert not is_enabled("1100")
    apply(["1100"], ada)
    assert back_to(moment, ada) == ["1100", "1101"]
    assert is_enabled("1101")
    apply(["1100", "1101"], ada)
    assert [run.outcome for run in ApplyRun.objects.all()] == ["proved"] * 6
    assert list(ApplyRun.objects.values_list("pk", flat=True)) == sorted(
        ApplyRun.objects.values_list("pk", flat=True), reverse=True
    )


def test_an_apply_during_which_the_clock_is_set_back_takes_no_negative_time(ada: User) -> None:
    now = timezone.now()
    run = ApplyRun(by=ada, started_at=now, finished_at=now - HOUR)
    assert run.seconds == 0


def test_a_heartbeat_from_the_future_is_believed_again_after_the_next(tmp_path: Path, clock: list[timedelta]) -> None:
    path = tmp_path / "live.sqlite3"
    live.prepare(path)
    with live.opened(path) as db:
        live.beat(db, hears=True)
        clock[0] = -HOUR
        assert not live.is_fresh(db)
        live.beat(db, hears=True)
        assert live.is_fresh(db)


def test_waking_does_not_look_at_the_clock(tmp_path: Path, clock: list[timedelta]) -> None:
    path = tmp_path / "engine.sqlite3"
    with engine.opened(path) as db:
        waker = Waker(from_settings(), db)
        waker.ask({"1001": []})
        waker._since["1001"] = time.monotonic() - PATIENCE_SECONDS - 1
        clock[0] = -HOUR
        assert waker.step() == ["1001"]


def test_each_change_keeps_that_it_was_applied(asterisk: Embedded, ada: User, clock: list[timedelta]) -> None:
    make_extension("1100")
    clock[0] = -HOUR
    apply(["1100"], ada)
    assert not Change.objects.filter(applied_at=None).exists()
