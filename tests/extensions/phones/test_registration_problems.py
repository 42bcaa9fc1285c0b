"""Why a phone does not register, or its call is refused, and what to do about it: one sentence for each cause."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from extensions import pbx
from extensions.models import Change, SipExtension
from extensions.pbx import Attempt, Cause, Phone
from extensions.phones import registration_problems
from extensions.phones.registration_problems import Trouble
from tests.people import make_extension

pytestmark = pytest.mark.django_db
HOST = "192.0.2.7"
NOW = "The phone can register now. It registers when it tries again."


@dataclass
class Told:
    """What a PBX says of phones that failed."""

    tried: list[Attempt]
    kept_out: set[str] = field(default_factory=set)

    def attempts(self, accounts: list[str]) -> list[Attempt]:
        return [each for each in self.tried if each.account in accounts]

    def blocked(self, _number: str, hosts: set[str]) -> set[str]:
        return hosts & self.kept_out


def trouble(
    monkeypatch: pytest.MonkeyPatch,
    extension: SipExtension,
    cause: Cause,
    *phones: Phone,
    account: str = "",
    transport: str = "UDP",
    **more: Any,
) -> Trouble:
    now = timezone.now()
    tried = Attempt(account or extension.number, cause, HOST, transport, 1, now, now)
    monkeypatch.setattr(pbx, "get", lambda: Told([tried], more.get("kept_out", set())))
    (found,) = registration_problems.of(extension, phones, may_manage=more.get("may_manage", True))
    return found


def phone(at: int, **more: Any) -> Phone:
    return Phone(f"{at}", True, f"{HOST}:{at}", more.pop("host", "192.0.2.9"), more.pop("model", ""), timezone.now())


@pytest.mark.parametrize(("transport", "is_plain"), [("udp", True), ("tcp", True), ("tls", False)])
def test_what_phones_say_can_be_read_except_over_tls(transport: str, is_plain: bool) -> None:
    assert replace(phone(5060), transport=transport).is_plain == is_plain


@pytest.mark.parametrize(
    ("encryption", "heading", "advice", "do"),
    [
        (
            "required",
            "A call was refused because the phone did not encrypt it",
            "Turn on SRTP (SDES) on the phone, or change Media Encryption of this extension.",
            "edit",
        ),
        (
            "off",
            "A call was refused because the phone insisted on encryption",
            "Turn off SRTP on the phone, or change Media Encryption of this extension.",
            "edit",
        ),
        (
            "offered",
            "A call was refused because the phone and the PBX agreed on no sound",
            "Turn on one of these codecs on the phone: PCMU, PCMA, G.722, or Opus. Use SDES for SRTP, not DTLS.",
            "",
        ),
    ],
)
def test_a_call_without_sound(
    monkeypatch: pytest.MonkeyPatch, encryption: str, heading: str, advice: str, do: str
) -> None:
    found = trouble(monkeypatch, make_extension("1000", media_encryption=encryption), Cause.SOUND)
    assert (found.heading, found.advice, found.do) == (heading, advice, do)


def test_a_registration_since_solves_a_failed_one_but_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension("1000")
    there = phone(5060, host=HOST)
    for cause, is_solved in ((Cause.CREDENTIALS, True), (Cause.SOUND, False)):
        now = timezone.now() - timedelta(minutes=1)
        monkeypatch.setattr(
            pbx, "get", lambda cause=cause, now=now: Told([Attempt("1000", cause, HOST, "UDP", 1, now, now)])
        )
        (found,) = registration_problems.of(extension, [there], may_manage=True)
        assert found.solved == is_solved


def test_the_wrong_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    found = trouble(monkeypatch, make_extension("1000", transport="tls"), Cause.TRANSPORT)
    assert (found.heading, found.do) == ("The phone connected over UDP", "edit")
    assert found.advice == "Set its transport to TLS, or change Transport of this extension."
    since = trouble(monkeypatch, make_extension("1001", transport="udp"), Cause.TRANSPORT)
    assert since.heading == "The phone connected over UDP"
    assert "Set its transport" not in since.advice


def test_one_phone_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    one, three = make_extension("1000", max_phones=1), make_extension("1001", max_phones=3)
    found = trouble(monkeypatch, one, Cause.LIMIT, phone(5060, model="Snom"))
    assert found.heading == "1 phone already registered, the maximum allowed"
    assert found.advice == f"Registered: Snom at {HOST}:5060. Remove one above, or allow more phones."
    assert found.do == "edit"
    found = trouble(monkeypatch, three, Cause.LIMIT, *map(phone, (5060, 5061, 5062)))
    assert found.heading == "3 phones already registered, the maximum allowed"
    assert found.advice.startswith(f"Registered: a phone at {HOST}:5060; a phone at {HOST}:5061; ")
    assert found.advice.endswith(". Remove one above.")
    assert found.do == ""
    found = trouble(monkeypatch, three, Cause.LIMIT, *map(phone, (5060, 5061)))
    assert found.advice == "The phone can register now. It registers when it tries again."


def test_a_phone_that_is_kept_out_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = make_extension("1000", allowed_networks="192.0.2.0/24")
    outside = make_extension("1001", allowed_networks="10.0.0.0/8")
    unblock = f"The PBX refuses {HOST} after too many failed attempts. Unblock it in Blocked Addresses."
    found = trouble(monkeypatch, inside, Cause.NETWORK, kept_out={HOST})
    assert (found.heading, found.advice) == ("Blocked after too many failed attempts", unblock)
    found = trouble(monkeypatch, outside, Cause.NETWORK, kept_out={HOST})
    assert found.heading == "Outside the allowed networks"
    assert found.advice.endswith(f"add it to Allowed Networks. {unblock}")


def test_who_may_not_manage_it_is_sent_to_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    found = trouble(monkeypatch, make_extension("1000", allowed_networks="10.0.0.0/8"), Cause.NETWORK, may_manage=False)
    assert found.do == ""
    assert found.advice.endswith("Ask an administrator to do it.")


def test_the_registration_name_in_the_place_of_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension("1000")
    found = trouble(monkeypatch, extension, Cause.ACCOUNT, account=extension.registration_name)
    assert found.heading == "The registration name was entered as the user name"
    assert found.advice == (
        f"On the phone, the user name is 1000. The authentication name is {extension.registration_name}."
    )


@pytest.mark.parametrize(
    ("more", "cause", "heading", "advice", "do"),
    [
        (
            {},
            Cause.CREDENTIALS,
            "Wrong registration password or authentication name",
            "The authentication name is reg-1000. Enter it and the registration password on the phone again. Reveal"
            " shows the password.",
            "",
        ),
        (
            {},
            Cause.CONTACT,
            "The phone gave a wrong contact address",
            "The phone must use its own address as its contact. In its network settings, turn off any fixed or"
            " additional address, and STUN.",
            "",
        ),
        (
            {"allowed_networks": "10.0.0.0/8"},
            Cause.NETWORK,
            "Outside the allowed networks",
            f"Phones may register from 10.0.0.0/8. If {HOST} is right, add it to Allowed Networks.",
            "edit",
        ),
        ({}, Cause.NETWORK, "Outside the allowed networks", NOW, ""),
        ({"transport": "any"}, Cause.TRANSPORT, "The phone connected over UDP", NOW, ""),
        ({"transport": "udp"}, Cause.TRANSPORT, "The phone connected over UDP", NOW, ""),
        ({}, Cause.ACCOUNT, "The PBX did not recognize 1000", NOW, ""),
        (
            {"enabled": False},
            Cause.ACCOUNT,
            "The PBX did not recognize 1000",
            "The extension is disabled. Enable it.",
            "enable",
        ),
        (
            {"enabled": False, "left_on": date(2026, 1, 1)},
            Cause.ACCOUNT,
            "The PBX did not recognize 1000",
            "This extension is offboarded. Set the phone up for another extension.",
            "",
        ),
    ],
)
def test_each_cause_has_its_words(
    monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], cause: Cause, heading: str, advice: str, do: str
) -> None:
    extension = make_extension("1000", registration_name="reg-1000", **more)
    Change.objects.all().delete()
    found = trouble(monkeypatch, extension, cause)
    assert (found.heading, found.advice, found.do, found.solved) == (heading, advice, do, False)


def test_what_waits_to_be_applied_keeps_a_phone_out(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension("1000")
    for cause in (Cause.NETWORK, Cause.ACCOUNT):
        found = trouble(monkeypatch, extension, cause)
        assert (found.advice, found.do) == ("The extension has an unapplied change. Apply it.", "review")


def test_the_last_seven_days_are_shown_the_latest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension("1000")
    now = timezone.now()
    tried = [
        Attempt(account, Cause.CREDENTIALS, host, "UDP", 1, now - ago, now - ago)
        for account, host, ago in (
            ("1000", HOST, timedelta(minutes=1)),
            (extension.registration_name, "192.0.2.8", timedelta(days=6, hours=23)),
            ("1000", "192.0.2.9", timedelta(days=7, minutes=1)),
            ("1001", "192.0.2.10", timedelta(minutes=1)),
        )
    ]
    monkeypatch.setattr(pbx, "get", lambda: Told(tried, {"192.0.2.8", "192.0.2.9"}))
    found = registration_problems.of(extension, [], may_manage=True)
    assert [each.attempt for each in found] == tried[:2]
    assert ["Unblock it" in each.advice for each in found] == [False, True]


def test_what_a_solved_one_wanted_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension("1000", allowed_networks="10.0.0.0/8")
    now = timezone.now() - timedelta(minutes=1)
    monkeypatch.setattr(pbx, "get", lambda: Told([Attempt("1000", Cause.NETWORK, HOST, "UDP", 1, now, now)]))
    (found,) = registration_problems.of(extension, [phone(5060, host=HOST)], may_manage=True)
    assert (found.solved, found.do) == (True, "")
    (found,) = registration_problems.of(extension, [phone(5060, host="192.0.2.1")], may_manage=True)
    assert (found.solved, found.do) == (False, "edit")
