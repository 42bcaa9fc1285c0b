"""What is done to many at once: whom it concerns, who is left out and why, and the undo of it."""

import csv
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from accounts.profile.models import Avatar
from accounts.sessions.models import Session
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from extensions import actions
from extensions.bulk import page as page_of_bulk
from extensions.bulk import views
from extensions.bulk.deeds import DEEDS, Deed, digest
from extensions.changes import many
from extensions.changes import record as changes
from extensions.models import BulkAction, BulkItem, Change, SipExtension
from tests.people import be_stale, make_extension, make_user
from trunks.models import RingGroup


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def four(ada: User) -> list[SipExtension]:
    """The first is one's own, the second's person signs in."""
    make_extension("1000", user=ada)
    make_extension("1001", user=make_user("Grace"))
    for number in ("1002", "1003"):
        make_extension(number)
    Change.objects.all().delete()
    return list(SipExtension.objects.all())


def page(client: Client, code: str) -> Any:
    return client.get(f"/extensions/bulk/{code}/?n=1000&n=1001&n=1002&n=1003").context


def left_out(client: Client, code: str) -> dict[str, str]:
    return {row["number"]: row["why"] for row in page(client, code)["left_out"]}


def done(client: Client, code: str) -> BulkAction:
    seen = page(client, code)["seen"]
    sent = {"n": ["1000", "1001", "1002", "1003"], "seen": seen, "then": "save"}
    answer = client.post(f"/extensions/bulk/{code}/", sent)
    assert answer.status_code == 302, answer.context
    return BulkAction.objects.get(pk=answer["Location"].split("/")[-2])


def undo(client: Client, action: BulkAction) -> str:
    return str(client.post(f"/extensions/bulk/{action.pk}/undo/", follow=True).content.decode())


def enabled() -> list[bool]:
    return list(SipExtension.objects.order_by("position").values_list("enabled", flat=True))


def test_what_takes_something_away_for_good_is_in_red(signed_in: Client, four: list[SipExtension]) -> None:
    def is_red(code: str) -> bool:
        page = signed_in.get(f"/extensions/bulk/{code}/?n=1001&n=1002").content.decode()
        return "btn-danger" in page

    red = {code: is_red(code) for code in DEEDS}
    assert {code for code in red if red[code]} == {"new-passwords", "delete"}
    assert len(red) > 4


def test_disabled_enabled_and_undone(signed_in: Client, four: list[SipExtension]) -> None:
    actions.disable("1002", None)
    assert left_out(signed_in, "disable") == {
        "1000": "This is your own extension. Another administrator must disable it.",
        "1002": "Already disabled",
    }
    first = done(signed_in, "disable")
    assert (enabled(), first.count) == ([True, False, False, False], 2)
    second = done(signed_in, "enable")
    assert (enabled(), second.count) == ([True] * 4, 3)
    undo(signed_in, second)
    undo(signed_in, first)
    assert enabled() == [True, True, False, True]
    call_command("verify_audit")


def test_one_who_was_offboarded_since_stays_so(signed_in: Client, four: list[SipExtension], ada: User) -> None:
    first = done(signed_in, "disable")
    actions.leave("1003", ada, None, None)
    assert left_out(signed_in, "enable")["1003"] == "Offboarded"
    assert "except for 1 value" in undo(signed_in, first)
    assert enabled() == [True, True, True, False]


def test_sign_in_is_blocked_and_sessions_end(signed_in: Client, four: list[SipExtension]) -> None:
    grace = User.objects.get(first_name="Grace")
    Client().force_login(grace)
    assert Session.objects.filter(user=grace).exists()
    assert left_out(signed_in, "block-sign-in") == {
        "1000": "This is your own extension. Another administrator must offboard you.",
        "1002": "No e-mail address",
        "1003": "No e-mail address",
    }
    action = done(signed_in, "block-sign-in")
    grace.refresh_from_db()
    assert (grace.is_active, Session.objects.filter(user=grace).exists()) == (False, False)
    undo(signed_in, action)
    grace.refresh_from_db()
    assert grace.is_active


