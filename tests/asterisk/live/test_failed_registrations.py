"""How many registrations failed, by what Asterisk says of them."""

import pytest

from asterisk.ami.protocol import Message
from asterisk.live.failed_registrations import MOST_SESSIONS, FailedRegistrations

UNKNOWN = {"Event": "InvalidAccountID", "AccountID": "4711"}
OUTSIDE = {"Event": "FailedACL", "AccountID": "1001", "ACLName": "not_match_endpoint_acl"}
TOO_MANY = OUTSIDE | {"ACLName": "registrar_attempt_exceeds_maximum_configured_contacts"}
WRONG = {"Event": "ChallengeResponseFailed", "AccountID": "1001"}
ANSWER = {"Event": "ChallengeResponseFailed", "AccountID": "<unknown>"}


def event(which: Message, session: str = "a", port: int = 5060) -> Message:
    return {"Service": "PJSIP", "SessionID": session, "RemoteAddress": f"IPV4/UDP/192.0.2.7/{port}", **which}


def counted(*events: Message) -> list[tuple[str, int]]:
    failed = FailedRegistrations()
    for at, each in enumerate(events):
        failed.hear(each, float(at))
    return [(attempt.cause, attempt.times) for attempt in failed.take()]


def test_a_request_and_its_answer_to_the_challenge_are_one() -> None:
    for which, cause in ((UNKNOWN, "account"), (OUTSIDE, "network")):
        assert counted(event(which), event(which), event(ANSWER)) == [(cause, 1)]
        assert counted(event(which), event(ANSWER)) == [(cause, 1)]
    assert counted(event(WRONG)) == [("credentials", 1)]


def test_every_request_counts_however_close_they_are() -> None:
    for which, cause in ((UNKNOWN, "account"), (OUTSIDE, "network"), (TOO_MANY, "limit"), (WRONG, "credentials")):
        assert counted(*[event(which)] * 300) == [(cause, 300)]
    pair = [event(UNKNOWN), event(UNKNOWN), event(ANSWER)]
    assert counted(*pair * 300) == [("account", 300)]


def test_sessions_that_cross_are_told_apart() -> None:
    one, other = event(UNKNOWN, "a"), event(OUTSIDE, "b")
    assert counted(one, other, one, other, event(ANSWER, "b"), event(ANSWER, "a")) == [("account", 1), ("network", 1)]


def test_nobody_takes_anothers_back() -> None:
    assert counted(event(UNKNOWN), event(UNKNOWN), event(ANSWER, port=5061)) == [("account", 2)]


def test_what_was_taken_before_is_counted_down() -> None:
    failed = FailedRegistrations()
    failed.hear(event(UNKNOWN), 1.0)
    (first,) = failed.take()
    failed.hear(event(UNKNOWN), 2.0)
    failed.hear(event(ANSWER), 2.0)
    assert (first.times, failed.take()) == (1, [])


def test_the_first_and_the_last_time_are_kept() -> None:
    failed = FailedRegistrations()
    for at in (3.0, 4.0, 9.0):
        failed.hear(event(WRONG), at)
    (attempt,) = failed.take()
    assert (attempt.times, attempt.first_at, attempt.last_at) == (3, 3.0, 9.0)


def test_what_is_kept_of_strangers_is_bounded() -> None:
    failed = FailedRegistrations()
    for each in range(3 * MOST_SESSIONS):
        failed.hear(event(UNKNOWN, f"{each}"), 1.0)
    assert len(failed._unanswered) <= MOST_SESSIONS + 1


def test_who_is_known_by_its_digest_was_counted_by_the_name_that_it_gave() -> None:
    for failure in (WRONG, OUTSIDE):
        by_digest = event(failure | {"AccountID": "kR7wQ2"})
        assert counted(event(UNKNOWN), by_digest) == [("account", 1)]
        assert counted(event(UNKNOWN), by_digest, event(ANSWER)) == [("account", 1)]


def test_an_attempt_was_when_asterisk_saw_it_however_late_it_is_heard() -> None:
    failed = FailedRegistrations()
    failed.hear(event(WRONG | {"EventTV": "1970-01-01T00:01:40.250+0000"}), 130.0)
    assert [(each.first_at, each.last_at) for each in failed.take()] == [(100.25, 100.25)]


DISABLED = OUTSIDE | {"ACLName": "registrar_attempt_without_configured_aors"}


@pytest.mark.parametrize(
    ("said", "count"),
    [
        (WRONG, [("credentials", 1)]),
        (WRONG | {"Event": "InvalidPassword"}, [("credentials", 1)]),
        (UNKNOWN | {"AccountID": "kR7wQ2"}, [("account", 1)]),
        (DISABLED, [("account", 1)]),
        (DISABLED | {"AccountID": "kR7wQ2"}, []),
        (OUTSIDE | {"ACLName": "not_match_endpoint_contact_acl"}, [("contact", 1)]),
        (OUTSIDE | {"ACLName": "another"}, []),
        (WRONG | {"Event": "SuccessfulAuth"}, []),
        (WRONG | {"Service": "AMI"}, []),
        (WRONG | {"RemoteAddress": "192.0.2.7"}, []),
        (UNKNOWN | {"AccountID": ""}, []),
        (ANSWER, []),
    ],
)
def test_what_is_said_of_a_registration_that_failed_is_its_cause(said: Message, count: list[tuple[str, int]]) -> None:
    assert counted(event(said)) == count


def test_an_attempt_is_never_in_the_future() -> None:
    failed = FailedRegistrations()
    failed.hear(event(WRONG | {"EventTV": "1970-01-01T00:03:00.000+0000"}), 130.0)
    (attempt,) = failed.take()
    assert (attempt.first_at, attempt.last_at) == (130.0, 130.0)
    assert (attempt.host, attempt.address, attempt.transport) == ("192.0.2.7", "192.0.2.7:5060", "UDP")
