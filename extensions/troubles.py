"""Why a phone does not register: what the PBX refused lately, in words, with what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from extensions import pbx
from extensions.models import Change, SipExtension
from extensions.pbx import Attempt, Cause, Phone

SHOWN_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Trouble:
    """`do`: what the person may press for it; "": nothing here. `solved`: a phone there has registered since."""

    attempt: Attempt
    heading: str
    advice: str
    do: str = ""
    solved: bool = False


def accounts(extension: SipExtension) -> list[str]:
    """Its number, and the name that is often typed in the number's place."""
    return [extension.number, extension.registration_name]


def of(extension: SipExtension, phones: Iterable[Phone], *, may_manage: bool) -> list[Trouble]:
    """The latest first. Raises PbxError."""
    since = timezone.now() - SHOWN_FOR
    attempts = [each for each in pbx.get().attempts(accounts(extension)) if each.last_at > since]
    registered = list(phones)
    return [_trouble(attempt, extension, registered, may_manage) for attempt in attempts]


def _trouble(attempt: Attempt, extension: SipExtension, phones: list[Phone], may_manage: bool) -> Trouble:
    heading, advice, do = _words(attempt, extension, phones)
    solved = any(
        phone.address.rpartition(":")[0].strip("[]") == attempt.host and phone.since >= attempt.last_at
        for phone in phones
    )
    if do and not may_manage:
        advice, do = f"{advice} Ask an administrator to do it.", ""
    return Trouble(attempt, heading, advice, "" if solved else do, solved)


def _words(attempt: Attempt, extension: SipExtension, phones: list[Phone]) -> tuple[str, str, str]:
    number, name = extension.number, extension.registration_name
    if attempt.cause == Cause.CREDENTIALS:
        return (
            "Wrong registration password or authentication name",
            f"The authentication name is {name}. Type it and the registration password into the phone again: Reveal"
            " shows the password.",
            "",
        )
    if attempt.cause == Cause.NETWORK:
        return (
            "Outside the allowed networks",
            f"Phones may register from {extension.allowed_networks or 'anywhere now'}."
            f" If {attempt.host} is right, add it to Allowed Networks.",
            "edit",
        )
    if attempt.cause == Cause.LIMIT:
        return _limit(extension, phones)
    if attempt.account == name:
        return (
            "The registration name was given as the user name",
            f"In the phone, the user name is {number}; {name} is the authentication name.",
            "",
        )
    return _unknown(extension)


def _limit(extension: SipExtension, phones: list[Phone]) -> tuple[str, str, str]:
    those = "; ".join(f"{phone.model or 'a phone'} at {phone.address}" for phone in phones) or "none now"
    more = ", or allow more:" if extension.max_phones < max(SipExtension.MAX_PHONES) else ""
    return (
        f"{extension.max_phones} phone{'s' if extension.max_phones > 1 else ''} registered already, as many as allowed",
        f"Registered: {those}. Remove one above" + (more or "."),
        "edit" if more else "",
    )


def _unknown(extension: SipExtension) -> tuple[str, str, str]:
    heading = f"The PBX did not know {extension.number}"
    if extension.left_on:
        return heading, "Its person has left: phones are to be set up anew for somebody else.", ""
    if not extension.enabled:
        return heading, "The extension is disabled: enable it.", "enable"
    if Change.objects.waiting().of([extension.number]).exists():
        return heading, "What was saved waits to be applied: apply it.", "review"
    return heading, "It has it now: the phone registers when it tries again.", ""