@pytest.mark.parametrize("code", ["block-sign-in", "delete"])
def test_the_last_super_administrators_are_not_all_blocked_or_deleted(
    client: Client, four: list[SipExtension], ada: User, code: str
) -> None:
    User.objects.filter(first_name="Grace").update(role=ada.role)
    client.force_login(make_user("Eve", custom=Role.objects.create(name="Everything", granted=[*Permission])))
    seen = client.get(f"/extensions/bulk/{code}/?n=1000&n=1001").context["seen"]
    answer = client.post(f"/extensions/bulk/{code}/", {"n": ["1000", "1001"], "seen": seen, "then": "save"})
    assert answer.status_code == 200
    assert "This would leave no Super Administrator." in answer.content.decode()
    assert User.objects.super_administrators().count() == 2
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("few", [50, 1])
def test_new_passwords_are_given_once_after_the_password_is_asked_for(
    signed_in: Client, four: list[SipExtension], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(many, "FEW", few)  # of more sets of values than that, the rows are written one by one
    before = {each.number: each.registration_password for each in four}
    seen = page(signed_in, "new-passwords")["seen"]
    be_stale(signed_in)
    sent = {"n": [*before], "seen": seen, "then": "save"}
    assert signed_in.post("/extensions/bulk/new-passwords/", sent)["Location"].startswith("/sign-in/again/")
    signed_in.force_login(User.objects.get(first_name="Ada"))
    action = done(signed_in, "new-passwords")
    file = signed_in.post(f"/extensions/bulk/{action.pk}/credentials/").content.decode("utf-8-sig")
    given = {row["Extension Number"]: row["Registration Password"] for row in csv.DictReader(StringIO(file))}
    assert given == {each.number: each.registration_password for each in SipExtension.objects.all()}
    assert set(given.values()).isdisjoint(before.values())
    assert not AuditRecord.objects.filter(detail__icontains=given["1001"]).exists()
    undo(signed_in, action)
    assert {each.number: each.registration_password for each in SipExtension.objects.all()} == before


def test_deleted_with_what_belongs_to_them_and_made_again(signed_in: Client, four: list[SipExtension]) -> None:
    RingGroup.objects.create(name="All", number="3000", members=["1003"])
    grace = User.objects.get(first_name="Grace")
    Avatar.objects.create(user=grace, image=b"x", version="0123456789abcdef")
    why = left_out(signed_in, "delete")
    assert [*why] == ["1000", "1003"]
    assert why["1003"].startswith("1003 is a member of the ring group All.")
    action = done(signed_in, "delete")
    assert list(SipExtension.objects.values_list("number", flat=True)) == ["1000", "1003"]
    assert not User.objects.filter(pk=grace.pk).exists()
    assert Change.objects.waiting().numbers() == ["1001", "1002"]
    undo(signed_in, action)
    again = SipExtension.objects.get(number="1001")
    assert (again.user.pk, again.user.email, again.user.avatar.image) == (grace.pk, "grace@example.com", b"x")
    call_command("verify_audit")


def test_numbers_of_the_offboarded_ring_nobody_when_their_colleague_goes(
    signed_in: Client, four: list[SipExtension], ada: User
) -> None:
    make_extension("1004")
    actions.leave("1004", ada, "1001", None)
    done(signed_in, "delete")
    assert SipExtension.objects.get(number="1004").handed_to is None


@pytest.mark.parametrize(("numbers", "lost"), [(["1001"], ["1004"]), (["1001", "1004"], []), (["1002"], [])])
def test_numbers_that_ring_nobody_now_are_given_to_be_applied(
    four: list[SipExtension], ada: User, numbers: list[str], lost: list[str]
) -> None:
    make_extension("1004")
    actions.leave("1004", ada, "1001", None)
    seen = digest([*SipExtension.objects.filter(number__in=numbers)])
    action, given = DEEDS["delete"].do(numbers, ada, seen, uuid.uuid4())
    assert (given, action.count) == (lost, len(numbers))
    assert SipExtension.objects.filter(number="1004", handed_to=None).exists() == (given == ["1004"])


def test_apply_sends_those_that_ring_nobody_now_as_well(
    signed_in: Client, four: list[SipExtension], ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_extension("1004")
    actions.leave("1004", ada, "1001", None)
    Change.objects.all().delete()  # of somebody else
    sent: list[list[str]] = []

    def apply(_request: Any, numbers: list[str], *_more: str) -> HttpResponse:
        sent.append(sorted(numbers))
        return HttpResponse()

    monkeypatch.setattr(page_of_bulk, "apply_numbers", apply)
    seen = signed_in.get("/extensions/bulk/delete/?n=1001").context["seen"]
    answer = signed_in.post("/extensions/bulk/delete/", {"n": ["1001"], "seen": seen, "then": "apply"})
    assert sent == [["1001", "1004"]]
    assert [*get_messages(answer.wsgi_request)] == []


def test_a_long_selection_is_shown_in_part_and_counted_whole(signed_in: Client, four: list[SipExtension]) -> None:
    for number in range(1004, 1027):
        make_extension(str(number), enabled=number != 1026)
    numbers = [str(number) for number in range(1000, 1027)]
    shown = signed_in.get("/extensions/bulk/disable/", {"n": numbers}).context
    assert (shown["count"], len(shown["shown"]), shown["more"], shown["left_out_more"]) == (25, 25, 0, 0)
    assert shown["shown"][0] == {"number": "1001", "name": "Grace"}
    assert [row["number"] for row in shown["left_out"]] == ["1000", "1026"]
    assert (str(shown["button"]), shown["waits_for_apply"]) == ("Disable 25 extensions", True)
    shown = signed_in.get("/extensions/bulk/enable/", {"n": numbers}).context
    assert (shown["count"], str(shown["button"])) == (1, "Enable 1 extension")
    assert (len(shown["left_out"]), shown["left_out_more"]) == (25, 1)
    assert not signed_in.get("/extensions/bulk/block-sign-in/", {"n": numbers}).context["waits_for_apply"]
    action = done(signed_in, "disable")
    result = signed_in.get(action.get_absolute_url()).context
    assert [row["number"] for row in result["rows"]] == ["1001", "1002", "1003"]
    assert (result["more"], result["waiting"], result["may_undo"], result["may_download"]) == (0, 3, 3, False)


def test_the_result_of_many_is_shown_in_part(signed_in: Client, four: list[SipExtension]) -> None:
    numbers = [str(number) for number in range(1001, 1027)]
    for number in numbers[3:]:
        make_extension(number)
    seen = signed_in.get("/extensions/bulk/disable/", {"n": numbers}).context["seen"]
    answer = signed_in.post("/extensions/bulk/disable/", {"n": numbers, "seen": seen, "then": "save"}, follow=True)
    result = answer.context
    assert (len(result["rows"]), result["more"], result["waiting"]) == (25, 1, 26)
    assert result["rows"][0] == {"number": "1001", "name": "Grace"}


def test_something_that_changed_meanwhile_is_looked_at_again(signed_in: Client, four: list[SipExtension]) -> None:
    seen = page(signed_in, "disable")["seen"]
    actions.disable("1001", None)
    sent = {"n": ["1000", "1001", "1002", "1003"], "seen": seen, "then": "save"}
    assert "something has changed" in signed_in.post("/extensions/bulk/disable/", sent).content.decode()
    assert enabled() == [True, False, True, True]


@pytest.mark.parametrize("code", ["disable", "delete"])
def test_what_somebody_saves_while_it_waits_for_its_turn_is_looked_at_first(
    code: str, signed_in: Client, four: list[SipExtension], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"n": ["1000", "1001", "1002", "1003"], "seen": page(signed_in, code)["seen"], "then": "save"}
    do = Deed.do

    def later(deed: Deed, *args: Any) -> Any:
        with changes.edit("1001", None) as extension:
            extension.location = "Cellar"
        return do(deed, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Deed, "do", later)
        answer = signed_in.post(f"/extensions/bulk/{code}/", sent)
    assert answer.status_code == 200
    assert "something has changed" in answer.content.decode()
    assert enabled() == [True] * 4
    assert not BulkAction.objects.exists()
    assert signed_in.post(f"/extensions/bulk/{code}/", sent | {"seen": answer.context["seen"]}).status_code == 302


def test_who_reaches_some_sees_their_own_actions_alone(signed_in: Client, four: list[SipExtension], hugo: User) -> None:
    action = done(signed_in, "disable")
    other = Client()
    other.force_login(hugo)
    assert other.get(action.get_absolute_url()).status_code == 200  # of a role that reaches all
    assert other.get("/extensions/bulk/no-such-action/").status_code == 404


def test_old_ones_are_forgotten_and_credentials_after_a_day(signed_in: Client, four: list[SipExtension]) -> None:
    action = done(signed_in, "new-passwords")
    BulkAction.objects.update(at=timezone.now() - timedelta(days=2))
    assert signed_in.get("/extensions/bulk/").status_code == 200
    action.refresh_from_db()
    assert not action.sealed_credentials
    BulkAction.objects.update(at=timezone.now() - timedelta(days=31))
    done(signed_in, "disable")
    assert BulkAction.objects.count() == 1
    assert set(BulkItem.objects.values_list("action__kind", flat=True)) == {"disabled"}


def sent_twice(client: Client, code: str, numbers: list[str]) -> tuple[Any, str]:
    """The first answer, and the page that the second one led to."""
    query = "&".join(f"n={number}" for number in numbers)
    shown = client.get(f"/extensions/bulk/{code}/?{query}").context
    sent = {"n": numbers, "seen": shown["seen"], "form_token": str(shown["token"]), "then": "save"}
    first = client.post(f"/extensions/bulk/{code}/", sent)
    again = client.post(f"/extensions/bulk/{code}/", sent, follow=True)
    assert again.redirect_chain == [(first["Location"], 302)]
    return first, again.content.decode()


@pytest.mark.parametrize("code", ["disable", "block-sign-in", "new-passwords", "delete"])
def test_sent_again_as_no_answer_came_it_is_done_once(signed_in: Client, four: list[SipExtension], code: str) -> None:
    first, page = sent_twice(signed_in, code, ["1001"])
    assert "This was already done. It was not done again." in page
    action = BulkAction.objects.get()
    assert first["Location"] == action.get_absolute_url()
    assert ("Download credentials" in page) == (code == "new-passwords")
    assert action.count == BulkItem.objects.count() == 1


def test_sent_twice_at_once_it_is_done_once(
    signed_in: Client, four: list[SipExtension], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = page(signed_in, "new-passwords")
    sent = {"n": ["1001", "1002"], "form_token": str(shown["token"]), "then": "save"}
    sent["seen"] = signed_in.get("/extensions/bulk/new-passwords/?n=1001&n=1002").context["seen"]
    other = Client()
    other.force_login(User.objects.get(first_name="Ada"))
    look, answers = page_of_bulk.done_before, []

    def meanwhile(request: Any) -> BulkAction | None:
        found = look(request)
        monkeypatch.setattr(views, "done_before", look)
        answers.append(other.post("/extensions/bulk/new-passwords/", sent))
        return found

    monkeypatch.setattr(views, "done_before", meanwhile)
    answers.append(signed_in.post("/extensions/bulk/new-passwords/", sent))
    assert [answer["Location"] for answer in answers] == [BulkAction.objects.get().get_absolute_url()] * 2
    assert Change.objects.count() == 2


def test_what_is_undone_is_not_applied_by_sending_it_again(signed_in: Client, four: list[SipExtension]) -> None:
    shown = page(signed_in, "disable")
    sent = {"n": ["1001"], "form_token": str(shown["token"]), "then": "save"}
    sent["seen"] = signed_in.get("/extensions/bulk/disable/?n=1001").context["seen"]
    signed_in.post("/extensions/bulk/disable/", sent)
    undo(signed_in, BulkAction.objects.get())
    answer = signed_in.post("/extensions/bulk/disable/", {**sent, "then": "apply"})
    assert answer["Location"] == BulkAction.objects.get().get_absolute_url()
    assert Change.objects.waiting().count() == 2


def test_credentials_that_were_not_sent_can_be_downloaded_again(signed_in: Client, four: list[SipExtension]) -> None:
    action = done(signed_in, "new-passwords")
    path = f"/extensions/bulk/{action.pk}/credentials/"
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(views.CredentialsFile, "close", HttpResponse.close)
        assert signed_in.post(path).status_code == 200
    assert signed_in.post(path).status_code == 200
    assert signed_in.post(path).status_code == 302
    assert AuditRecord.objects.filter(action="bulk.credentials_downloaded").count() == 2
