"""Disks that fill up: warned of in the header, and said to monitors."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from core import disk
from core.disk import LEFT, scarcest
from tests.pages import html_of
from tests.people import make_user

GB = 1_000_000_000


def disks(used: int, free: int) -> Callable[[Path], tuple[int, int, int]]:
    return lambda _: (used + free, used, free)


@pytest.fixture
def fills(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """All disks have so many bytes used and free."""

    def fill(used: int, free: int) -> None:
        monkeypatch.setattr(disk, "usage", disks(used, free))

    return fill


@pytest.mark.parametrize(
    ("used", "free", "low", "out"),
    [
        (89 * GB, 11 * GB, False, False),
        (90 * GB, 10 * GB, True, False),
        (GB, LEFT, True, False),
        (GB // 2, LEFT, False, False),
        (GB // 2, LEFT - 1, True, True),
        (GB, 0, True, True),
    ],
)
def test_ninety_percent_are_low_and_less_than_100_mb_are_as_good_as_none(
    fills: Callable[[int, int], None], used: int, free: int, low: bool, out: bool
) -> None:
    fills(used, free)
    found = scarcest()
    assert (found is not None, bool(found and found.is_out)) == (low, out)


def test_the_disk_with_the_least_left_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    space = {settings.ENGINE_FILE.parent: disks(99 * GB, GB), settings.VAR: disks(95 * GB, 5 * GB)}
    monkeypatch.setattr(disk, "usage", lambda path: space.get(path, disks(0, GB))(path))
    found = scarcest()
    assert found
    assert found.path == settings.ENGINE_FILE.parent


def test_a_place_that_is_not_made_yet_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Path) -> tuple[int, int, int]:
        raise FileNotFoundError

    monkeypatch.setattr(disk, "usage", missing)
    assert scarcest() is None


def test_a_monitor_is_told(client: Client, db: None, fills: Callable[[int, int], None]) -> None:
    fills(GB, 9 * GB)
    answer = client.get("/health/")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    fills(95 * GB, 5 * GB)
    answer = client.get("/health/")
    assert (answer.status_code, answer.content) == (200, b"disk 95% full, 5000 MB free\n")
    fills(95 * GB, LEFT - 1)
    answer = client.get("/health/")
    assert (answer.status_code, answer.content) == (503, b"disk 100% full, 99 MB free\n")


def test_the_header_tells_whoever_may_look_after_it(
    client: Client, ada: User, fills: Callable[[int, int], None]
) -> None:
    client.force_login(ada)
    fills(GB, 9 * GB)
    assert "Free up space" not in html_of(client, "/extensions/")
    fills(95 * GB, 5 * GB)
    page = html_of(client, "/extensions/")
    assert "Disk 95% full" in page
    assert "before phones can no longer register" in page
    fills(95 * GB, LEFT - 1)
    page = html_of(client, "/extensions/")
    assert "Disk full: 99 MB left" in page
    assert "phones may seem to register without being reachable" in page
    fills(95 * GB, 50_000_000)
    assert "Disk full: 50 MB left" in html_of(client, "/extensions/")
    client.force_login(make_user("Vic"))
    assert "Disk full" not in html_of(client, "/account/")
