"""A clock that somebody sets while everything runs."""

import time

import pytest

from core.clock import Jumps


def test_a_jump_is_told_for_a_while_with_how_far_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, since_boot, steady = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), 1000.0
    set_by = 0.0
    monkeypatch.setattr(time, "time", lambda: wall + set_by)
    monkeypatch.setattr(time, "clock_gettime", lambda _: since_boot)
    monkeypatch.setattr(time, "monotonic", lambda: steady)
    jumps = Jumps()
    assert jumps.recent() == 0
    set_by = 4.9
    assert jumps.recent() == 0
    set_by = 4.9 + 3600
    assert round(jumps.recent()) == 3600
    steady += 599
    assert round(jumps.recent()) == 3600
    steady += 1
    assert jumps.recent() == 0
    set_by = 0.0
    assert round(jumps.recent()) == -3605
