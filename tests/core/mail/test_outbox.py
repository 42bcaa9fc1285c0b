"""Who gets an e-mail, at which address, and what is never gathered twice."""

from datetime import timedelta

import pytest

from accounts.models import User
from core.mail import outbox
from core.mail.models import Email
from core.mail.outbox import MOST, QUIET
from core.preferences.models import Preferences
from tests.people import make_user

CHANGES = {"last_name": ["", "Young"]}


def rows() -> list[tuple[str, str, str, str]]:
    found = Email.objects.order_by("id").select_related("user", "by")
    return [(each.kind, each.user.first_name if each.user else "", each.to, str(each.by)) for each in found]


def test_an_email_is_to_the_persons_address_unless_another_is_said(vic: User, ada: User) -> None:
    outbox.send("new_device", vic, by=ada)
    outbox.send("email_changed", vic, to="old@example.com", number="1000")
    assert rows() == [
        ("new_device", "Vic", "vic@example.com", str(ada)),
        ("email_changed", "Vic", "old@example.com", "None"),
    ]
    assert [each.facts for each in Email.objects.order_by("id")] == [{}, {"number": "1000"}]


def test_who_has_no_address_gets_none(vic: User, ada: User) -> None:
    vic.email = ""
    assert outbox.send("new_device", vic) is None
    outbox.notify_of_changes("extension_changed", vic, CHANGES, by=ada, to="", number="1000")
    assert rows() == []


@pytest.mark.parametrize("kind", ["welcome", "new_device"])
def test_sent_again_it_is_the_same_in_all(vic: User, ada: User, kind: str) -> None:
    first = outbox.send(kind, vic, by=ada, to="old@example.com", number="1000")
    assert first
    first.state, first.tries, first.answer = Email.State.REFUSED, 3, "550 No"
    first.save()
    second = outbox.send_again(first)
    assert rows()[0] == rows()[1]
    assert (second.facts, second.state, second.tries, second.answer) == ({"number": "1000"}, "waiting", 0, "")
    first.refresh_from_db()
    assert first.state == Email.State.REFUSED


@pytest.mark.parametrize(("by_system", "by_person"), [(True, True), (True, False), (False, True), (False, False)])
def test_only_what_the_system_and_the_person_want_is_told(
    vic: User, ada: User, *, by_system: bool, by_person: bool
) -> None:
    Preferences.objects.update(notifications=["new_device", "extension_changed"] if by_system else ["welcome"])
    vic.muted = [] if by_person else ["new_device", "extension_changed"]
    eve = make_user("Eve")
    outbox.notify("new_device", vic, by=ada)
    outbox.notify_many("new_device", [(vic, "vic@example.com"), (eve, "eve@example.com")], by=ada)
    outbox.notify_of_changes("extension_changed", vic, CHANGES, by=ada, to="vic@example.com", number="1000")
    outbox.notify_many_of_changes("extension_changed", [(vic, "other@example.com", CHANGES, "1001")], by=ada)
    of_eve = [("new_device", "Eve", "eve@example.com", str(ada))]
    of_vic = [
        ("new_device", "Vic", "vic@example.com", str(ada)),
        ("new_device", "Vic", "vic@example.com", str(ada)),
        ("extension_changed", "Vic", "vic@example.com", str(ada)),
        ("extension_changed", "Vic", "other@example.com", str(ada)),
    ]
    assert sorted(rows()) == sorted((of_eve + of_vic if by_person else of_eve) if by_system else [])


def test_many_changes_are_gathered_each_with_the_oldest_of_its_own(vic: User, ada: User) -> None:
    """By the extension, the address and the person. Those of others, and those that were tried, stay as they are."""
    eve = make_user("Eve")

    def change(fields: dict[str, list[str]], *numbers: str) -> None:
        mails = [(vic, "vic@example.com", fields, number) for number in numbers]
        outbox.notify_many_of_changes("extension_changed", mails, by=ada)

    change({"last_name": ["", "Young"]}, "1000", "1001")
    first = Email.objects.get(facts__number="1000")
    assert abs(first.due_at - first.created_at - QUIET) < timedelta(seconds=5)
    outbox.notify_many_of_changes("extension_changed", [(vic, "vic@example.com", CHANGES, "1000")], by=eve)
    change({"last_name": ["Young", "Older"], "job_title": ["", "Clerk"]}, "1000")
    told = {(each.facts["number"], str(each.by)): each.facts["fields"] for each in Email.objects.all()}
    assert told == {
        ("1000", str(ada)): {"last_name": ["", "Older"], "job_title": ["", "Clerk"]},
        ("1001", str(ada)): CHANGES,
        ("1000", str(eve)): CHANGES,
    }
    due_before = first.due_at
    first.refresh_from_db()
    assert first.due_at > due_before
    Email.objects.filter(pk=first.pk).update(created_at=first.created_at - MOST, tries=0)
    change({"job_title": ["Clerk", "Chief"]}, "1000")
    later = Email.objects.get(pk=first.pk)
    assert later.due_at == first.due_at + timedelta(microseconds=1)  # for no longer than MOST
    Email.objects.filter(pk=first.pk).update(tries=1)
    change({"job_title": ["Chief", "Boss"]}, "1000")
    assert Email.objects.filter(facts__number="1000", by=ada).count() == 2


@pytest.mark.parametrize(
    ("before", "after", "both"),
    [
        ({"a": ["1", "2"]}, {"a": ["2", "3"]}, {"a": ["1", "3"]}),
        ({"a": ["1", "2"]}, {"a": ["2", "1"]}, {}),
        ({"a": ["1", "2"]}, {"b": ["x", "y"]}, {"a": ["1", "2"], "b": ["x", "y"]}),
        ({}, {"a": ["1", "2"]}, {"a": ["1", "2"]}),
    ],
)
def test_of_several_changes_the_first_value_and_the_last_are_told(
    before: outbox.Changes, after: outbox.Changes, both: outbox.Changes
) -> None:
    assert outbox.merged(before, after) == both
