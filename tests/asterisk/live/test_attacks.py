"""Who is over the limit, by what Asterisk says; the clock is the test's own."""

from collections import OrderedDict
from collections.abc import Sized
from datetime import UTC, datetime

import pytest

from asterisk.ami.protocol import Message
from asterisk.live import attacks, block_files, blocks
from asterisk.live.attacks import ANSWER_SECONDS, Attack, Attackers, Limits, network_of

HOST = "192.0.2.7"


class Heard:
    def __init__(self, tries: int = 10, seconds: float = 300) -> None:
        self.now = 1000.0
        self.attackers = Attackers(Limits(tries, seconds), lambda: self.now)
        self.sessions = 0

    def say(self, event: str, account: str, session: str, host: str = HOST, **more: str) -> None:
        family = "IPV6" if ":" in host else "IPV4"
        remote = f"{family}/UDP/{host}/5060"
        message: Message = {"Service": "PJSIP", "Event": event, "AccountID": account, "SessionID": session}
        self.attackers.hear({**message, "RemoteAddress": remote, **more})

    def session(self) -> str:
        self.sessions += 1
        return f"s{self.sessions}"

    def wrong(self, account: str = "1000", host: str = HOST) -> None:
        session = self.session()
        self.say("ChallengeSent", account, session, host)
        self.say("ChallengeResponseFailed", account, session, host)

    def right(self, account: str = "1000", host: str = HOST) -> None:
        session = self.session()
        self.say("ChallengeSent", account, session, host)
        self.say("SuccessfulAuth", account, session, host)

    def asked(self, account: str, host: str = HOST, *, known: bool = True) -> None:
        """Without an answer to the challenge."""
        session = self.session()
        if not known:
            self.say("InvalidAccountID", account, session, host)
        self.say("ChallengeSent", account if known else "<unknown>", session, host)

    def due(self) -> list[tuple[str, str]]:
        return sorted((each.network, each.number) for each in self.attackers.due())


def test_the_tenth_wrong_answer_is_one_too_many_for_the_address_and_the_extension() -> None:
    heard = Heard()
    for _ in range(9):
        heard.wrong()
        assert heard.due() == []
    heard.wrong()
    assert heard.due() == [(HOST, ""), (HOST, "1000")]
    assert heard.due() == []


def test_guesses_at_several_extensions_are_the_addresss() -> None:
    heard = Heard()
    for number in range(1000, 1010):
        heard.wrong(str(number))
    accounts = tuple(str(number) for number in range(1000, 1010))
    assert heard.attackers.due() == [Attack(HOST, "", False, 10, accounts)]


@pytest.mark.parametrize(("before", "limit", "more"), [(6, 5, 1), (9, 12, 3)])
def test_another_limit_holds_for_what_was_tried_before(before: int, limit: int, more: int) -> None:
    heard = Heard()
    for _ in range(before):
        heard.wrong()
    heard.attackers.limits = Limits(limit, 300)
    for _ in range(more - 1):
        heard.wrong()
    assert heard.due() == []
    heard.wrong()
    assert heard.due() == [(HOST, ""), (HOST, "1000")]


def test_what_was_heard_of_last_is_kept_longest() -> None:
    kept: OrderedDict[str, int] = OrderedDict()
    for name in ("a", "b", "a", "c"):
        attacks.put(kept, name, 1, 2)
    assert list(kept) == ["a", "c"]


def test_tries_that_are_further_apart_than_the_limit_do_not_add_up() -> None:
    heard = Heard(tries=3, seconds=60)
    for _ in range(10):
        heard.now += 31
        heard.wrong()
    assert heard.due() == []
    heard.wrong()
    assert heard.due() == [(HOST, ""), (HOST, "1000")]


def test_a_phone_with_the_right_password_is_never_counted() -> None:
    heard = Heard(tries=3)
    for number in range(1000, 1300):
        heard.right(str(number))
    at_once = [heard.session() for _ in range(attacks.MOST_UNANSWERED)]
    for event in ("ChallengeSent", "SuccessfulAuth"):
        for session in at_once:
            heard.say(event, "1000", session)
    heard.now += 10 * ANSWER_SECONDS
    assert heard.due() == []
    assert heard.attackers.has_signed_in(HOST, "1100", 60)
    assert heard.attackers.has_signed_in(HOST, "", 60)
    assert not heard.attackers.has_signed_in(HOST, "1400", 60)
    assert not heard.attackers.has_signed_in("192.0.2.8", "", 60)


def test_the_phones_of_an_office_may_all_start_at_once() -> None:
    heard = Heard()
    sessions = {str(number): heard.session() for number in range(1000, 1000 + attacks.MOST_AT_ONCE)}
    for number, session in sessions.items():
        heard.say("ChallengeSent", number, session)
    heard.now += ANSWER_SECONDS / 2
    assert heard.due() == []
    for number, session in sessions.items():
        heard.say("SuccessfulAuth", number, session)
    heard.now += 2 * ANSWER_SECONDS
    assert heard.due() == []


