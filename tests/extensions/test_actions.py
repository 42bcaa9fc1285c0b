"""Deleting, disabling and revealing: what is done, what is refused, and the trace that each leaves."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils.timezone import localdate
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from accounts.sessions.models import Session
from core.access.permissions import Permission
from core.audit import log
from core.audit.models import AuditRecord
from extensions import actions as deeds
from extensions.actions import ActionRefusedError, UnseenError
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.bench.page import form_with
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user
from trunks.models import RingGroup


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def actions() -> list[str]:
    return list(AuditRecord.objects.order_by("id").values_list("action", flat=True))


def test_deleting_takes_the_person_and_leaves_a_waiting_change(signed_in: Client) -> None:
    extension = make_extension("1000", first_name="Grace")
    page = signed_in.get("/extensions/1000/delete/").content.decode()
    assert "Grace" in page
    assert signed_in.post("/extensions/1000/delete/", {"then": "save"}).status_code == 302
    assert not SipExtension.objects.exists()
    assert not User.objects.filter(pk=extension.user.pk).exists()
    assert Change.objects.waiting().numbers() == ["1000"]
    assert actions()[-1] == "extension.deleted"


def test_nobody_deletes_or_disables_themselves(signed_in: Client, ada: User) -> None:
    make_extension("1000", user=ada)
    assert signed_in.post("/extensions/1000/delete/", {"then": "apply"}).status_code == 409
    answer = signed_in.post("/extensions/1000/toggle/")
    assert answer["Location"] == "/extensions/1000/"
    assert [*map(str, get_messages(answer.wsgi_request))] == [OWN["disable"]]
    assert SipExtension.objects.get().enabled


@pytest.mark.parametrize(
    ("said", "back"),
    [
        ("/extensions/?q=ada&page=2", ""),
        *(
            (each, "/extensions/1000/")
            for each in (
                "",
                "//evil.example",
                "/\\evil.example",
                "https://evil.example/",
                "review",
                "?q=1",
                "x",
                "%",
                "http:///x",
            )
        ),
    ],
)
def test_whoever_disables_in_the_list_stays_in_it(signed_in: Client, ada: User, said: str, back: str) -> None:
    make_extension("1000")
    Change.objects.update(by=ada)
    for enabled in ("no", "yes"):
        answer = signed_in.post("/extensions/1000/toggle/", {"enabled": enabled, "next": said})
        assert answer["Location"] == (back or said)


def test_the_list_says_where_it_is(signed_in: Client) -> None:
    extension = make_extension("1000")
    path = f"/extensions/?q={extension.number}"
    form = signed_in.get(path).content.decode().partition('<form id="row-form"')[2].partition("</form>")[0]
    assert f'name="next" value="{path}"' in form


def test_what_somebody_else_has_saved_since_is_not_deleted_unseen(signed_in: Client) -> None:
    extension = make_extension("1000")
    seen = form_with("version", signed_in.get("/extensions/1000/delete/").content.decode())
    with changes.edit("1000", None) as edited:
        edited.location = "Cellar"
    page = signed_in.post("/extensions/1000/delete/", seen | {"then": "save"}, follow=True).content.decode()
    assert "Nothing was deleted because someone else saved a change." in page
    assert SipExtension.objects.get().pk == extension.pk
    assert signed_in.post("/extensions/1000/delete/", form_with("version", page) | {"then": "save"}).status_code == 302
    assert not SipExtension.objects.exists()


def test_each_reveal_is_recorded_and_the_page_is_not_kept(signed_in: Client) -> None:
    extension = make_extension("1000")
    answer = signed_in.post("/extensions/1000/registration-password/", headers={"HX-Request": "true"})
    assert extension.registration_password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    record = AuditRecord.objects.first()
    assert record is not None
    assert (record.action, record.on, record.by_email) == ("extension.password_revealed", "1000", "ada@example.com")


def test_the_password_of_an_extension_is_on_no_page_unasked(signed_in: Client) -> None:
    extension = make_extension("1000")
    for url in ("", "1000/", "1000/edit/", "1000/delete/", "status/?n=1000"):
        assert extension.registration_password not in html_of(signed_in, f"/extensions/{url}")


def test_no_secret_reaches_the_trail_the_changes_or_the_database_in_clear(signed_in: Client) -> None:
    typed = Typed()
    signed_in.post("/extensions/add/", {**typed.fields, "then": "apply"})
    dump = "".join(
        str(row)
        for model in (AuditRecord, Change, Session, SipExtension, User)
        for row in model._default_manager.values()
    )
    assert Session.objects.exists()
    for secret in (typed.fields["password"], typed.fields["registration_password"]):
        assert secret not in dump


def test_the_new_user_password_is_shown_once(signed_in: Client) -> None:
    typed = Typed()
    signed_in.post("/extensions/add/", typed.fields)
    assert typed.fields["password"] in html_of(signed_in, "/extensions/1000/")
    assert typed.fields["password"] not in html_of(signed_in, "/extensions/1000/")


def test_a_change_that_no_phone_notices_does_not_wait(signed_in: Client) -> None:
    signed_in.post("/extensions/add/", Typed().fields)
    Change.objects.all().delete()
    kept = {"version": "1", "password": "", "registration_password": "", "caller_id": "1000", "job_title": "Admiral"}
    signed_in.post("/extensions/1000/edit/", Typed(more=kept).fields)
    assert SipExtension.objects.get().user.job_title == "Admiral"
    assert not Change.objects.exists()
    assert actions()[-1] == "extension.changed"


def test_without_a_pbx_an_apply_waits_and_says_so(signed_in: Client, settings: Settings) -> None:
    settings.AMI_PORT = 9
    answer = signed_in.post("/extensions/add/", {**Typed().fields, "then": "apply"}, follow=True)
    assert answer.status_code == 200
    assert "Waiting for the PBX" in answer.content.decode()
    assert Change.objects.waiting().numbers() == ["1000"]


def test_an_audit_record_is_written_once(ada: User) -> None:
    log.record(ada, "extension.changed", "1000")
    record = AuditRecord.objects.get()
    with pytest.raises(TypeError):
        record.save()


def test_a_stale_page_does_not_turn_a_disable_into_an_enable(signed_in: Client) -> None:
    make_extension("1000")
    for _ in range(2):
        assert signed_in.post("/extensions/1000/toggle/", {"enabled": "no"}).status_code == 302
        assert not SipExtension.objects.get().enabled
    signed_in.post("/extensions/1000/toggle/", {"enabled": "yes"})
    assert SipExtension.objects.get().enabled


ENDING = ("toggle/", "leave/", "delete/", "sign-in/")


def offered(client: Client, path: str) -> set[str]:
    html = client.get(path).content.decode()
    return {
        action
        for action in ENDING
        if f'action="/extensions/1000/{action}"' in html or f'href="/extensions/1000/{action}"' in html
    }


@pytest.mark.parametrize("path", ["/extensions/", "/extensions/1000/"])
def test_what_is_always_refused_of_ones_own_extension_is_not_offered(signed_in: Client, ada: User, path: str) -> None:
    extension = make_extension("1000", user=ada)
    assert offered(signed_in, path) == set()
    extension.enabled = False
    extension.save()
    assert offered(signed_in, path) == {"toggle/"}
    extension.user = make_user("Grace")
    extension.save()
    assert {"toggle/", "leave/", "delete/"} <= offered(signed_in, path)


def test_of_the_last_super_administrator_only_what_is_possible_is_offered(client: Client, ada: User) -> None:
    everything = Role.objects.create(name="Everything", granted=list(Permission))
    client.force_login(make_user("Eve", custom=everything))
    make_extension("1000", user=ada)
    assert offered(client, "/extensions/1000/") == {"toggle/"}
    make_user("Zoë", role="super_administrator")
    assert offered(client, "/extensions/1000/") == set(ENDING)


OWN = {
    "delete": "This is your own extension. Another administrator must delete it.",
    "disable": "This is your own extension. Another administrator must disable it.",
    "leave": "This is your own extension. Another administrator must offboard you.",
    "undo": "This would remove your own extension. Another administrator must do it.",
}


@pytest.mark.parametrize("action", [*OWN])
def test_what_may_not_be_done_and_why(ada: User, hugo: User, action: str) -> None:
    own, other = make_extension("1000", user=ada), make_extension("1001")
    make_extension("1002")
    group = RingGroup.objects.create(name="All", number="3000", members=["1002"])
    last = "Ada is the last Super Administrator. Give someone else this role first."
    every = [*SipExtension.objects.all()]
    found = deeds.refusals(action, every, ada)
    needed = action in ("delete", "undo")
    assert found.pop("1000") == deeds.refusal(action, own, ada) == OWN[action]
    assert [*found] == (["1002"] if needed else [])
    assert all(words.startswith("1002 is a member of the ring group All.") for words in found.values())
    by_another = deeds.refusals(action, [own, other], hugo)
    assert by_another == ({} if action == "disable" else {"1000": last})
    group.delete()
    assert [*deeds.refusals(action, every, ada)] == ["1000"]
    assert deeds.refusal(action, other, None) == ""


def test_what_goes_with_an_extension_is_named(ada: User) -> None:
    grace, lobby = make_extension("1000", user=make_user("Grace")), make_extension("1001", first_name="Lobby")
    make_extension("1002")
    make_extension("1003")
    number = "Number {} and its registration. Phones that use it stop working"
    name = "{} in every list. Past values remain only in Apply History"
    assert deeds.lost_by_deleting(lobby, ada) == [number.format("1001"), name.format("Lobby")]
    sign_in = "The sign-in account of Grace (grace@example.com)"
    assert deeds.lost_by_deleting(grace, ada) == [number.format("1000"), sign_in, name.format("Grace")]
    deeds.leave("1002", ada, "1000", None)
    one = "Call redirection from 1 number (1002). Its calls no longer ring anyone"
    assert deeds.lost_by_deleting(grace, ada)[2] == one
    deeds.leave("1003", ada, "1000", None)
    two = "Call redirection from 2 numbers (1002, 1003). Their calls no longer ring anyone"
    assert deeds.lost_by_deleting(grace, ada)[2] == two
    assert deeds.delete("1000", ada) == ["1002", "1003"]
    assert not SipExtension.objects.exclude(handed_to=None).exists()


def test_what_has_become_otherwise_meanwhile_is_said(ada: User) -> None:
    extension, gone = make_extension("1000", first_name="Grace"), "Someone else has deleted this extension."
    for do in (deeds.enable, deeds.disable, deeds.delete, deeds.block_sign_in, deeds.allow_sign_in):
        with pytest.raises(ActionRefusedError, match=gone):
            do("1999", ada)
    with pytest.raises(ActionRefusedError, match=gone):
        deeds.leave("1999", ada, None, None)
    with pytest.raises(UnseenError):
        deeds.delete("1000", ada, extension.version + 1)
    deeds.disable("1000", ada)
    make_extension("1001")
    for to in ("1998", "1000"):
        with pytest.raises(ActionRefusedError, match=rf"Choose someone else\. {to} has been disabled or deleted\."):
            deeds.leave("1001", ada, to, None)
    deeds.leave("1000", ada, None, None)
    with pytest.raises(ActionRefusedError, match=r"Grace is offboarded\. Restore this person, or delete"):
        deeds.enable("1000", ada)
    with pytest.raises(ActionRefusedError, match=r"Grace is offboarded\. Restore this person first\."):
        deeds.allow_sign_in("1000", ada)
    assert deeds.come_back("1000", ada)
    assert not deeds.come_back("1000", ada)
    assert not deeds.come_back("1999", ada)
    assert deeds.delete("1000", ada, SipExtension.objects.get(number="1000").version) == []


def test_those_that_are_due_are_deleted_and_no_others(ada: User) -> None:
    today = localdate()
    days = {"1000": today, "1001": today - timedelta(days=1), "1002": today + timedelta(days=1), "1003": None}
    for number, day in days.items():
        make_extension(number)
        deeds.leave(number, ada, None, day)
    make_extension("1004")
    Change.objects.all().delete()
    RingGroup.objects.create(name="All", number="3000", members=["1001"])
    assert deeds.delete_due(today) == ["1000"]
    assert [each.number for each in SipExtension.objects.all()] == ["1001", "1002", "1003", "1004"]
    assert deeds.delete_due(today) == ["1000"]  # as it still waits
    make_extension("1000")
    assert deeds.delete_due(today) == []
