"""What is done from the page of an extension: what is said of it, what is recorded, and where the PBX is away."""

from collections.abc import Iterable
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
from extensions.pbx import Applied, Ending, Offline, PbxError, State
from tests.people import be_stale, make_extension, make_user


class Fake:
    """A PBX that does what it is asked, or is away."""

    def __init__(self, *, away: bool = False, live: bool = True, there: bool = True) -> None:
        self.away, self.live, self.there = away, live, there
        self.asked: list[tuple[Any, ...]] = []

    def state(self) -> State:
        return State(True, "Running")

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
