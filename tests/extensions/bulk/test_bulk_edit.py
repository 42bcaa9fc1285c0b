"""Bulk edit: each field left, set or cleared; looked at first; undone at once, but for what others changed since."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Organization, Role, User
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions.bulk import edits, views
from extensions.bulk import page as page_of_bulk
from extensions.changes import record as changes
from extensions.models import BulkAction, Change, SipExtension
from extensions.review import review
from tests.people import be_stale, make_extension, make_user
from tests.trees import department

URL = "/extensions/bulk/edit/"
Fields = dict[str, Any]


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def three(db: None) -> list[SipExtension]:
    made = [
        make_extension(number, location="Hall", max_phones=place)
        for place, number in enumerate(("1000", "1001", "1002"), 1)
    ]
    Change.objects.all().delete()
    return made


def preview(client: Client, numbers: tuple[str, ...] = ("1000", "1001", "1002"), **more: Any) -> Any:
    return client.post(URL, {"n": numbers, "then": "preview", **more})


def held(answer: Any) -> Fields:
    fields: Fields = {}
    for field in answer.context["hidden_fields"]:
        fields.setdefault(field["name"], []).append(field["value"])
    return fields


def edited(client: Client, numbers: tuple[str, ...] = ("1000", "1001", "1002"), **more: Any) -> BulkAction:
    answer = client.post(URL, {**held(preview(client, numbers, **more)), "then": "save"})
    assert answer.status_code == 302
    return BulkAction.objects.get(pk=answer["Location"].split("/")[-2])


def values(name: str) -> list[Any]:
    return list(SipExtension.objects.order_by("position").values_list(name, flat=True))


def undo(client: Client, action: BulkAction) -> str:
    return str(client.post(f"/extensions/bulk/{action.pk}/undo/", follow=True).content.decode())


def test_the_preview_says_what_changes_and_what_is_lost(signed_in: Client, three: list[SipExtension]) -> None:
    answer = preview(
        signed_in, do_location="clear", do_max_phones="set", max_phones="2", do_transport="leave", transport="tls"
    )
    effects = {effect.label: effect for effect in answer.context["effects"]}
    assert [*effects] == ["IP Phone Concurrent Registrations", "Location"]
    phones, location = effects.values()
    assert (phones.new, phones.changed, phones.same, phones.lost) == ("2", 2, 1, [("1", "1"), ("3", "1")])
    assert (location.new, location.changed, location.lost) == ("", 3, [("Hall", "3")])
    assert values("max_phones") == [1, 2, 3]


def test_only_what_is_set_or_cleared_changes_with_a_log_row_and_a_version_each(
    signed_in: Client, three: list[SipExtension]
) -> None:
    action = edited(signed_in, do_location="clear", do_max_phones="set", max_phones="2", transport="tls")
    assert (values("location"), values("max_phones"), values("transport")) == ([""] * 3, [2] * 3, ["any"] * 3)
    assert (values("version"), action.count) == ([2] * 3, 3)
    rows = AuditRecord.objects.filter(action="extension.changed").order_by("number")
    assert [row.detail["fields"] for row in rows] == [
        {"max_phones": ["1", "2"], "location": ["Hall", ""]},
        {"location": ["Hall", ""]},
        {"max_phones": ["3", "2"], "location": ["Hall", ""]},
    ]
    assert Change.objects.waiting().numbers() == ["1000", "1001", "1002"]
    call_command("verify_audit")
    assert "Undone." in undo(signed_in, action)
    assert (values("location"), values("max_phones"), values("version")) == (["Hall"] * 3, [1, 2, 3], [3] * 3)
    call_command("verify_audit")


def test_what_may_be_empty_is_cleared_and_put_back(signed_in: Client, three: list[SipExtension]) -> None:
    full: dict[str, Any] = {
        "outbound_number": "+493012345", "emergency_number": "+493012346", "outbound_countries": "FR",
        "outbound_calls_at_once": 2, "outbound_call_minutes": 3, "outbound_day_minutes": 4, "location": "Hall",
        "allowed_networks": "10.0.0.0/8",
    }  # fmt: skip
    SipExtension.objects.update(**full)
    typed: dict[str, Any] = {f"do_{name}": "clear" for name in full}
    action = edited(signed_in, **typed)
    assert {name: values(name) for name in full} == {name: [type(value)()] * 3 for name, value in full.items()}
    undo(signed_in, action)
    assert {name: values(name) for name in full} == {name: [value] * 3 for name, value in full.items()}


def test_a_discard_takes_one_of_them_back(signed_in: Client, three: list[SipExtension], ada: User) -> None:
    edited(signed_in, do_location="set", location="Attic")
    review.discard("1001", ada)
    assert values("location") == ["Attic", "Hall", "Attic"]


def test_an_undo_leaves_what_others_changed_since(signed_in: Client, three: list[SipExtension], ada: User) -> None:
    action = edited(signed_in, do_location="set", location="Attic", do_max_phones="set", max_phones="3")
    with changes.edit("1001", ada) as extension:
        extension.location = "Cellar"
    assert "except for 1 value" in undo(signed_in, action)
    assert (values("location"), values("max_phones")) == (["Hall", "Cellar", "Hall"], [1, 2, 3])


def test_people_are_told_in_one_mail_of_all_that_one_person_changes(
    signed_in: Client, three: list[SipExtension]
) -> None:
    User.objects.filter(sip_extension__number="1000").update(email="a@example.com")
    edited(signed_in, do_location="set", location="Attic")
    edited(signed_in, do_location="set", location="Cellar", do_job_title="set", job_title="Clerk")
    told = Email.objects.get(kind="extension_changed")
    assert told.to == "a@example.com"
    assert told.facts["fields"] == {"location": ["Hall", "Cellar"], "job_title": ["", "Clerk"]}
    assert SipExtension.objects.get(number="1000").search_text.endswith("clerk")


def test_departments_and_roles_are_set_cleared_and_put_back(signed_in: Client, three: list[SipExtension]) -> None:
    sales = department("Sales")
    company = Organization.company()
    role = Role.objects.get(key="human_resource")
    for each in three:
        each.user.organizations.set([company])
    for do, new, changed in (("set", "Sales", 3), ("clear", "Company", 0)):
        shown = preview(signed_in, do_organizations=do, organizations=[str(sales.pk)])
        assert [(each.new, each.changed) for each in shown.context["effects"]] == [(new, changed)]
    action = edited(signed_in, do_organizations="set", organizations=[str(sales.pk)], do_role="set", role=str(role.pk))
    people = [each.user for each in SipExtension.objects.select_related("user__role")]
    assert [(list(each.organizations.all()), each.role) for each in people] == [([sales], role)] * 3
    cleared = edited(signed_in, do_organizations="clear", do_role="clear")
    assert [(list(each.organizations.all())) for each in people] == [[company]] * 3
    undo(signed_in, cleared)
    undo(signed_in, action)
    people = [each.user for each in SipExtension.objects.select_related("user__role")]
    assert [(list(each.organizations.all()), each.role) for each in people] == [([company], None)] * 3


def test_a_role_that_manages_something_asks_again_who_it_is(signed_in: Client, three: list[SipExtension]) -> None:
    role = str(Role.objects.get(key="administrator").pk)
    sent = held(preview(signed_in, do_role="set", role=role))
    be_stale(signed_in)
    assert signed_in.post(URL, {**sent, "then": "save"})["Location"].startswith("/sign-in/again/")


def test_the_last_super_administrator_stays(signed_in: Client, ada: User) -> None:
    make_extension("1000", user=ada)
    sent = held(preview(signed_in, ("1000",), do_role="clear"))
    answer = signed_in.post(URL, {**sent, "then": "save"})
    assert "This would leave no Super Administrator." in answer.content.decode()
    assert User.objects.get(pk=ada.pk).is_super_administrator


def test_mailboxes_that_open_get_pins_that_are_downloaded_once(signed_in: Client, three: list[SipExtension]) -> None:
    before = three[0].voicemail_pin
    answer = preview(signed_in, do_voicemail="set", voicemail="True")
    assert answer.context["opens_mailboxes"] == 3
    action = edited(signed_in, do_voicemail="set", voicemail="True")
    pin = SipExtension.objects.get(number="1000").voicemail_pin
    assert pin != before
    assert pin in signed_in.post(f"/extensions/bulk/{action.pk}/credentials/").content.decode()
    edited(signed_in, do_voicemail="set", voicemail="False")
    assert values("voicemail") == [False] * 3


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        ({}, "", "Set or clear at least one field."),
        ({"do_allowed_networks": "set", "allowed_networks": "x"}, "id_allowed_networks", "“x” is not an address"),
        (
            {"do_voicemail_after_email": "set", "voicemail_after_email": "delete"},
            "id_voicemail_after_email",
            "1 extension would",
        ),
        ({"do_max_phones": "clear"}, "", "Set or clear at least one field."),
    ],
)
def test_errors_stand_at_their_fields(
    signed_in: Client, three: list[SipExtension], sent: Fields, field: str, said: str
) -> None:
    SipExtension.objects.filter(number="1000").update(voicemail_email="note")
    answer = preview(signed_in, **sent)
    assert answer.status_code == 422
    (error,) = answer.context["errors"]
    assert error["id"] == field
    assert error["message"].startswith(said)


@pytest.mark.parametrize("then", ["change", "find"])
def test_who_goes_on_typing_is_told_of_no_errors(signed_in: Client, three: list[SipExtension], then: str) -> None:
    typed: Fields = {"do_allowed_networks": "set", "allowed_networks": "not a network"}
    answer = preview(signed_in, then=then, **typed)
    assert (answer.status_code, answer.context["errors"]) == (200, [])
    assert "not a network" in answer.content.decode()
    assert "is not an address" not in answer.content.decode()


def test_sent_twice_at_once_it_is_done_once(
    signed_in: Client, three: list[SipExtension], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it changes nothing, what was seen is so still."""
    sent = {**held(preview(signed_in, do_location="set", location="Hall")), "then": "save"}
    other = Client()
    other.force_login(ada)
    look, answers = page_of_bulk.done_before, []

    def meanwhile(request: Any) -> BulkAction | None:
        found = look(request)
        monkeypatch.setattr(views, "done_before", look)
        answers.append(other.post(URL, sent))
        return found

    monkeypatch.setattr(views, "done_before", meanwhile)
    answers.append(signed_in.post(URL, sent))
    assert [answer["Location"] for answer in answers] == [BulkAction.objects.get().get_absolute_url()] * 2


