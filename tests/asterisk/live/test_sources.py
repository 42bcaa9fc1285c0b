"""Which contacts are where no phone of their number has signed in from."""

import pytest

from asterisk.live.sources import KEPT_SECONDS, MOST_HOSTS, PATIENCE_SECONDS, Sources
from asterisk.live.store import Contact


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sources(clock: Clock) -> Sources:
    return Sources(clock)


def contact(address: str, number: str = "1001") -> Contact:
    return Contact(f"{number};@{address}", number, address, "", "Reachable", 0, 0)


@pytest.mark.parametrize(
    ("signed_in", "address"),
    [
        ("192.0.2.7", "192.0.2.7:5060"),
        ("2001:db8::1", "[2001:DB8:0::1]:5060"),
        ("::ffff:192.0.2.7", "192.0.2.7:5070"),
        ("fe80::1%eth0", "[fe80::1]:5060"),
        ("fe80::1", "[fe80::1%25eth0]:5060"),
    ],
)
def test_where_one_signs_in_one_may_register(sources: Sources, signed_in: str, address: str) -> None:
    sources.note("1001", signed_in)
    assert sources.foreign([contact(address)]) == []
    assert sources.foreign([contact(address, "1002")]) == [contact(address, "1002")]


@pytest.mark.parametrize(
    "address", ["127.0.0.1:22", "[::1]:5060", "192.0.2.8:5060", "db.internal:5432", "", "localhost"]
)
def test_any_other_host_is_foreign(sources: Sources, address: str) -> None:
    sources.note("1001", "192.0.2.7")
    assert sources.foreign([contact(address)]) == [contact(address)]


def test_one_is_taken_away_when_it_stays_foreign(sources: Sources, clock: Clock) -> None:
    one = contact("192.0.2.8:5060")
    assert sources.judge([one], []) == ([one], [])
    clock.now += PATIENCE_SECONDS
    assert sources.judge([one], []) == ([], [one])


def test_a_sign_in_that_is_heard_late_clears_it(sources: Sources, clock: Clock) -> None:
    one = contact("192.0.2.8:5060")
    sources.judge([one], [])
    sources.judge([], [one])
    clock.now += PATIENCE_SECONDS
    assert sources.judge([one], []) == ([one], [])


def test_what_was_there_before_is_trusted(sources: Sources) -> None:
    sources.trust([contact("192.0.2.8:5060")])
    assert sources.foreign([contact("192.0.2.8:5061")]) == []


def test_a_sign_in_holds_as_long_as_a_registration_can_and_what_is_kept_is_bounded(
    sources: Sources, clock: Clock
) -> None:
    sources.note("1001", "192.0.2.7")
    clock.now += KEPT_SECONDS + 1
    sources.note("1001", "192.0.2.8")
    assert sources.foreign([contact("192.0.2.7:1")]) == [contact("192.0.2.7:1")]
    for each in range(300):
        sources.note("1001", f"198.51.100.{each % 256}" if each < 256 else f"203.0.113.{each - 256}")
    assert len(sources._signed_in["1001"]) <= MOST_HOSTS
