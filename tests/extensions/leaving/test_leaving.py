"""Somebody leaves and comes back: who may see to it, what is asked, what is done, and the trace that it leaves."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.timezone import localdate
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from accounts.sessions import active as active_sessions
from accounts.sessions.models import Session
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions import actions
from extensions.actions import ActionRefusedError
from extensions.changes import record as changes
from extensions.changes.state import CannotPutBack
from extensions.leaving.forms import LeaveForm
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.pages import html_of
from tests.people import PASSWORD, make_extension, make_user

LEAVE = {"calls": "nobody", "keep": "30", "then": "leave"}


@pytest.fixture(autouse=True)
def without_pbx(settings: Settings) -> None:
    settings.AMI_PORT = 9


@pytest.fixture
def grace(db: None) -> SipExtension:
    return make_extension("1001", user=make_user("Grace", last_name="Hopper"))


@pytest.fixture
def linus(db: None) -> SipExtension:
    return make_extension("1002", first_name="Linus", last_name="Torvalds")


@pytest.fixture
def adas(client: Client, ada: User) -> Client:
    client.force_login(ada)
    Change.objects.update(by=ada)
    return client


def again(extension: SipExtension) -> SipExtension:
    return SipExtension.objects.select_related("user").get(pk=extension.pk)


def leaves(extension: SipExtension, by: User, **answers: str) -> list[str]:
    form = LeaveForm({**LEAVE, **answers}, extension=again(extension), by=by)
    assert form.is_valid(), form.errors
    return form.save()


def errors(client: Client, **answers: str) -> dict[str, str]:
    answer = client.post("/extensions/1001/leave/", {**LEAVE, **answers})
    assert answer.status_code == 422, answer.status_code
    return {each["id"]: each["message"] for each in answer.context["errors"]}


def actions_on(on: str = "1001") -> list[tuple[str, str]]:
    found = AuditRecord.objects.filter(on=on).order_by("id")
    return [(record.action, record.who) for record in found if record.action.startswith("extension")]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_out(browser: Client) -> bool:
    return browser.get("/").headers.get("Location", "").startswith("/sign-in/")


# --- the questions ---


def test_the_form_asks_and_says_that_nothing_is_deleted_yet(
    adas: Client, grace: SipExtension, linus: SipExtension
) -> None:
    page = adas.get("/extensions/1001/leave/").content.decode()
    for words in ("grace@example.com is signed out everywhere", "Nobody answers", "A colleague’s phones ring"):
        assert words in page
    assert f"deleted on {localdate() + timedelta(days=30):%m/%d/%Y}" in page
    assert again(grace).enabled


def test_before_it_is_done_it_is_said_what_will_be(adas: Client, grace: SipExtension, linus: SipExtension) -> None:
    signed_in(grace.user)
    signed_in(grace.user)
    answers = {**LEAVE, "calls": "colleague", "colleague": "Torvalds", "keep": "7", "then": "check"}
    page = " ".join(adas.post("/extensions/1001/leave/", answers).content.decode().split())
    for words in (
        "2 sessions end",
        "<bdi>Linus Torvalds</bdi>",
        f"On {localdate() + timedelta(days=7):%m/%d/%Y}, in 7 days, by itself",
        "Number 1001 and its registration",
        "Leave and Apply",
    ):
        assert words in page, words
    assert again(grace).enabled
    assert Session.objects.count() == 3


@pytest.mark.parametrize("keep", ["7", "30", "90"])
def test_it_is_kept_for_some_days(adas: Client, grace: SipExtension, keep: str) -> None:
    assert adas.post("/extensions/1001/leave/", {**LEAVE, "keep": keep}).status_code == 302
    assert again(grace).delete_on == localdate() + timedelta(days=int(keep))


def test_it_is_kept_until_a_date_or_for_good(adas: Client, grace: SipExtension) -> None:
    day = str(localdate() + timedelta(days=1))
    adas.post("/extensions/1001/leave/", {**LEAVE, "keep": "date", "delete_on": day})
    assert str(again(grace).delete_on) == day
    adas.post("/extensions/1001/leave/", {**LEAVE, "keep": "forever", "delete_on": day})
    assert again(grace).delete_on is None
    assert again(grace).left_on == localdate()


TODAY, LATE = str(localdate()), str(localdate() + timedelta(days=4000))


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"calls": "voicemail"}, "id_calls", "Choose who"),
        ({"calls": ""}, "id_calls", "Choose who"),
        ({"keep": "8"}, "id_keep", "Choose how long"),
        ({"keep": "date", "delete_on": ""}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": TODAY}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": LATE}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": "soon"}, "id_delete_on", "such as 2026-12-24"),
        ({"calls": "colleague"}, "id_colleague", "number or the name"),
        ({"calls": "colleague", "colleague": "nobody-like-this"}, "id_colleague", "Nobody matches"),
        ({"calls": "colleague", "colleague": "1001"}, "id_colleague", "somebody else"),
        ({"calls": "colleague", "colleague": "1003"}, "id_colleague", "disabled"),
        ({"calls": "colleague", "colleague": "1004"}, "id_colleague", "has left too"),
        ({"calls": "colleague", "handed_to": "1004"}, "id_colleague", "number or the name"),
        ({"calls": "colleague", "handed_to": "100200300"}, "id_colleague", "at most 8"),
        ({"calls": "colleague", "colleague": "x" * 101}, "id_colleague", "at most 100"),
        ({"calls": "colleague", "colleague": "Twin"}, "id_colleague", "2 people match"),
        ({"calls": "colleague", "colleague": "a\0b"}, "id_colleague", "Null characters"),
    ],
)
def test_bad_answers_are_refused_at_their_field(
    adas: Client, ada: User, grace: SipExtension, answers: dict[str, str], field: str, words: str
) -> None:
    make_extension("1003", first_name="Disabled", enabled=False)
    leaves(make_extension("1004", first_name="Gone"), ada)
    for number in ("1020", "1021"):
        make_extension(number, first_name="Twin")
    found = errors(adas, **answers)
    assert list(found) == [field], found
    assert words in found[field]
    assert again(grace).enabled


def test_the_one_who_is_chosen_of_several_is_taken(adas: Client, grace: SipExtension) -> None:
    make_extension("1007", first_name="Twin")
    make_extension("1008", first_name="Twin")
    answers = {**LEAVE, "calls": "colleague", "colleague": "Twin", "handed_to": "1008"}
    assert adas.post("/extensions/1001/leave/", answers).status_code == 302
    assert again(grace).handed_to == SipExtension.objects.get(number="1008")


def test_without_scripts_a_button_searches(adas: Client, grace: SipExtension, linus: SipExtension) -> None:
    answer = adas.post("/extensions/1001/leave/", {**LEAVE, "colleague": "torv", "then": "search"})
    assert answer.status_code == 200
    assert [each.number for each in answer.context["matches"]] == ["1002"]
    assert not answer.context["errors"]
    assert 'id="calls-colleague" value="colleague" checked' in " ".join(answer.content.decode().split())


def test_enter_in_another_field_goes_on(adas: Client, grace: SipExtension) -> None:
    """A browser then presses the first button, which searches."""
    answer = adas.post("/extensions/1001/leave/", {**LEAVE, "then": "search", "colleague": " "})
    assert "Leave and Apply" in answer.content.decode()
    assert '<input type="hidden" name="calls" value="nobody">' in answer.content.decode()


def test_the_search_shows_who_can_take_the_calls(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(make_extension("1005", first_name="Twin"), ada)
    make_extension("1006", first_name="Twin", enabled=False)
    for number in range(1010, 1022):
        make_extension(str(number), first_name="Twin")
    answer = adas.get("/extensions/1001/leave/colleagues/?colleague=twin")
    assert [each.number for each in answer.context["matches"]] == [str(n) for n in range(1010, 1018)]
    assert "And 4 more" in answer.content.decode()
    assert html_of(adas, "/extensions/1001/leave/colleagues/?colleague=").strip() == ""


# --- the action ---


def test_who_leaves_is_disabled_signed_out_and_recorded(adas: Client, ada: User, grace: SipExtension) -> None:
    browsers = [signed_in(grace.user), signed_in(grace.user)]
    others = signed_in(make_user("Vic"))
    answer = adas.post("/extensions/1001/leave/", LEAVE, follow=True)
    assert "Grace Hopper has left" in answer.content.decode()
    one = again(grace)
    assert (one.enabled, one.user.is_active, one.left_on) == (False, False, localdate())
    for browser in browsers:
        assert is_out(browser)
    assert not is_out(others)
    assert list(active_sessions.of(grace.user)) == []
    assert actions_on()[-1] == ("extension.left", "ada@example.com")
    fields = AuditRecord.objects.get(action="extension.left").detail["fields"]
    assert fields["is_active"] == ["on", "off"]
    assert fields["enabled"] == ["yes", "no"]


def test_an_open_page_of_one_whose_sign_in_ended_is_out_although_its_session_is_there(grace: SipExtension) -> None:
    """Even if a session came into being between the two actions."""
    browser = signed_in(grace.user)
    assert browser.get("/extensions/1001/").status_code == 200
    User.objects.filter(pk=grace.user.pk).update(is_active=False)
    assert Session.objects.exists()
    assert is_out(browser)


def test_a_sign_in_that_ended_is_answered_as_a_wrong_password(client: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    right = client.post("/sign-in/", {"login": "grace@example.com", "password": PASSWORD})
    wrong = client.post("/sign-in/", {"login": "grace@example.com", "password": "Wrong7Horse9Staple"})
    unknown = client.post("/sign-in/", {"login": "nobody@example.com", "password": PASSWORD})
    assert right.status_code == wrong.status_code == unknown.status_code == 200
    assert right.context["form"].errors == wrong.context["form"].errors == unknown.context["form"].errors
    assert "is incorrect" in right.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_sign_in_that_ended_counts_as_a_failed_one(client: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    said = [
        str(client.post("/sign-in/", {"login": "grace@example.com", "password": PASSWORD}).context["form"].errors)
        for _ in range(12)
    ]
    assert "is incorrect" in said[0]
    assert "Too many failed sign-ins" in said[-1]


def test_the_plan_is_changed_later_without_leaving_again(
    adas: Client, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    page = adas.get("/extensions/1001/leave/").content.decode()
    assert f'value="{localdate() + timedelta(days=30)}"' in page
    assert 'value="1002"' in page
    SipExtension.objects.filter(pk=grace.pk).update(left_on=date(2026, 1, 1))
    assert adas.post("/extensions/1001/leave/", {**LEAVE, "keep": "forever"}).status_code == 302
    one = again(grace)
    assert (one.left_on, one.delete_on, one.handed_to) == (date(2026, 1, 1), None, None)
    assert actions_on()[-1][0] == "extension.changed"


def test_coming_back_undoes_all_of_it_and_old_sessions_stay_dead(
    adas: Client, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    browser = signed_in(grace.user)
    leaves(grace, ada, calls="colleague", colleague="1002")
    late = signed_in(again(grace).user)
    answer = adas.post("/extensions/1001/come-back/", follow=True)
    assert "Grace Hopper is back" in answer.content.decode()
    one = again(grace)
    assert (one.enabled, one.left_on, one.delete_on, one.handed_to) == (True, None, None, None)
    assert one.user.is_active
    assert is_out(browser)
    assert is_out(late)
    assert actions_on()[-1] == ("extension.came_back", "ada@example.com")
    assert "is back already" in adas.post("/extensions/1001/come-back/", follow=True).content.decode()


def test_who_has_left_is_not_merely_enabled(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    answer = adas.post("/extensions/1001/toggle/", {"enabled": "yes"}, follow=True)
    assert "has left" in answer.content.decode()
    assert not again(grace).enabled
    page = html_of(adas, "/extensions/1001/")
    assert "Come back" in page
    assert "/toggle/" not in page


def test_the_sign_in_alone_is_ended_and_allowed_again(adas: Client, grace: SipExtension) -> None:
    browser = signed_in(grace.user)
    adas.post("/extensions/1001/sign-in/", {"allowed": "no"})
    assert is_out(browser)
    assert again(grace).enabled
    assert "Off: ended everywhere" in adas.get("/extensions/1001/").content.decode()
    adas.post("/extensions/1001/sign-in/", {"allowed": "yes"})
    assert again(grace).user.is_active
    assert is_out(browser)
    assert Client().login(email="grace@example.com", password=PASSWORD)
    recorded = AuditRecord.objects.filter(action="extension.changed", on="1001").order_by("id")
    assert [each.detail["fields"] for each in recorded] == [{"is_active": ["on", "off"]}, {"is_active": ["off", "on"]}]


def test_the_sign_in_of_one_who_has_left_is_not_allowed_alone(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    answer = adas.post("/extensions/1001/sign-in/", {"allowed": "yes"}, follow=True)
    assert "Let them come back first" in answer.content.decode()
    assert not again(grace).user.is_active


def test_disabled_the_sign_in_stays_and_the_page_says_so(adas: Client, ada: User, grace: SipExtension) -> None:
    assert "the sign-in stays" in adas.get("/extensions/1001/").content.decode()
    actions.disable(grace.number, ada)
    assert "can still sign in here" in adas.get("/extensions/1001/").content.decode()
    assert again(grace).user.is_active


def test_the_list_says_who_leaves_and_when(adas: Client, ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leaves(grace, ada)
    leaves(linus, ada, keep="forever")
    page = adas.get("/extensions/").content.decode()
    assert (
        f'Leaves<span class="state-more">: deleted on</span>&nbsp;{localdate() + timedelta(days=30):%m/%d/%Y}' in page
    )
    assert "Left, kept" in page


# --- who may ---

ADDRESSES = ["leave/", "leave/colleagues/?colleague=a", "come-back/", "sign-in/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_may_not_see_finds_nothing_and_who_may_not_manage_is_refused(
    grace: SipExtension, vic: User, address: str
) -> None:
    own = make_extension("1009", user=vic)
    methods = {"leave/": ("get", "post"), ADDRESSES[1]: ("get",)}.get(address, ("post",))
    viewer = make_user("Vera")
    viewer.role = Role.objects.create(name="Viewer", granted=["extension.view"])
    viewer.save()
    for method in methods:
        assert getattr(signed_in(vic), method)(f"/extensions/1001/{address}", LEAVE).status_code == 404
        assert getattr(signed_in(vic), method)(f"/extensions/{own.number}/{address}", LEAVE).status_code == 403
        assert getattr(signed_in(viewer), method)(f"/extensions/1001/{address}", LEAVE).status_code == 403
    assert again(grace).enabled
    assert "leave" not in html_of(signed_in(viewer), "/extensions/1001/")


def test_nobody_sees_to_their_own_leaving(adas: Client, ada: User) -> None:
    make_user("Second", role="super_administrator")
    make_extension("1000", user=ada)
    assert "your own extension" in adas.get("/extensions/1000/leave/").content.decode()
    assert adas.post("/extensions/1000/leave/", LEAVE).status_code == 409
    assert adas.post("/extensions/1000/sign-in/", {"allowed": "no"}).status_code == 302
    ada.refresh_from_db()
    assert ada.is_active


def test_the_last_super_administrator_stays_and_a_mightier_person_is_out_of_reach(hugo: User, ada: User) -> None:
    boss = make_extension("1000", user=ada)
    assert signed_in(hugo).post("/extensions/1000/leave/", LEAVE).status_code == 403
    twin = make_user("Twin", role="super_administrator")
    assert actions.refusal("leave", boss, twin) == ""
    User.objects.filter(pk=twin.pk).update(is_active=False)
    ada.refresh_from_db()
    assert "last Super Administrator" in actions.refusal("leave", again(boss), twin)


def test_two_who_end_each_other_leave_one_super_administrator(ada: User) -> None:
    twin = make_user("Twin", role="super_administrator")
    first, second = make_extension("1000", user=ada), make_extension("1001", user=twin)
    forms = [
        LeaveForm(LEAVE, extension=again(first), by=twin),
        LeaveForm(LEAVE, extension=again(second), by=ada),
    ]
    assert all(form.is_valid() for form in forms)
    forms[0].save()
    with pytest.raises(ActionRefusedError, match="last Super Administrator"):
        forms[1].save()
    assert User.objects.super_administrators().count() == 1


@pytest.fixture
def north(db: None) -> User:
    """Nora's role reaches the organization North alone; the number 1001 is in it, 1002 is not."""
    Preferences.objects.update(organization_management=True)
    organization = Organization.objects.create(name="North", parent=Organization.company())
    role = Role.objects.create(
        name="North", granted=["extension.view", "extension.manage"], reach=Role.Reach.ORGANIZATIONS
    )
    role.organizations.add(organization)
    nora = make_user("Nora")
    nora.role = role
    nora.save()
    make_extension("1001", first_name="Grace").user.organizations.add(organization)
    make_extension("1002", first_name="Secret").user.organizations.add(Organization.company())
    return nora


