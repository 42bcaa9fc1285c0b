"""What becomes of a mailbox by phone, once the PBX has told of it. With the real PBX: tests/pbx/voicemail."""

from typing import Any

import pytest

from accounts.models import User
from core.audit.fields import MASK
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from extensions.phones import voicemail_pins
from extensions.review import review
from tests.people import make_extension, make_user

pytestmark = pytest.mark.django_db


def recorded(action: str) -> list[tuple[Any, ...]]:
    found = AuditRecord.objects.filter(action=f"extension.{action}").order_by("pk")
    return [(each.number, each.by, each.detail) for each in found]


def pin() -> str:
    return SipExtension.objects.get(number="1000").voicemail_pin


def test_a_pin_typed_by_phone_is_the_wish_and_outlives_what_is_discarded(ada: User) -> None:
    make_extension("1000", voicemail=True, voicemail_pin="4711")
    make_extension("1001", voicemail=True, voicemail_pin="4711")
    Change.objects.all().delete()
    for number in ("1000", "1001"):
        with changes.edit(number, ada) as edited:
            edited.caller_id = "77"
    voicemail_pins.changed("1000", "0815")
    assert pin() == "0815"
    assert Change.objects.waiting().numbers() == ["1000", "1001"]
    row = ("1000", 0, {"fields": {"voicemail_pin": ["", MASK]}})
    assert recorded("pin_changed_by_phone") == [row]
    for number in ("1000", "1001"):
        review.discard(number, ada)
    assert (pin(), SipExtension.objects.get(number="1001").voicemail_pin) == ("0815", "4711")
    assert set(SipExtension.objects.values_list("caller_id", flat=True)) == {"1000", "1001"}
    voicemail_pins.changed("1000", "0815")  # told twice
    voicemail_pins.changed("1002", "0815")  # deleted meanwhile
    assert recorded("pin_changed_by_phone") == [row]
    assert not Change.objects.waiting().exists()


def test_one_who_was_added_and_waits_keeps_the_pin_and_waits_on() -> None:
    make_extension("1000", voicemail=True, voicemail_pin="4711")
    voicemail_pins.changed("1000", "0815")
    assert (pin(), Change.objects.waiting().get().former) == ("0815", None)


def test_a_greeting_by_phone_is_recorded() -> None:
    voicemail_pins.greeting_changed("1000")
    assert recorded("greeting_by_phone") == [("1000", 0, {})]


def test_the_person_of_a_locked_mailbox_is_mailed_while_they_may_sign_in() -> None:
    for number, name, is_active in (("1000", "Vic", True), ("1001", "Eve", False)):
        make_extension(number, user=make_user(name, is_active=is_active), voicemail=True)
    for number in ("1000", "1001", "1002"):
        voicemail_pins.locked(number, "1009")
    assert recorded("voicemail_locked") == [(number, 0, {"caller": "1009"}) for number in ("1000", "1001", "1002")]
    (email,) = Email.objects.all()
    assert (email.kind, email.to, email.facts) == (
        "voicemail_locked",
        "vic@example.com",
        {"number": "1000", "caller": "1009"},
    )
