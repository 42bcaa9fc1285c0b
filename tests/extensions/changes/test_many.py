"""Many changed at once: each is saved, recorded and told as one alone would be."""

import gc
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client

from accounts.models import NoSuperAdministrator, Organization, Role, User
from accounts.sessions.models import Session
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions.changes import many
from extensions.models import Change, SipExtension
from tests.people import make_extension, make_user
from tests.trees import department

NUMBERS = ["1001", "1002", "1003", "1004"]


@pytest.fixture
def four(ada: User) -> list[SipExtension]:
    """Ada's own, Grace's, Alan's who does not sign in, and one of a lobby without an address."""
    people = [ada, make_user("Grace"), make_user("Alan", is_active=False), User.objects.create(first_name="Lobby")]
    made = [make_extension(number, user=user) for number, user in zip(NUMBERS, people, strict=True)]
    Change.objects.all().delete()
    return made


def in_order(edits: many.Edits) -> list[SipExtension]:
    return sorted(edits.extensions, key=lambda each: each.number)


def versions() -> dict[str, int]:
    return dict(SipExtension.objects.values_list("number", "version"))


def told() -> list[tuple[Any, ...]]:
    found = Email.objects.order_by("kind", "to").values_list("kind", "to", "facts__fields")
    return [each if each[2] else each[:2] for each in found]


@pytest.mark.parametrize("few", [50, 0])
def test_what_differs_is_saved_recorded_and_told(
    four: list[SipExtension], ada: User, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "FEW", few)  # of more sets of values than that, the rows are written one by one
    before, seen = versions(), AuditRecord.objects.count()
    with many.edit([*NUMBERS, "1999"], ada) as edits:
        assert sorted(each.number for each in edits.extensions) == NUMBERS
        own, grace, alan, _lobby = in_order(edits)
        for each in (own, grace, alan):
            each.user.job_title = "Clerk"
        grace.max_phones = 3
        grace.user.first_name, grace.user.email = "Amazing", "amazing@example.com"
        grace.user.set_password("Correct8Horse9Staple")
        assert edits.recorded == []
    recorded = {each.number: each for each in edits.recorded}
    assert sorted(recorded) == NUMBERS[:3]
    assert recorded["1002"].before.values["first_name"] == "Grace"
    assert recorded["1002"].after.values["first_name"] == "Amazing"
    assert versions() == {number: version + (number != "1004") for number, version in before.items()}
    assert {each.number: each.version for each in edits.extensions} == versions()
    saved = SipExtension.objects.get(number="1002")
    assert (saved.user.job_title, saved.max_phones, saved.sort_name) == ("Clerk", 3, "amazing")
    assert (saved.user.first_name, saved.user.email) == ("Amazing", "amazing@example.com")
    changes = Change.objects.values_list("number", "kind", "by", "fields")
    assert [*changes] == [
        ("1002", "changed", ada.pk, {"first_name": ["Grace", "Amazing"], "max_phones": ["1", "3"]}),
    ]
    former = Change.objects.get().former
    assert former
    assert former["person"]["first_name"] == "Grace"
    rows = AuditRecord.objects.order_by("pk")[seen:]
    assert sorted((row.action, row.number) for row in rows) == [("extension.changed", number) for number in NUMBERS[:3]]
    mails = {(kind, to): fields[0] if fields else None for kind, to, *fields in told()}
    assert sorted(mails) == [
        ("extension_changed", "amazing@example.com"),
        ("extension_changed", "grace@example.com"),
        ("password_changed", "amazing@example.com"),
        ("password_changed", "grace@example.com"),
    ]
    assert set(mails["extension_changed", "grace@example.com"] or {}) == {
        "first_name",
        "email",
        "job_title",
        "max_phones",
    }


def test_what_does_not_differ_leaves_no_trace(four: list[SipExtension], ada: User) -> None:
    before, seen = versions(), AuditRecord.objects.count()
    with many.edit(NUMBERS, ada) as edits:
        extension = edits.extensions[1]
        extension.location = str(extension.location)
    assert (edits.recorded, versions(), AuditRecord.objects.count()) == ([], before, seen)
    assert not Change.objects.exists()
    assert told() == []


