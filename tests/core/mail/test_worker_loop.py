"""The loop around the worker's rounds: one at a time, told to stop, and while the database fails."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.db.backends.signals import connection_created
from pytest_django.fixtures import Settings

from accounts.models import User
from core import file_lock
from core.mail import worker
from core.mail.models import Email
from core.mail.worker import Postman
from tests.core.mail.test_worker import now, post

State = Email.State


def test_the_worker_ends_its_e_mail_when_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def work(stopped: Callable[[], bool]) -> None:
        for told in (signal.SIGTERM, signal.SIGINT):
            assert signal.getsignal(told) not in (signal.SIG_DFL, before[told])
        seen.append(stopped())
        signal.raise_signal(signal.SIGTERM)
        seen.append(stopped())

    monkeypatch.setattr(worker, "work", work)
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("deliver")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert seen == [False, True]


def test_one_worker_at_a_time(tmp_path: Path) -> None:
    answers = iter([False, True])
    with worker.only_one(tmp_path / "lock", lambda: False) as first:
        assert first
        with worker.only_one(tmp_path / "lock", lambda: next(answers)) as second:
            assert not second


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the worker gave its connection back, and how long it paused: neither is done."""
    found: list[str] = []
    monkeypatch.setattr(worker, "connection", SimpleNamespace(close=lambda: found.append("closed")))
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: found.append(f"pause {seconds}"))
    monkeypatch.setattr(worker, "time", clock)  # the worker's alone: other threads sleep, too
    return found


def test_a_database_that_fails_is_asked_again_after_a_pause(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    settings.VAR = tmp_path
    rounds: list[bool | Exception] = [DatabaseError("locked"), True, False, True]

    def one(_postman: Postman) -> bool:
        with pytest.raises(file_lock.LockedError):
            file_lock.try_acquire(tmp_path / "deliver.lock")
        found = rounds.pop(0)
        closed.append("round")
        if isinstance(found, Exception):
            raise found
        return found

    def reaped() -> bool:
        closed.append("reaped")
        return True

    monkeypatch.setattr(Postman, "round", one)
    monkeypatch.setattr(Postman, "leave", lambda _postman: closed.append("left"))
    monkeypatch.setattr(worker, "reap", reaped)
    try:
        worker.work(lambda: not rounds)
    finally:
        connection_created.disconnect(worker.write_through)
    pause = f"pause {worker.POLL_SECONDS}"
    assert closed == [
        "closed", "reaped", "round", "closed", pause, "reaped", "round", "round", pause, "round", "left",
    ]  # fmt: skip
    assert [each.getMessage() for each in caplog.records] == ["The outbox could not be read or written"]
    del closed[:]
    with file_lock.try_acquire(tmp_path / "deliver.lock"):
        answers = iter([False, True])
        worker.work(lambda: next(answers))
    assert closed == [pause]


@pytest.mark.parametrize("failures", [0, 2, 3])
def test_what_the_server_answered_is_written_once_the_database_can_be(
    ada: User, monkeypatch: pytest.MonkeyPatch, closed: list[str], failures: int
) -> None:
    monkeypatch.setattr(worker, "SETTLING_TRIES", 3)
    email, left = post(ada), [failures]
    on_its_way = worker._on_its_way

    def fails_at_first(one: Email) -> Any:
        if left[0]:
            left[0] -= 1
            raise DatabaseError("locked")
        return on_its_way(one)

    monkeypatch.setattr(worker, "_on_its_way", fails_at_first)
    if failures == 3:
        with pytest.raises(DatabaseError):
            worker.settle(email, State.TAKEN, "250 OK")
    else:
        worker.settle(email, State.TAKEN, "x" * 501)
        assert (now(email).state, len(email.answer), email.tries) == (State.TAKEN, 500, 1)
        assert email.settled_at
    assert closed == ["closed", f"pause {worker.POLL_SECONDS}"] * min(failures, 2)
