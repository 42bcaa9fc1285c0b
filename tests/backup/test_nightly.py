"""`run` has a backup made every night, once, and again where it failed."""

from datetime import UTC, datetime

import pytest

from pbxportal.management.commands import run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(run, "start", lambda *command: found.append(command))
    return found


def at(monkeypatch: pytest.MonkeyPatch, day: int, hour: int, minute: int = 0) -> None:
    monkeypatch.setattr(run, "localtime", lambda: datetime(2026, 11, day, hour, minute, tzinfo=UTC))


def test_it_is_asked_for_each_hour_from_two_on(started: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    backups = run.Backups()
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
    run.Backups()()
    assert started == [("backup", "--nightly")]
