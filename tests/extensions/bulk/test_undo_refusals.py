"""Undo of a bulk action gives nobody what they could not give by the form, and is all or nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.models import Organization, Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from extensions import actions
from extensions.bulk.undo import undo as undo_action
from extensions.changes import many
from extensions.changes.state import CannotPutBack
from extensions.models import BulkAction, Change, SipExtension
from tests.extensions.bulk.typed import bulk_add
from tests.people import make_extension, make_user
from tests.trees import department
from trunks.models import RingGroup

NOT_BY_WHO_GIVES_NO_ROLES = "1001: only an administrator who can assign roles can undo this."


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def hugos(hugo: User) -> Client:
    client = Client()
    client.force_login(hugo)
    return client


def with_role(number: str, role: str = "human_resource") -> SipExtension:
    return make_extension(number, user=make_user(f"P{number}", role=role))


def post(client: Client, path: str, fields: dict[str, Any]) -> BulkAction:
    answer = client.post(path, fields)
    assert answer.status_code == 302, answer.context
    return BulkAction.objects.get(pk=answer["Location"].split("/")[-2])


def edited(client: Client, *numbers: str, **fields: Any) -> BulkAction:
    path = "/extensions/bulk/edit/"
    shown = client.post(path, {"n": numbers, "then": "preview", **fields})
    held: dict[str, Any] = {}
    for field in shown.context["hidden_fields"]:
        held.setdefault(field["name"], []).append(field["value"])
    return post(client, path, {**held, "then": "save"})


def deleted(client: Client, *numbers: str) -> BulkAction:
    path = "/extensions/bulk/delete/"
    seen = client.get(path, {"n": numbers}).context["seen"]
    return post(client, path, {"n": numbers, "seen": seen, "then": "save"})


def undo(client: Client, action: BulkAction) -> str:
    answer = client.post(f"/extensions/bulk/{action.pk}/undo/", follow=True)
    action.refresh_from_db()
    return str(answer.content.decode())


def refused(client: Client, action: BulkAction) -> str:
    page = undo(client, action)
    assert action.undone_at is None
    return page


# --- roles ---


def test_who_gives_no_roles_puts_none_back(signed_in: Client, hugos: Client) -> None:
    extension = with_role("1001")
    action = edited(signed_in, "1001", do_role="clear", do_location="set", location="Attic")
    assert NOT_BY_WHO_GIVES_NO_ROLES in refused(hugos, action)
    extension = SipExtension.objects.get(number="1001")
    assert (extension.user.role, extension.location) == (None, "Attic")
    assert "Undone." in undo(signed_in, action)
    assert User.objects.get(pk=extension.user_id).role == Role.objects.get(key="human_resource")


def test_who_gives_no_roles_takes_none(signed_in: Client, hugos: Client) -> None:
    with_role("1001", "")
    role = Role.objects.get(key="human_resource")
    action = edited(signed_in, "1001", do_role="set", role=str(role.pk))
    assert NOT_BY_WHO_GIVES_NO_ROLES in refused(hugos, action)
    assert SipExtension.objects.get(number="1001").user.role == role


def test_who_gives_no_roles_makes_nobody_again_with_one(signed_in: Client, hugos: Client) -> None:
    with_role("1001")
    make_extension("1002")
    action = deleted(signed_in, "1001", "1002")
    assert NOT_BY_WHO_GIVES_NO_ROLES in refused(hugos, action)
    assert not SipExtension.objects.exists()
    without = make_extension("1003")
    action = deleted(signed_in, without.number)
    assert "Undone." in undo(hugos, action)


def test_nobody_is_made_again_mightier_than_who_undoes_it(signed_in: Client) -> None:
    with_role("1001", "super_administrator")
    action = deleted(signed_in, "1001")
    desk = Role.objects.create(name="Desk", granted=["extension.manage", "role.manage"])
    client = Client()
    client.force_login(make_user("Lena", custom=desk))
    assert "Only an administrator with the same roles can undo this." in refused(client, action)
    assert not SipExtension.objects.exists()


def test_nobody_is_put_back_mightier_than_who_undoes_it(signed_in: Client) -> None:
    with_role("1001", "super_administrator")
    typed = {"do_role": "clear", "do_location": "set", "location": "Attic"}
    action = edited(signed_in, "1001", **typed)
    desk = Role.objects.create(name="Desk", granted=["extension.manage", "role.manage"])
    client = Client()
    client.force_login(make_user("Lena", custom=desk))
    assert "except for 1 value" in undo(client, action)
    extension = SipExtension.objects.get()
    assert (extension.user.role, extension.location) == (None, "")


def test_one_who_is_there_again_already_stays_as_they_are(signed_in: Client) -> None:
    for number in ("1001", "1002"):
        make_extension(number, location="Hall")
    Change.objects.update(applied_at=timezone.now())
    action = deleted(signed_in, "1001", "1002")
    signed_in.post("/extensions/1001/discard/")
    SipExtension.objects.update(location="Attic")
    assert "Undone." in undo(signed_in, action)
    assert [*SipExtension.objects.values_list("number", "location")] == [("1001", "Attic"), ("1002", "Hall")]


def taken_number() -> None:
    make_extension("1002", first_name="Eve")


def taken_by_a_group() -> None:
    RingGroup.objects.create(name="All", number="1002")


def taken_address() -> None:
    make_user("Eve", email="p1002@example.com")


def taken_name() -> None:
    make_extension("1003", registration_name="reg-1002")


def taken_as_a_number() -> None:
    make_extension("2002")


@pytest.mark.parametrize(
    ("name", "take", "words"),
    [
        ("reg-1002", taken_number, "Extension 1002 belongs to Eve now. Delete it first."),
        ("reg-1002", taken_by_a_group, "Extension 1002: this is a ring group or an emergency number now."),
        ("reg-1002", taken_address, "Extension 1002: another person now uses p1002@example.com."),
        ("reg-1002", taken_name, "Extension 1002: another extension now uses its former registration name."),
        ("2002", taken_as_a_number, "Extension 1002: another extension now uses its former registration name."),
    ],
)
def test_what_another_has_by_now_is_named(signed_in: Client, name: str, take: Callable[[], None], words: str) -> None:
    make_extension("1001", user=make_user("P1001"), registration_name="reg-1001")
    make_extension("1002", user=make_user("P1002"), registration_name=name)
    action = deleted(signed_in, "1001", "1002")
    take()
    before = SipExtension.objects.count()
    assert words in refused(signed_in, action)
    assert SipExtension.objects.count() == before


def rows() -> dict[str, dict[str, Any]]:
    return {row["number"]: {**row, "version": 0} for row in SipExtension.objects.values()}


def test_those_who_are_made_again_are_as_they_were_the_offboarded_too(signed_in: Client, ada: User) -> None:
    for number in ("1001", "1002", "1003"):
        with_role(number, "employee")
    actions.leave("1001", ada, "1002", localdate() + timedelta(days=9))
    before = rows()
    action = deleted(signed_in, "1001", "1003")
    assert [*rows()] == ["1002"]
    assert "Undone." in undo(signed_in, action)
    assert rows() == before
    assert before["1001"]["handed_to_id"] == before["1002"]["id"]


def test_an_addition_that_something_needs_by_now_is_not_undone(signed_in: Client) -> None:
    shown = signed_in.post("/extensions/bulk/add/", bulk_add(then="preview"))
    held: dict[str, Any] = {}
    for field in shown.context["hidden_fields"]:
        held.setdefault(field["name"], []).append(field["value"])
    action = post(signed_in, "/extensions/bulk/add/", {**held, "then": "save"})
    group = RingGroup.objects.create(name="All", number="3000", members=["2001"])
    assert "Extension 2001: 2001 is a member of the ring group All." in refused(signed_in, action)
    assert SipExtension.objects.count() == action.count
    group.delete()
    assert "Undone." in undo(signed_in, action)
    assert not SipExtension.objects.exists()


def test_who_deleted_them_makes_them_again_as_they_were(hugos: Client) -> None:
    with_role("1001")
    action = deleted(hugos, "1001")
    assert "Undone." in undo(hugos, action)
    assert SipExtension.objects.get(number="1001").user.role == Role.objects.get(key="human_resource")


def test_what_was_done_to_those_who_are_mightier_by_now_is_not_undone_by_less(signed_in: Client, hugos: Client) -> None:
    make_extension("1001")
    edit = edited(hugos, "1001", do_location="set", location="Attic")
    shown = hugos.post("/extensions/bulk/add/", bulk_add(then="preview"))
    held: dict[str, Any] = {}
    for field in shown.context["hidden_fields"]:
        held.setdefault(field["name"], []).append(field["value"])
    addition = post(hugos, "/extensions/bulk/add/", {**held, "then": "save"})
    for number, action in (("1001", edit), ("2001", addition)):
        user = SipExtension.objects.get(number=number).user
        user.role = Role.objects.get(key="super_administrator")
        user.save()
        said = f"Extension {number}: only an administrator with the same role can undo this."
        assert said in refused(hugos, action)
        assert "Undone. Apply to send it to the PBX." in undo(signed_in, action)
    assert [(each.number, each.location) for each in SipExtension.objects.all()] == [("1001", "")]


def test_a_role_that_another_gave_since_stays(signed_in: Client) -> None:
    clerk, other = (Role.objects.create(name=name, granted=["extension.view"]) for name in ("Clerk", "Other"))
    make_extension("1001", user=make_user("Grace", custom=clerk), location="Hall")
    typed = {"do_role": "clear", "do_location": "set", "location": "Attic"}
    action = edited(signed_in, "1001", **typed)
    User.objects.filter(first_name="Grace").update(role=other)
    assert "except for 1 value" in undo(signed_in, action)
    assert (User.objects.get(first_name="Grace").role, SipExtension.objects.get().location) == (other, "Hall")


def test_a_role_that_is_gone_is_not_put_back(signed_in: Client) -> None:
    clerk = Role.objects.create(name="Clerk", granted=["extension.view"])
    make_extension("1001", user=make_user("Grace", custom=clerk))
    action = edited(signed_in, "1001", do_role="clear")
    clerk.delete()
    assert "except for 1 value" in undo(signed_in, action)
    assert User.objects.get(first_name="Grace").role is None


def test_the_last_super_administrator_is_not_undone(signed_in: Client, ada: User) -> None:
    with_role("1001", "")
    action = edited(signed_in, "1001", do_role="set", role=str(Role.objects.get(key="super_administrator").pk))
    User.objects.filter(pk=ada.pk).update(role=Role.objects.create(name="All", granted=[*Permission]))
    ada = User.objects.get(pk=ada.pk)
    with pytest.raises(CannotPutBack, match="This would leave no Super Administrator"):
        undo_action(action, ada)
    assert [str(each) for each in User.objects.super_administrators()] == ["P1001"]
    assert BulkAction.objects.get().undone_at is None


def test_undone_twice_it_is_undone_once(signed_in: Client, ada: User) -> None:
    make_extension("1001")
    action = edited(signed_in, "1001", do_location="set", location="Attic")
    assert undo_action(action, ada) == 0
    at = BulkAction.objects.get(pk=action.pk).undone_at
    SipExtension.objects.update(location="Cellar")
    assert undo_action(action, ada) == 0
    action.refresh_from_db()
    assert (action.undone_at, action.undone_by) == (at, ada)
    assert SipExtension.objects.get().location == "Cellar"
    assert AuditRecord.objects.filter(action="bulk.undone").count() == 1
    gone = deleted(signed_in, "1001")
    assert undo_action(gone, ada) == 0


# --- scope ---


def lena(sales: Organization) -> tuple[Client, Role]:
    """Who manages extensions in Sales alone."""
    role = Role.objects.create(name="Sales desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    client = Client()
    client.force_login(make_user("Lena", custom=role))
    return client, role


def member(number: str, of: Organization, **more: Any) -> SipExtension:
    extension = make_extension(number, **more)
    extension.user.organizations.set([of])
    return extension


def test_nobody_is_made_again_outside_of_the_scope(db: None) -> None:
    sales, other = department("Sales"), department("Other")
    client, role = lena(sales)
    member("1001", sales)
    action = deleted(client, "1001")
    role.organizations.set([other])
    assert "Extension 1001 is not in your scope." in refused(client, action)
    assert not SipExtension.objects.exists()
    role.organizations.set([other, sales])
    assert "Undone." in undo(client, action)
    assert [*SipExtension.objects.get().user.organizations.all()] == [sales]


def test_nobody_is_made_again_in_the_company_as_their_department_is_gone(db: None) -> None:
    sales, other = department("Sales"), department("Other")
    client, role = lena(sales)
    member("1001", sales)
    action = deleted(client, "1001")
    role.organizations.set([other])
    sales.delete()
    assert "Extension 1001 is not in your scope." in refused(client, action)


def test_departments_out_of_the_scope_stay_as_they_are(db: None) -> None:
    sales, other = department("Sales"), department("Other")
    client, role = lena(sales)
    role.organizations.set([sales, other])
    member("1001", sales).user.organizations.add(other)
    action = edited(client, "1001", do_organizations="set", organizations=[str(sales.pk)])
    assert [*SipExtension.objects.get().user.organizations.all()] == [sales]
    role.organizations.set([sales])
    assert "except for 1 value" in undo(client, action)
    assert [*SipExtension.objects.get().user.organizations.all()] == [sales]
    role.organizations.set([sales, other])
    action = edited(client, "1001", do_organizations="set", organizations=[str(other.pk)])
    assert "Undone. Apply to send it to the PBX." in undo(client, action)
    assert [*SipExtension.objects.get().user.organizations.all()] == [sales]


def test_departments_that_another_gave_since_stay(signed_in: Client) -> None:
    sales, other = department("Sales"), department("Other")
    member("1001", sales, location="Hall")
    typed = {"do_organizations": "set", "organizations": [str(other.pk)], "do_location": "set", "location": "Attic"}
    action = edited(signed_in, "1001", **typed)
    SipExtension.objects.get().user.organizations.set([sales, other])
    assert "except for 1 value" in undo(signed_in, action)
    extension = SipExtension.objects.get()
    assert ({*extension.user.organizations.all()}, extension.location) == ({sales, other}, "Hall")


def test_credentials_of_those_one_manages_no_more_are_left_out(db: None) -> None:
    sales = department("Sales")
    client, _role = lena(sales)
    typed = bulk_add(email="Desk{number}@Example.com", passwords="random", organizations=[str(sales.pk)])
    shown = client.post("/extensions/bulk/add/", {**typed, "then": "preview"})
    held: dict[str, Any] = {}
    for field in shown.context["hidden_fields"]:
        held.setdefault(field["name"], []).append(field["value"])
    action = post(client, "/extensions/bulk/add/", {**held, "then": "save"})
    mightier, gone = (SipExtension.objects.get(number=number).user for number in ("2000", "2001"))
    mightier.role = Role.objects.get(key="super_administrator")
    mightier.save()
    gone.organizations.set([department("Other")])
    path = f"/extensions/bulk/{action.pk}/credentials/"
    rows = client.post(path).content.decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["2002"]
    assert not BulkAction.objects.get().sealed_credentials


def test_credentials_of_nobody_are_no_file(db: None) -> None:
    sales = department("Sales")
    client, _role = lena(sales)
    extension = member("1001", sales)
    path = "/extensions/bulk/new-passwords/"
    seen = client.get(path, {"n": "1001"}).context["seen"]
    action = post(client, path, {"n": "1001", "seen": seen, "then": "save"})
    extension.user.organizations.set([department("Other")])
    answer = client.post(f"/extensions/bulk/{action.pk}/credentials/", follow=True)
    assert "You cannot manage any of these extensions now." in answer.content.decode()


def test_what_another_takes_at_the_same_moment_is_said(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with_role("1001")
    action = deleted(signed_in, "1001")
    make_again = many.record_added

    def overtaken(*args: Any) -> Any:
        User.objects.bulk_create([User(first_name="Eve", email="p1001@example.com")])
        return make_again(*args)

    monkeypatch.setattr(many, "record_added", overtaken)
    assert "Someone else saved a change at the same moment. Try again." in refused(signed_in, action)
    assert not SipExtension.objects.exists()


# --- recordings ---


@pytest.mark.parametrize(
    ("field", "edited_to", "other", "since"),
    [
        ("voicemail_email", "recording", "voicemail_after_email", "delete"),
        ("voicemail_after_email", "keep", "voicemail_email", "note"),
    ],
)
def test_no_undo_deletes_messages_of_which_no_recording_is_sent(
    signed_in: Client, field: str, edited_to: str, other: str, since: str
) -> None:
    lost = {"voicemail_email": "note", "voicemail_after_email": "delete"}
    kept = {"voicemail_email": "recording", "voicemail_after_email": "keep"}
    make_extension("1001", location="Hall", **{field: lost[field], other: kept[other]})
    typed = {f"do_{field}": "set", field: edited_to, "do_location": "set", "location": "Attic"}
    action = edited(signed_in, "1001", **typed)
    SipExtension.objects.update(**{other: since})
    assert "except for 1 value" in undo(signed_in, action)
    extension = SipExtension.objects.get()
    assert (getattr(extension, field), getattr(extension, other), extension.location) == (edited_to, since, "Hall")


def test_an_undo_puts_back_what_loses_no_recording(signed_in: Client) -> None:
    make_extension("1001", voicemail_email="note", voicemail_after_email="keep")
    action = edited(signed_in, "1001", do_voicemail_email="set", voicemail_email="recording")
    assert SipExtension.objects.get().voicemail_email == "recording"
    assert "Undone. Apply to send it to the PBX." in undo(signed_in, action)
    assert SipExtension.objects.get().voicemail_email == "note"
