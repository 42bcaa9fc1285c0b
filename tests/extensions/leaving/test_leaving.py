"""Somebody leaves and comes back: who may see to it, what is done, and the trace that it leaves."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import Role, User
from accounts.sessions import active as active_sessions
from core.audit.models import AuditRecord
from extensions import actions
from extensions.actions import ActionRefusedError
from extensions.changes import record as changes
from extensions.changes.state import CannotPutBack
from extensions.leaving.forms import LeaveForm
from extensions.models import SipExtension
from extensions.review import review
from tests.extensions.leaving.leaver import LEAVE, actions_on, again, is_out, leaves, signed_in
from tests.pages import html_of
from tests.people import make_extension, make_user


def test_who_leaves_is_disabled_signed_out_and_recorded(adas: Client, ada: User, grace: SipExtension) -> None:
    browsers = [signed_in(grace.user), signed_in(grace.user)]
    others = signed_in(make_user("Vic"))
    answer = adas.post("/extensions/1001/leave/", LEAVE, follow=True)
    assert "Grace Hopper is offboarded" in answer.content.decode()
    one = again(grace)
    assert (one.enabled, one.user.is_active, one.left_on) == (False, False, localdate())
    for browser in browsers:
        assert is_out(browser)
    assert not is_out(others)
    assert list(active_sessions.of(grace.user)) == []
    assert actions_on()[-1] == ("extension.left", "Ada")
    fields = AuditRecord.objects.get(action="extension.left").detail["fields"]
    assert fields["is_active"] == ["on", "off"]
    assert fields["enabled"] == ["yes", "no"]


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
    assert "Grace Hopper is restored" in answer.content.decode()
    one = again(grace)
    assert (one.enabled, one.left_on, one.delete_on, one.handed_to) == (True, None, None, None)
    assert one.user.is_active
    assert is_out(browser)
    assert is_out(late)
    assert actions_on()[-1] == ("extension.came_back", "Ada")
    answer = adas.post("/extensions/1001/come-back/", {"next": "/extensions/?q=a"})
    assert answer["Location"] == "/extensions/?q=a"
    assert "is already restored" in adas.post("/extensions/1001/come-back/", follow=True).content.decode()


def test_who_has_left_is_not_merely_enabled(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    answer = adas.post("/extensions/1001/toggle/", {"enabled": "yes"}, follow=True)
    assert "is offboarded" in answer.content.decode()
    assert not again(grace).enabled
    page = html_of(adas, "/extensions/1001/")
    assert "Restore" in page
    assert "/toggle/" not in page


def test_the_list_says_who_leaves_and_when(adas: Client, ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leaves(grace, ada)
    leaves(linus, ada, keep="forever")
    page = " ".join(adas.get("/extensions/").content.decode().split())
    day = f"{localdate() + timedelta(days=30):%m/%d/%Y}"
    assert f'Deletes<span class="state-more">&nbsp;automatically on</span>&nbsp;{day}' in page
    assert "Offboarded" in page


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
    assert "/leave/" not in html_of(signed_in(viewer), "/extensions/1001/")


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


def test_an_undo_that_makes_somebody_leave_again_signs_out(ada: User, grace: SipExtension) -> None:
    leaves(grace, ada)
    record = changes.picture(again(grace)).record
    actions.come_back(again(grace).number, ada)
    browser = signed_in(grace.user)
    review.restore({"1001": record}, ada)
    assert not again(grace).user.is_active
    assert is_out(browser)
    assert list(active_sessions.of(grace.user)) == []
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
