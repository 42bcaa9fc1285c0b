"""The number that the Add page offers, the lowest that is free; and whose extensions and changes are whose."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Role, User
from core.preferences.models import Preferences
from extensions import models
from extensions.models import BulkAction, Change, SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.people import make_extension, make_user
from tests.trees import department
from trunks.models import RingGroup

FIRST = 1000


def offered() -> str:
    return SipExtension.objects.next_free_number(Preferences.load())


def take(places: Collection[int]) -> None:
    people = User.objects.bulk_create(User(first_name=f"Person {place}") for place in places)
    SipExtension.objects.bulk_create(
        SipExtension(user=person, number=str(FIRST + place), registration_name=f"r{place}", sealed_password="-")
        for person, place in zip(people, places, strict=True)
    )


@pytest.fixture(autouse=True)
def stretches_are_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred numbers are many stretches."""
    monkeypatch.setattr(models, "NARROW", 32)


@pytest.mark.parametrize("taken", [0, 1, 2, 63, 64, 65, 127, 128, 190, 319, 320, 321])
def test_after_a_stretch_without_a_gap(db: None, taken: int) -> None:
    take(range(taken))
    assert offered() == str(FIRST + taken)


@pytest.mark.parametrize("gap", [0, 1, 31, 63, 64, 65, 100, 255, 298])
def test_a_gap_is_found_wherever_it_is(db: None, gap: int) -> None:
    take({*range(300)} - {gap, 299})
    assert offered() == str(FIRST + gap)


@pytest.mark.parametrize(
    ("number", "code"),
    [("999", "number_range"), ("1000", ""), ("1911", ""), ("5999", ""), ("6000", "number_range"),
     ("2000", "registration_name"), ("2001", "ring_group"), ("2002", "")],
)  # fmt: skip
def test_what_forbids_to_give_a_number(db: None, number: str, code: str) -> None:
    make_extension("1001", registration_name="2000")
    RingGroup.objects.create(name="All", number="2001")
    assert SipExtension.objects.refusal_of(number, Preferences.load()) == code


@pytest.mark.parametrize(("last", "free"), [(1002, ""), (1003, "1003")])
def test_none_is_offered_past_the_end_of_the_range(db: None, last: int, free: str) -> None:
    Preferences.objects.update(last_number=last)
    for number in ("1000", "1001"):
        make_extension(number)
    RingGroup.objects.create(name="All", number="1002")
    assert offered() == free


def test_who_has_left_is_deleted_from_the_day_on(db: None) -> None:
    today = date(2026, 6, 11)
    for number, day in (("1000", today), ("1001", today + timedelta(days=1)), ("1002", None)):
        make_extension(number, enabled=False, left_on=today, delete_on=day)
    make_extension("1003")
    assert [each.number for each in SipExtension.objects.to_be_deleted(today)] == ["1000"]


def test_whose_calls_ring_somebody_else(db: None) -> None:
    to = make_extension("1000")
    left: dict[str, Any] = {"enabled": False, "left_on": date(2026, 6, 11)}
    make_extension("1001", **left, handed_to=to)
    make_extension("1002", **left)
    assert [each.number for each in SipExtension.objects.handed_over()] == ["1001"]
    assert [each.number for each in SipExtension.objects.enabled()] == ["1000"]


def test_changes_are_seen_by_who_reaches_the_extension_or_has_deleted_it(ada: User, vic: User) -> None:
    sales = department("Sales")
    role = Role.objects.create(name="Desk", granted=["extension.manage", "extension.view"], reach="organizations")
    role.organizations.add(sales)
    lena, other = make_user("Lena", custom=role), make_user("Olga", custom=role)
    make_extension("1000").user.organizations.set([sales])
    make_extension("1001")
    Change.objects.create(number="1002", kind="deleted", by=lena)
    Change.objects.create(number="1003", kind="deleted", by=ada)
    Change.objects.create(number="1004", kind="deleted", by=lena)
    Change.objects.create(number="1004", kind="deleted", by=ada)
    Change.objects.create(number="1001", kind="deleted", by=lena)  # and added again since
    everything = ["1000", "1001", "1002", "1003", "1004"]
    seen = {user.first_name: Change.objects.visible_to(user).numbers() for user in (ada, lena, other, vic)}
    assert seen == {"Ada": everything, "Lena": ["1000", "1002"], "Olga": ["1000"], "Vic": []}
    Change.objects.filter(number="1002").update(applied_at=timezone.now())
    assert Change.objects.visible_to(lena).numbers() == ["1000"]
    Change.objects.filter(number="1003").update(discarded_at=timezone.now())
    assert Change.objects.waiting().numbers() == ["1000", "1001", "1004"]
    assert Change.objects.settled().numbers() == ["1002", "1003"]
    assert Change.objects.of(["1000", "1003"]).numbers() == ["1000", "1003"]


@pytest.mark.parametrize(("seconds", "length"), [(0, "0:00"), (9, "0:09"), (59, "0:59"), (60, "1:00"), (3661, "61:01")])
def test_how_long_a_message_is(seconds: int, length: str) -> None:
    assert VoicemailMessage(seconds=seconds).length == length


def test_who_left_a_message_and_whether_it_is_new() -> None:
    named = VoicemailMessage(caller_number="1000", caller_name="Ada", folder=Folder.NEW)
    assert (named.caller, named.is_new) == ("Ada (1000)", True)
    assert (VoicemailMessage(caller_number="1000", folder=Folder.DELETED).caller, VoicemailMessage().caller) == (
        "1000",
        "",
    )
    assert not VoicemailMessage(folder=Folder.DELETED).is_new


def test_messages_that_are_there_and_those_that_are_kept(db: None) -> None:
    extension, now = make_extension("1000"), timezone.now()
    for name, folder, gone in (
        ("new", Folder.NEW, None), ("deleted", Folder.DELETED, None), ("gone", Folder.NEW, now),
    ):  # fmt: skip
        VoicemailMessage.objects.create(
            extension=extension, message_id=name, folder=folder, gone_at=gone, left_at=now, seconds=1, size=1
        )
    assert {each.message_id for each in VoicemailMessage.objects.there()} == {"new", "deleted"}
    kept = VoicemailMessage.objects.kept().get()
    kept.move_to(Folder.DELETED)
    assert not VoicemailMessage.objects.kept().exists()
    assert VoicemailMessage.objects.get(message_id="new").moved_at > now


def test_a_voicemail_pin_is_given_once_and_a_new_password_needs_no_renewal(db: None) -> None:
    extension = make_extension("1000", renew_password_by=date(2026, 6, 11))
    assert extension.renew_password_by is None
    pin = extension.voicemail_pin
    extension.save()
    assert (SipExtension.objects.get().voicemail_pin, len(pin) > 3, SipExtension().voicemail_pin) == (pin, True, "")


def test_secrets_of_a_bulk_action_are_none_once_they_are_taken(ada: User) -> None:
    action = BulkAction(kind="added", by=ada, count=1)
    assert (action.credentials, action.sealed_credentials) == ([], "")
    action.credentials = [["1000", "secret"]]
    assert action.credentials == [["1000", "secret"]]
    assert "secret" not in action.sealed_credentials
    action.credentials = []
    assert action.sealed_credentials == ""