def test_what_was_seen_is_what_is_changed(signed_in: Client, three: list[SipExtension], ada: User) -> None:
    sent = held(preview(signed_in, do_location="set", location="Attic"))
    with changes.edit("1001", ada) as extension:
        extension.location = "Cellar"
    answer = signed_in.post(URL, {**sent, "then": "save"})
    assert "someone else saved a change" in answer.content.decode()
    assert values("location") == ["Hall", "Cellar", "Hall"]
    again = signed_in.post(URL, {**held(answer), "then": "save"})
    assert again.status_code == 302
    assert values("location") == ["Attic"] * 3


def test_what_somebody_saves_while_it_waits_for_its_turn_is_looked_at_first(
    signed_in: Client, three: list[SipExtension], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = held(preview(signed_in, do_location="set", location="Attic"))
    edit = edits.edit

    def later(*args: Any) -> BulkAction:
        with changes.edit("1001", ada) as extension:
            extension.location = "Cellar"
        return edit(*args)

    with monkeypatch.context() as patch:
        patch.setattr(edits, "edit", later)
        answer = signed_in.post(URL, {**sent, "then": "save"})
    assert answer.status_code == 200
    assert "someone else saved a change" in answer.content.decode()
    assert [effect.lost for effect in answer.context["effects"]] == [[("Hall", "2"), ("Cellar", "1")]]
    assert values("location") == ["Hall", "Cellar", "Hall"]
    assert not BulkAction.objects.exists()
    assert signed_in.post(URL, {**held(answer), "then": "save"}).status_code == 302
    assert values("location") == ["Attic"] * 3


def test_all_that_match_are_edited(signed_in: Client, three: list[SipExtension]) -> None:
    answer = signed_in.post(
        URL,
        {"all": "yes", "filter": "q=1001", "count": "1", "then": "preview", "do_location": "set", "location": "Attic"},
    )
    signed_in.post(URL, {**held(answer), "then": "save"})
    assert values("location") == ["Hall", "Attic", "Hall"]


def test_a_local_administrator_edits_and_undoes_only_in_reach(client: Client, three: list[SipExtension]) -> None:
    sales = department("Sales")
    role = Role.objects.create(name="Sales desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    three[0].user.organizations.set([sales, Organization.company()])
    client.force_login(make_user("Lena", custom=role))
    action = edited(client, do_location="set", location="Attic", do_organizations="set", organizations=[str(sales.pk)])
    assert values("location") == ["Attic", "Hall", "Hall"]
    assert set(three[0].user.organizations.all()) == {sales, Organization.company()}
    three[0].user.organizations.set([Organization.company()])
    assert "not in your scope" in undo(client, action)
    assert values("location") == ["Attic", "Hall", "Hall"]