def test_sessions_end_of_those_who_are_blocked_or_get_another_role(four: list[SipExtension], ada: User) -> None:
    hal = make_user("Hal", role="super_administrator")
    make_extension("1005", user=hal)
    make_extension("1006", user=make_user("Ira"))
    make_extension("1007", user=make_user("Joy"))
    for user in User.objects.filter(is_active=True).exclude(email=None):
        Client().force_login(user)
    with many.edit([*NUMBERS, "1005", "1006", "1007"], ada) as edits:
        by_number = {each.number: each for each in edits.extensions}
        by_number["1005"].user.is_active = False
        by_number["1006"].user.role = by_number["1001"].user.role = Role.objects.get(key="super_administrator")
        by_number["1002"].location = by_number["1007"].location = "Attic"
        by_number["1003"].user.is_active = True
    there = Session.objects.values_list("user__first_name", flat=True)
    assert {*there} == {"Ada", "Grace", "Joy"}


def test_departments_are_replaced_and_recorded(four: list[SipExtension], ada: User) -> None:
    sales, support = department("Sales"), department("Support")
    seen = AuditRecord.objects.count()
    with many.edit(NUMBERS, ada) as edits:
        for each in in_order(edits)[1:3]:
            edits.organizations[each.user_id] = [sales, support]
    held = {each.number: {*each.user.organizations.all()} for each in SipExtension.objects.all()}
    company = Organization.company()
    assert held == {"1001": {company}, "1002": {sales, support}, "1003": {sales, support}, "1004": set()}
    assert [each.after.values["organizations"] for each in edits.recorded] == ["Sales, Support"] * 2
    assert sorted(AuditRecord.objects.order_by("pk")[seen:].values_list("number", flat=True)) == ["1002", "1003"]
    assert versions()["1002"] == versions()["1001"] + 1


@pytest.mark.parametrize("what", ["role", "is_active"])
def test_the_last_super_administrator_stays_one(four: list[SipExtension], ada: User, what: str) -> None:
    with pytest.raises(NoSuperAdministrator), many.edit(NUMBERS[:1], ada) as edits:  # noqa: PT012 (what it is about)
        (own,) = edits.extensions
        own.location = "Attic"
        setattr(own.user, what, None if what == "role" else False)
    assert User.objects.get(pk=ada.pk).is_super_administrator
    assert not SipExtension.objects.filter(location="Attic").exists()
    with pytest.raises(NoSuperAdministrator):
        many.delete(four, ada)
    assert SipExtension.objects.count() == 4
    with many.edit(NUMBERS, ada) as edits:  # where another is
        own, grace, *_ = in_order(edits)
        grace.user.role, own.user.role = Role.objects.get(key="super_administrator"), None
    assert not User.objects.get(pk=ada.pk).is_super_administrator


def test_those_that_are_deleted_are_recorded_with_what_goes_with_them(four: list[SipExtension], ada: User) -> None:
    people, seen = User.objects.count(), AuditRecord.objects.count()
    recorded = many.delete(four[1:], ada)
    assert (SipExtension.objects.count(), User.objects.count()) == (1, people - 3)
    assert sorted((each.number, each.after.values) for each in recorded) == [(number, {}) for number in NUMBERS[1:]]
    assert [*Change.objects.order_by("number").values_list("number", "kind", "by")] == [
        (number, "deleted", ada.pk) for number in NUMBERS[1:]
    ]
    former = Change.objects.get(number="1002").former
    assert former
    assert former["belongings"]["person"]
    assert (former["person"]["first_name"], former["role"]) == ("Grace", None)
    rows = AuditRecord.objects.order_by("pk")[seen:]
    assert sorted((row.action, row.number) for row in rows) == [("extension.deleted", number) for number in NUMBERS[1:]]


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_collected_again_where_it_was(was_on: bool) -> None:
    if not was_on:
        gc.disable()
    try:
        with suppress(ZeroDivisionError), many.uncollected():
            assert not gc.isenabled()
            raise ZeroDivisionError
        assert gc.isenabled() == was_on
    finally:
        gc.enable()