def test_only_a_colleague_whom_one_sees_is_found_or_chosen(north: User) -> None:
    noras = signed_in(north)
    said = html_of(noras, "/extensions/1001/leave/colleagues/?colleague=Secret")
    assert "Nobody" in said
    assert "Secret" not in said.split("matches")[0]
    for answers in ({"colleague": "1002"}, {"colleague": "Secret"}, {"handed_to": "1002"}):
        found = errors(noras, calls="colleague", **answers)
        assert list(found) == ["id_colleague"]
        assert "left" not in found["id_colleague"]
    assert SipExtension.objects.get(number="1001").enabled


def test_a_colleague_whom_one_does_not_see_is_named_by_the_number_alone(north: User, ada: User) -> None:
    leaves(SipExtension.objects.get(number="1001"), ada, calls="colleague", colleague="1002")
    noras = signed_in(north)
    pages = [html_of(noras, f"/extensions/1001/{page}") for page in ("", "leave/")]
    kept = {**LEAVE, "calls": "colleague", "colleague": "1002", "then": "check"}
    answer = noras.post("/extensions/1001/leave/", kept)
    assert answer.status_code == 200
    for page in (*pages, answer.content.decode()):
        assert "1002" in page
        assert "Secret" not in page


def test_a_lost_hand_over_of_strangers_is_only_counted(north: User, ada: User) -> None:
    one, other = SipExtension.objects.order_by("position")
    leaves(other, ada, calls="colleague", colleague="1001")
    for page in ("leave/", "delete/"):
        answer = (
            signed_in(north).post(f"/extensions/1001/{page}", {**LEAVE, "then": "check"})
            if page == "leave/"
            else (signed_in(north).get("/extensions/1001/delete/"))
        )
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "1 more that you do not see" in text
        assert "1002" not in text
    assert again(one).enabled


