"""Registrations that failed, counted as Asterisk's security events tell them."""

import math
from dataclasses import replace
from datetime import datetime

from asterisk.ami.protocol import Message
from asterisk.live.store import Attempt
from extensions.validators import is_extension_number

DISABLED = "registrar_attempt_without_configured_aors"  # its phones may call emergency numbers, and so sign in
# Asterisk's event, and for a FailedACL the list's name -> the cause of a failure.
CAUSES = {
    "ChallengeResponseFailed": "credentials",
    "InvalidPassword": "credentials",
    "InvalidAccountID": "account",
    "registrar_attempt_exceeds_maximum_configured_contacts": "limit",
    DISABLED: "account",
    "not_match_endpoint_acl": "network",
    "not_match_endpoint_contact_acl": "contact",
}
CHALLENGED_ALL_THE_SAME = ("account", "network", "contact")
EVENTS = ["FailedACL", *list(CAUSES)[:3]]
NOBODY = "<unknown>"  # as whom Asterisk challenges whoever it would not let in with any password
MOST_SESSIONS = 1_000
LONGEST = 80

Key = tuple[str, str, str]


def said_at(message: Message) -> float:
    """When Asterisk saw it, in seconds since 1970; infinite where it does not say."""
    try:
        return datetime.fromisoformat(message.get("EventTV", "")).timestamp()
    except ValueError:
        return math.inf


def attempt_of(message: Message, now: float) -> Attempt | None:
    """What a security event says of a registration that failed."""
    cause = CAUSES.get(message.get("ACLName") or message.get("Event", ""))
    account, remote = message.get("AccountID", ""), message.get("RemoteAddress", "").split("/")
    if message.get("Service") != "PJSIP" or not cause or account in ("", NOBODY) or len(remote) != 4:
        return None
    if (cause != "account" or message.get("ACLName") == DISABLED) and not is_extension_number(account):
        return None  # known by its digest, which is no way to register; who it said it is was counted before
    _, transport, host, port = remote
    at = min(now, said_at(message))
    return Attempt(account[:LONGEST], cause, host, f"{host}:{port}", transport, 1, at, at)


def session_of(message: Message) -> tuple[str, str]:
    """Call-ID and sender."""
    return message.get("SessionID", "")[:LONGEST], message.get("RemoteAddress", "")


class FailedRegistrations:
    """Counts each request once: with its answer to the challenge it is still one.

    Of an account that it does not know, or that is elsewhere than it may be, Asterisk says so of both requests, and
    after the second that nobody's answer was wrong.
    """

    def __init__(self) -> None:
        self._attempts: dict[Key, Attempt] = {}
        self._unanswered: dict[tuple[str, str], list[Attempt]] = {}

    def hear(self, message: Message, now: float) -> None:
        if message.get("Event") == "ChallengeResponseFailed" and message.get("AccountID") == NOBODY:
            self._answered(message)
        elif attempt := attempt_of(message, now):
            self._add(attempt, 1)
            if attempt.cause in CHALLENGED_ALL_THE_SAME:
                self._open(message, attempt)

    def add(self, attempt: Attempt) -> None:
        """One of which no event of CAUSES tells."""
        self._add(attempt, 1)

    def take(self) -> list[Attempt]:
        """Those since the last call. One that turned out to be an answer counts against what was taken before."""
        taken, self._attempts = self._attempts, {}
        return [each for each in taken.values() if each.times]

    def _add(self, attempt: Attempt, times: int) -> None:
        key = (attempt.account, attempt.cause, attempt.host)
        before = self._attempts.get(key)
        first = before.first_at if before else attempt.first_at
        self._attempts[key] = replace(attempt, times=(before.times if before else 0) + times, first_at=first)

    def _open(self, message: Message, attempt: Attempt) -> None:
        if len(self._unanswered) > MOST_SESSIONS:
            self._unanswered.clear()
        its = self._unanswered.setdefault(session_of(message), [])
        its[:] = [*its[-1:], attempt]

    def _answered(self, message: Message) -> None:
        """The latest request of the session is the answer to the one before, if there was one."""
        its = self._unanswered.pop(session_of(message), [])
        if len(its) > 1:
            self._add(its[-1], -1)
