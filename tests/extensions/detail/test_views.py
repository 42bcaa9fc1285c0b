"""What is done from the page of an extension: what is said of it, what is recorded, and where the PBX is away."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions import pbx
from extensions.detail.page import facts, mailbox_facts, offline_of
from extensions.fields import Owner
from extensions.models import Change, SipExtension
from extensions.pbx import Applied, Attempt, Ending, Line, LineState, Offline, PbxError, Phone, State
from tests.people import be_stale, make_extension, make_user


class Fake:
    """A PBX that does what it is asked, or is away."""

    def __init__(self, *, away: bool = False, live: bool = True, there: bool = True) -> None:
        self.away, self.live, self.there = away, live, there
        self.asked: list[tuple[Any, ...]] = []
        self.line: Line | None = None
        self.real = pbx.get()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def failed_since(self, *_: object) -> list[Attempt]:
        return []

    def state(self) -> State:
        return State(True, "Running")

    def lines(self, numbers: Iterable[str]) -> dict[str, Line]:
        return dict.fromkeys(numbers, self.line) if self.line else {}

    def when_called(self, number: str, named: Mapping[str, str]) -> list[str]:
        self._asked("called", number, dict(named))
        return [f"Phones of {number} ring."]

    def when_dialed(self, number: str, dialed: str) -> list[str]:
        self._asked("dialed", number, dialed)
        return [f"{dialed} is dialed."]

    def _asked(self, *what: Any) -> None:
        self.asked.append(what)
        if self.away:
            raise PbxError("The PBX is away.")

    def forget_attempts(self, accounts: Iterable[str]) -> None:
        self._asked("forget", *accounts)

    def release_outbound(self, number: str) -> None:
        self._asked("release", number)

    def remove_phone(self, number: str, phone: str) -> bool:
        self._asked("remove", number, phone)
        return self.there

    def apply(self, numbers: Iterable[str], _by: User | None) -> Applied:
        self._asked("apply", *numbers)
        return Applied(self.live, "Verified.")


@pytest.fixture
def own(ada: User, client: Client) -> SipExtension:
    extension = make_extension("1000", user=ada, registration_name="reg-1000")
    Change.objects.all().delete()
    client.force_login(ada)
    return extension


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(pbx, "get", lambda: made)
    return made


def said(client: Client, path: str, **fields: str) -> tuple[str, str]:
    """Level and words of the last message after it, which leads back to the page."""
    answer = client.post(f"/extensions/1000/{path}/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/extensions/1000/")
    return [("", ""), *((each.level_tag, str(each)) for each in get_messages(answer.wsgi_request))][-1]


def recorded() -> list[tuple[str, str, str]]:
    rows = AuditRecord.objects.filter(action__startswith="extension.").exclude(action="extension.added")
    return [*rows.order_by("pk").values_list("action", "number", "result")]


def test_refused_registrations_are_forgotten(own: SipExtension, client: Client, fake: Fake) -> None:
    assert said(client, "attempts/forget") == ("", "")
    assert fake.asked == [("forget", "1000", "reg-1000")]
    assert recorded() == [("extension.attempts_forgotten", "1000", "done")]
    fake.away = True
    assert said(client, "attempts/forget") == ("error", "The PBX is away.")
    assert len(recorded()) == 1


def test_calls_outside_are_allowed_again(own: SipExtension, client: Client, fake: Fake) -> None:
    assert said(client, "outbound/release") == ("success", "Extension 1000 can call outside again.")
    assert recorded() == [("extension.outbound_released", "1000", "done")]
    fake.away = True
    assert said(client, "outbound/release") == ("error", "The PBX is away.")
    assert len(recorded()) == 1


def test_a_phone_is_removed(own: SipExtension, client: Client, fake: Fake) -> None:
    gone = "Phone removed. It registers again unless you change its password or turn it off."
    assert said(client, "phones/remove", phone="x") == ("success", gone)
    assert (fake.asked, recorded()) == ([("remove", "1000", "x")], [("extension.phone_removed", "1000", "done")])
    fake.there = False
    assert said(client, "phones/remove", phone="x") == ("success", "That phone is no longer registered.")
    assert len(recorded()) == 1
    fake.away = True
    assert said(client, "phones/remove") == ("error", "The phone could not be removed. The PBX is away.")
    assert recorded()[1:] == [("extension.phone_removed", "1000", "failed")]


def test_a_new_registration_password_is_applied(own: SipExtension, client: Client, fake: Fake, hugo: User) -> None:
    next_step = "Reveal it below and enter it on each phone."
    passwords = {own.registration_password}
    for live, level, done in (
        (True, "success", "New registration password created. Phones with the old one were disconnected."),
        (False, "warning", "New registration password created."),
    ):
        fake.live = live
        assert said(client, "registration-password/new") == (level, f"{done} Verified. {next_step}")
        passwords.add(SipExtension.objects.get().registration_password)
    fake.away = True
    words = "The new password is saved but not applied. Phones keep the old one. The PBX is away."
    assert said(client, "registration-password/new") == ("error", words)
    passwords.add(SipExtension.objects.get().registration_password)
    assert len(passwords) == 4
    Change.objects.update(by=hugo)
    refused = said(client, "registration-password/new")
    assert refused[0] == "error"
    assert refused[1].startswith("Your extension has an unapplied change.")
    assert SipExtension.objects.get().registration_password in passwords
    assert len(fake.asked) == 3
    be_stale(client)
    assert client.post("/extensions/1000/registration-password/new/")["Location"].startswith("/sign-in/again/")


def test_who_may_do_none_of_it_is_refused(own: SipExtension, client: Client, fake: Fake, vic: User) -> None:
    make_extension("1001", user=vic)
    client.force_login(vic)
    phones = ("phones/remove", "registration-password/new", "registration-password", "phone-code")
    for path in ("attempts/forget", "outbound/release", *phones):
        assert client.post(f"/extensions/1000/{path}/").status_code == 404, path
    for path in ("attempts/forget", "outbound/release"):
        assert client.post(f"/extensions/1001/{path}/").status_code == 403, path
    Preferences.objects.update(self_service=[])
    assert client.post("/extensions/1001/registration-password/new/").status_code == 403
    assert (fake.asked, recorded()) == ([], [])


def test_phones_of_whoever_had_the_number_before_are_not_said_to_be_gone(db: None) -> None:
    at = timezone.now() - timedelta(hours=1)

    class Shown:
        number = "1000"
        offline: Offline | None = Offline(at, next(iter(Ending)))

    row: Any = Shown()
    assert offline_of(row) == row.offline
    Change.objects.create(number="1001", kind="added")
    Change.objects.create(number="1000", kind="changed")
    Change.objects.create(number="1000", kind="added", at=at - timedelta(minutes=1))
    assert offline_of(row) == row.offline
    Change.objects.create(number="1000", kind="added", at=at + timedelta(minutes=1))
    assert offline_of(row) is None
    row.offline = None
    assert offline_of(row) is None


def test_facts_are_those_that_there_are(db: None) -> None:
    user = make_user("Grace", job_title="Clerk")
    extension = make_extension("1000", user=user, location="Attic", max_phones=2)
    shown = {fact.label: fact.value for fact in facts(extension, Owner.EXTENSION)}
    assert (shown["Location"], shown["IP Phone Concurrent Registrations"]) == ("Attic", "2")
    assert "Job Title" not in shown
    assert [fact.value for fact in facts(user, Owner.PERSON) if fact.label == "Job Title"] == ["Clerk"]
    extension.location = ""
    assert "Location" not in {fact.label for fact in facts(extension, Owner.EXTENSION)}
    assert [fact.label for fact in mailbox_facts(extension)] == ["Voicemail"]
    extension.voicemail = True
    assert "After Notification" in {fact.label for fact in mailbox_facts(extension)}
    extension.voicemail_email = "none"
    assert "After Notification" not in {fact.label for fact in mailbox_facts(extension)}
    assert len(mailbox_facts(extension)) > 3


PHONE = Phone("1000;@a", True, "192.0.2.7:5060", "192.0.2.7", "Yealink T46", timezone.now())
GONE = "/extensions/1000/phones/remove/"


def test_a_phone_is_named_before_it_is_removed(own: SipExtension, client: Client, fake: Fake) -> None:
    other = replace(PHONE, id="1000;@b", address="192.0.2.8:5060", model="")
    fake.line = Line(LineState.IDLE, (PHONE, other))
    for phone, name in ((PHONE, "Yealink T46 at 192.0.2.7:5060"), (other, "The phone at 192.0.2.8:5060")):
        page = client.get(GONE, {"phone": phone.id})
        assert (page.status_code, page.context["title"], page.context["section"]) == (200, "Remove phone", "extension")
        assert (page.context["extension"].number, page.context["fields"]) == ("1000", {"phone": phone.id})
        text = page.content.decode()
        assert f"{name} is disconnected immediately. Calls no longer ring it." in text
        assert "It registers again by itself unless you change its password or turn it off." in text
        assert f'name="phone" value="{phone.id}"' in text
    assert (fake.asked, recorded()) == ([], [])


@pytest.mark.parametrize("line", [Line(LineState.IDLE, (PHONE,)), Line(LineState.OFFLINE), None])
def test_one_that_is_gone_meanwhile_is_said_to_be(
    own: SipExtension, client: Client, fake: Fake, line: Line | None
) -> None:
    fake.line = line
    answer = client.get(GONE, {"phone": "1000;@z"})
    assert answer["Location"] == "/extensions/1000/"
    (told,) = get_messages(answer.wsgi_request)
    assert (told.level_tag, str(told)) == ("info", "That phone is no longer registered.")


@pytest.mark.parametrize(
    ("typed", "asked", "said"),
    [
        ("(030) 12-34./5", "03012345", ["03012345 is dialed."]),
        ("*43#+", "*43#+", ["*43#+ is dialed."]),
        ("9" * 41, "9" * 40, ["9" * 40 + " is dialed."]),
        ("030 x", None, ["Enter what is dialed: digits, *, #, and +."]),
    ],
)
def test_what_becomes_of_a_number_that_is_typed_is_said(
    own: SipExtension, client: Client, fake: Fake, typed: str, asked: str | None, said: list[str]
) -> None:
    page = client.get("/extensions/1000/", {"dials": typed})
    assert (page.context["dials"], page.context["when_dialed"]) == (typed[:40], said)
    assert page.context["when_called"] == ["Phones of 1000 ring."]
    assert fake.asked == [("called", "1000", {})] + ([("dialed", "1000", asked)] if asked else [])
    assert said[0].replace("+", "&#x2B;") in page.content.decode().replace("+", "&#x2B;")


@pytest.mark.parametrize("query", ["", "?dials=", "?dials=%20-"])
def test_where_none_is_typed_nothing_is_said(own: SipExtension, client: Client, fake: Fake, query: str) -> None:
    page = client.get(f"/extensions/1000/{query}")
    assert "when_dialed" not in page.context
    assert [each[0] for each in fake.asked] == ["called"]


def test_a_pbx_that_is_away_is_said_in_the_place_of_its_word(own: SipExtension, client: Client, fake: Fake) -> None:
    fake.away = True
    page = client.get("/extensions/1000/?dials=030")
    assert (page.context["when_called"], page.context["when_dialed"]) == (["The PBX is away."], ["The PBX is away."])


def test_what_was_made_for_the_page_is_shown_once_and_on_no_other(
    own: SipExtension, client: Client, fake: Fake
) -> None:
    make_extension("1001")
    names = ("user_password", "voicemail_pin", "applied")
    for number, left in (("1000", ["secret", "271828", {"live": False, "words": "Waits."}]), ("1001", ["", "", None])):
        session = client.session
        session.update({"user_password": ["1000", "secret"], "voicemail_pin": ["1000", "271828"]})
        session["applied"] = ["1000", False, "Waits."]
        session.save()
        for expected in (left, ["", "", None]):
            page = client.get(f"/extensions/{number}/")
            assert [page.context[name] for name in names] == expected


def test_the_colleague_whose_phones_ring_is_shown(own: SipExtension, client: Client, fake: Fake) -> None:
    make_extension("1001", first_name="Grace", last_name="Hopper")
    assert client.get("/extensions/1000/").context["colleague"] is None
    SipExtension.objects.filter(pk=own.pk).update(
        enabled=False, left_on="2026-11-30", handed_to=SipExtension.objects.get(number="1001"), messages_then="copy"
    )
    page = client.get("/extensions/1000/")
    assert (page.context["colleague"].number, page.context["mailbox_then"]) == ("1001", "")
    assert fake.asked[-1] == ("called", "1000", {"1001": "Grace Hopper"})
    SipExtension.objects.filter(pk=own.pk).update(voicemail=True)
    assert client.get("/extensions/1000/").context["mailbox_then"] == "copy"


def test_settings_of_a_mailbox_lead_to_where_one_may_change_them(
    own: SipExtension, client: Client, fake: Fake, vic: User
) -> None:
    make_extension("1001", user=vic)
    page = client.get("/extensions/1001/")
    assert (page.context["can_edit"], page.context["folds_setup"]) == (True, False)
    assert page.context["change_mailbox_url"] == "/extensions/1001/edit/#voicemail"
    client.force_login(vic)
    page = client.get("/extensions/1001/")
    assert (page.context["can_edit"], page.context["second_factor"], page.context["section"]) == (False, "", "own")
    assert page.context["change_mailbox_url"] == "/extensions/1001/voicemail/settings/"
    Preferences.objects.update(self_service=[])
    page = client.get("/extensions/1001/")
    assert (page.context["change_mailbox_url"], page.context["may_renew"]) == ("", False)


def test_an_address_that_is_only_opened_leads_to_the_page_and_reveals_nothing(
    own: SipExtension, client: Client, fake: Fake
) -> None:
    for path in ("registration-password", "phone-code"):
        assert client.get(f"/extensions/1000/{path}/")["Location"] == "/extensions/1000/"
    assert recorded() == []
    page = client.post("/extensions/1000/registration-password/")
    assert page.context["password"] == own.registration_password
    part = client.post("/extensions/1000/registration-password/", headers={"HX-Request": "true"})
    assert next(each.name for each in part.templates) == "extensions/detail/_password.html"
    assert own.registration_password in part.content.decode()
    assert recorded() == [("extension.password_revealed", "1000", "done")] * 2
    whole = client.post("/extensions/1000/phone-code/?phone=wave")
    part = client.post("/extensions/1000/phone-code/?phone=wave", headers={"HX-Request": "true"})
    assert next(each.name for each in part.templates) == "extensions/phones/_phone_code.html"
    assert whole.context["qr"] == part.context["qr"]
    assert whole.templates[0].name == "extensions/detail/detail.html"
    assert len(recorded()) == 4
