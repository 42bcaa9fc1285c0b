"""Business hours when a year has turned. With the real PBX: tests/pbx/test_hours.py."""

import sqlite3
from typing import Any

import pytest
from django.db import connections

from asterisk.apply import lines
from asterisk.apply.year import TurnOfYear
from asterisk.engine import store as engine
from asterisk.nodes import from_settings
from tests.asterisk.manager import Manager

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test goes on with the connection that the thread would close."""
    monkeypatch.setattr(connections, "close_all", lambda: None)


def test_they_are_put_once_a_year(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[object] = []
    really = lines.put_into

    def noted(db: sqlite3.Connection, *more: Any) -> None:
        put.append(more)
        really(db, *more)

    monkeypatch.setattr(lines, "put_into", noted)
    turning = TurnOfYear(from_settings())
    year = lines.this_year()
    for at, times in ((year, 1), (year, 1), (year + 1, 2), (year + 1, 2)):
        monkeypatch.setattr(lines, "this_year", lambda at=at: at)
        turning.look()
        assert len(put) == times, at
        with engine.opened(manager.engine_file) as db:
            assert lines.hours_are_current(db)


def test_what_fails_is_logged_and_tried_later(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    whole = manager.engine_file.read_bytes()
    manager.engine_file.write_bytes(b"no table" * 99)
    turning = TurnOfYear(from_settings())
    turning.look()
    assert "Could not put the business hours of this year: The PBX's table" in caplog.text
    manager.engine_file.write_bytes(whole)
    turning.look()
    with engine.opened(manager.engine_file) as db:
        assert lines.are_current(db)