@pytest.mark.parametrize("at_once", [True, False])
def test_who_gives_no_answer_is_stopped_after_as_many_whether_there_is_such_an_extension_or_not(at_once: bool) -> None:
    stopped_after = []
    for known in (True, False):
        heard = Heard()
        for count in range(1, 100):
            heard.asked("1000", known=known)
            heard.now += 0 if at_once else 2 * ANSWER_SECONDS
            if (HOST, "") in heard.due():
                stopped_after.append(count)
                break
    assert stopped_after == ([12, 12] if at_once else [10, 10])


@pytest.mark.parametrize("known", [True, False])
def test_who_asks_for_many_extensions_at_once_is_stopped_at_once(known: bool) -> None:
    heard = Heard()
    for count in range(1, 1000):
        heard.asked(str(10_000 + count), known=known)
        if heard.due():
            break
    assert count == attacks.MOST_AT_ONCE + 10


def test_unanswered_and_wrong_ones_add_up() -> None:
    heard = Heard()
    for number in range(5):
        heard.asked(str(1000 + number), known=bool(number % 2))
        heard.wrong(str(2000 + number))
    assert heard.due() == []
    heard.now += 2 * ANSWER_SECONDS
    assert heard.due() == [(HOST, "")]


def test_an_attackers_program_is_due_at_once() -> None:
    heard = Heard()
    heard.say("FailedACL", attacks.SCANNER, "s", ACLName="not_match_endpoint_acl")
    assert heard.attackers.due() == [Attack(HOST, "", True, 1, ())]
    heard.say("FailedACL", "1000", "s", ACLName="registrar_attempt_without_configured_aors")
    heard.say("InvalidAccountID", attacks.SCANNER, "t")
    assert heard.due() == []


def test_others_are_not_concerned() -> None:
    heard = Heard()
    for each in range(300):
        heard.wrong(host=f"198.51.100.{each % 100}" if each % 3 else f"203.0.113.{each % 100}")
    assert heard.due() == []


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("phone.example.com", ""),
        ("", ""),
    ],
)
def test_what_is_blocked_of_an_address(host: str, network: str) -> None:
    assert network_of(host) == network


def test_addresses_of_one_64_are_one_attacker() -> None:
    heard = Heard()
    for each in range(10):
        heard.wrong(host=f"2001:db8:1:2::{each:x}")
    assert ("2001:db8:1:2::/64", "") in heard.due()


def test_what_is_kept_of_strangers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacks, "MOST_KEPT", 50)
    heard = Heard()
    for each in range(1000):
        host = f"198.51.{each // 250}.{each % 250}"
        heard.asked(str(10_000 + each), host, known=bool(each % 2))
        heard.wrong(str(10_000 + each), host)
    mine = heard.attackers
    kept: tuple[Sized, ...] = (
        mine._unanswered,
        mine._named,
        mine._tries,
        mine._accounts,
        mine._signed_in,
    )
    assert max(len(each) for each in kept) <= 1 + attacks.MOST_KEPT
    assert len(mine._waiting) <= 2 * (1 + attacks.MOST_KEPT)


def test_each_network_spares_its_addresses_and_none_of_the_other_family() -> None:
    never = "10.0.0.0/8, 2001:db8::/32, 192.0.2.1"
    for network in ("10.9.9.9", "2001:db8:1:2::/64", "192.0.2.1"):
        assert blocks.is_in(network, never)
    for network in ("192.0.2.2", "2001:db9:1:2::/64", "::/64"):
        assert not blocks.is_in(network, never)
    assert not blocks.is_in("10.9.9.9", "")


def test_a_list_cannot_become_anything_else_in_the_file() -> None:
    text = block_files.scanners(["a.b*c(1)", "x\nendpoint=1000", "; no", "[x]", "a|b", "ok"], ["+972", "^.*"])
    assert text == (
        "[scanner-agents]\ntype=identify\nendpoint=~scanner\n"
        "match_header=User-Agent: /[Aa][.][Bb][*][Cc][(][1][)]|[Oo][Kk]/\n"
        "[scanner-dialled]\ntype=identify\nendpoint=~scanner\nmatch_request_uri=/^sips?:([+][9][7][2])/\n"
    )
    assert block_files.scanners([], []) == ""
    assert block_files.blocked([]) == ""
    assert block_files.blocked(["b", "a", "a"]) == "[blocked]\ntype=acl\ndeny=a\ndeny=b\n"


def test_what_was_tried_before_an_address_was_let_in_again_is_not_counted() -> None:
    heard = Heard()
    before, after = "2026-11-29T17:30:10.379+0000", "2026-11-29T17:30:10.381+0000"
    for _ in range(9):
        heard.wrong()
    heard.asked("1000")
    heard.attackers.let_in(HOST, datetime(2026, 11, 29, 17, 30, 10, 380_000, UTC).timestamp())
    for _ in range(20):
        heard.say("ChallengeResponseFailed", "1000", heard.session(), EventTV=before)
    heard.now += 2 * ANSWER_SECONDS
    assert heard.due() == []
    for _ in range(9):
        heard.say("ChallengeResponseFailed", "1000", heard.session(), EventTV=after)
    assert heard.due() == []
    heard.say("ChallengeResponseFailed", "1000", heard.session(), EventTV=after)
    assert heard.due() == [(HOST, ""), (HOST, "1000")]