# --- handing over ---


def test_there_is_no_chain_and_no_ring(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    form = LeaveForm({**LEAVE, "calls": "colleague", "colleague": "1001"}, extension=again(linus), by=ada)
    assert "has left too" in str(form.errors)
    assert leaves(linus, ada) == ["1001"]
    assert again(grace).handed_to is None
    assert actions_on("1001")[-1] == ("extension.changed", "ada@example.com")
    assert Change.objects.waiting().of(["1001"]).last().fields["handed_to"] == ["1002", ""]  # type: ignore[union-attr]


def test_two_who_hand_over_to_each_other_at_once_make_no_ring(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    forms = [
        LeaveForm({**LEAVE, "calls": "colleague", "colleague": to}, extension=again(leaver), by=ada)
        for leaver, to in ((grace, "1002"), (linus, "1001"))
    ]
    assert all(form.is_valid() for form in forms)
    forms[0].save()
    with pytest.raises(ActionRefusedError, match="Choose somebody else"):
        forms[1].save()
    assert again(linus).enabled


def test_the_database_itself_refuses_what_cannot_be(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    one = SipExtension.objects.filter(pk=linus.pk)
    wrong: list[dict[str, Any]] = [
        {"handed_to": grace},
        {"delete_on": localdate()},
        {"left_on": localdate()},
        {"enabled": False, "left_on": localdate(), "handed_to": linus},
    ]
    for columns in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            one.update(**columns)


def test_deleting_a_colleague_says_and_ends_what_is_lost(adas: Client, ada: User) -> None:
    linus = make_extension("1002", first_name="Linus")
    for number in ("1003", "1004"):
        leaves(make_extension(number), ada, calls="colleague", colleague="1002")
    assert "The hand-over of 2 numbers (1003, 1004)" in adas.get("/extensions/1002/delete/").content.decode()
    assert actions.delete(linus.number, ada) == ["1003", "1004"]
    assert not SipExtension.objects.filter(handed_to__isnull=False).exists()
    assert actions_on("1003")[-1][0] == "extension.changed"


def test_undoing_brings_the_hand_over_back_and_leaves_the_sign_in_off(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    leaves(grace, ada, calls="colleague", colleague="1002")
    former = {each.number: each.former for each in Change.objects.filter(kind="changed")}
    record = changes.picture(again(grace)).record
    actions.delete(again(linus).number, ada)
    deleted = Change.objects.filter(number="1002").latest("pk").former
    assert review.restore({"1001": record, "1002": deleted}, ada) == ["1002", "1001"]
    assert again(grace).handed_to == SipExtension.objects.get(number="1002")
    assert review.restore(former, ada) == ["1001"]
    one = again(grace)
    assert (one.enabled, one.left_on, one.handed_to, one.user.is_active) == (True, None, None, False)
    assert review.restore({"1001": record}, ada) == ["1001"]
    assert again(grace).left_on == localdate()


def test_an_undo_that_makes_somebody_leave_again_signs_out(ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    record = changes.picture(again(grace)).record
    actions.come_back(again(grace).number, ada)
    browser = signed_in(grace.user)
    review.restore({"1001": record}, ada)
    assert not again(grace).user.is_active
    assert is_out(browser)
    own = make_extension("1000", user=ada)
    before = changes.picture(own).record
    assert before
    gone = before | {"extension": before["extension"] | {"enabled": False, "left_on": str(localdate())}}
    with pytest.raises(CannotPutBack, match="your own"):
        review.restore({"1000": gone}, ada)


def test_a_record_of_an_earlier_version_is_put_back(ada: User, grace: SipExtension) -> None:
    record = changes.picture(grace).record
    assert record
    old = {
        name: value for name, value in record["extension"].items() if name not in ("left_on", "delete_on", "handed_to")
    }
    leaves(grace, ada)
    assert review.restore({"1001": record | {"extension": old}}, ada) == ["1001"]
    assert again(grace).left_on is None


# --- the end ---


def due(extension: SipExtension, by: User) -> None:
    leaves(extension, by)
    SipExtension.objects.filter(pk=extension.pk).update(delete_on=localdate())


def test_who_is_due_is_deleted_by_the_system_and_nobody_else(
    ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    due(grace, ada)
    leaves(linus, ada, keep="7")
    call_command("leavers")
    assert list(SipExtension.objects.values_list("number", flat=True)) == ["1002"]
    assert not User.objects.filter(email="grace@example.com").exists()
    assert actions_on()[-1] == ("extension.deleted", "system")
    call_command("leavers")
    assert SipExtension.objects.count() == 1


def test_who_came_back_is_not_deleted(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    actions.come_back(again(grace).number, ada)
    assert actions.delete_due(localdate()) == []
    assert again(grace).enabled


def test_what_was_deleted_so_and_undone_stays(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    actions.delete_due(localdate())
    former = Change.objects.filter(number="1001", kind="deleted").get().former
    review.restore({"1001": former}, ada)
    assert again(grace).delete_on is None
    assert again(grace).left_on == localdate()
    assert actions.delete_due(localdate()) == []


def test_a_number_that_somebody_has_again_is_not_applied_along(ada: User, grace: SipExtension) -> None:
    due(grace, ada)
    assert actions.delete_due(localdate()) == ["1001"]
    assert actions.delete_due(localdate()) == ["1001"], "until the PBX has it"
    make_extension("1001")
    assert actions.delete_due(localdate()) == []
