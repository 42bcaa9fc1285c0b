"""An extension that a line needs is not deleted, and whoever tries is told by what."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.models import User
from asterisk.apply import undo
from asterisk.models import ApplyRun
from core.preferences.models import Preferences
from extensions import actions
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.people import make_extension
from tests.trunks.typed import make_announcement, make_group, make_inbound, make_outbound, make_trunk, text_of
from trunks import changes, usage
from trunks.models import Announcement, Emergency, InboundRoute, RingGroup

BY_ROUTE = "The inbound route Reception goes to 1000. Change the route first."
BY_GROUP = "1000 is a member of the ring group Sales. Remove it there first."
BY_ANNOUNCEMENT = "Announcement Welcome sends calls to 1000. Change that first."
BY_EMERGENCY = "1000 rings for emergency calls. Remove it in Emergency first."


@pytest.fixture(params=[BY_ROUTE, BY_GROUP, BY_ANNOUNCEMENT, BY_EMERGENCY])
def used(request: pytest.FixtureRequest, db: None) -> tuple[SipExtension, str]:
    """An extension that something needs, and what is said of that."""
    extension = make_extension("1000", first_name="Grace")
    if request.param == BY_ROUTE:
        make_inbound()
    elif request.param == BY_GROUP:
        make_group("1000")
    elif request.param == BY_ANNOUNCEMENT:
        make_announcement(goes_to="extension:1000")
    else:
        with changes.edited(None):
            Emergency(pk=1, phones="1001,1000").save()
    return extension, request.param


def free() -> None:
    with changes.edited(None):
        InboundRoute.objects.all().delete()
        RingGroup.objects.all().delete()
        Announcement.objects.all().delete()
        Emergency.objects.all().delete()


def test_its_deletion_is_refused(client: Client, ada: User, used: tuple[SipExtension, str]) -> None:
    client.force_login(ada)
    assert used[1] in text_of(client.get("/extensions/1000/delete/"))
    answer = client.post("/extensions/1000/delete/", {"then": "save"})
    assert answer.status_code == 409
    assert used[1] in text_of(answer)
    with pytest.raises(actions.ActionRefusedError, match="first"):
        actions.delete("1000", ada)
    assert SipExtension.objects.exists()
    free()
    actions.delete("1000", ada)
    assert not SipExtension.objects.exists()


def test_it_can_be_disabled(ada: User, used: tuple[SipExtension, str]) -> None:
    actions.disable("1000", ada)
    assert not SipExtension.objects.get().enabled


def test_who_left_stays_until_nothing_needs_the_number(ada: User, used: tuple[SipExtension, str]) -> None:
    make_extension("1002")
    actions.leave("1000", ada, None, localdate())
    actions.leave("1002", ada, None, localdate())
    assert "1000" not in actions.delete_due(localdate() + timedelta(days=1))
    assert [each.number for each in SipExtension.objects.all()] == ["1000"]
    free()
    assert "1000" in actions.delete_due(localdate() + timedelta(days=1))


def test_who_makes_somebody_leave_is_told(client: Client, ada: User, used: tuple[SipExtension, str]) -> None:
    client.force_login(ada)
    page = text_of(client.post("/extensions/1000/leave/", {"calls": "nobody", "keep": "30", "then": "check"}))
    assert used[1] in page


@pytest.mark.parametrize("person_stays", [False, True])
def test_that_it_was_added_is_not_undone(ada: User, used: tuple[SipExtension, str], person_stays: bool) -> None:
    SipExtension.objects.update(person_was_there=person_stays)
    with pytest.raises(CannotPutBack, match="first"):
        review.discard("1000", ada)
    run = ApplyRun.objects.create(numbers=["1000"])
    run.changes.set(Change.objects.filter(number="1000"))
    Change.objects.update(applied_at=timezone.now())
    run.close(ApplyRun.Outcome.PROVED, "Verified.")
    with pytest.raises(CannotPutBack, match="first"):
        undo.undo(run, ada)
    assert SipExtension.objects.exists()


def test_a_number_that_is_dialed_for_help_is_given_to_nobody(client: Client, ada: User) -> None:
    with changes.edited(ada):
        Emergency(pk=1, more_numbers="1000\n1222").save()
    assert SipExtension.objects.refusal_of("1222", Preferences.current()) == "emergency"
    assert SipExtension.objects.refusal_of("1223", Preferences.current()) == ""
    client.force_login(ada)
    page = text_of(client.post("/extensions/add/", {"first_name": "Grace", "number": "1222"}))
    assert "This is an emergency number or a helpline. Enter a number from 1000" in page


@pytest.mark.parametrize("used", [False, True])
def test_of_many_it_is_asked_once_what_calls_go_to(db: None, used: bool) -> None:
    for number in range(1000, 1020):
        make_extension(str(number))
    if used:
        make_group("5000")
    with CaptureQueriesContext(connection) as queries:
        User.objects.all().delete()
    assert SipExtension.objects.count() == 0
    assert sum("trunks_ringgroup" in each["sql"] for each in queries) <= 3


def test_no_other_way_deletes_what_calls_go_to(db: None) -> None:
    extension = make_extension("1000")
    make_inbound(goes_to="voicemail:1000")
    for delete in (extension.delete, extension.user.delete, SipExtension.objects.all().delete):
        with pytest.raises(ProtectedError, match="1000"), transaction.atomic():
            delete()
    assert SipExtension.objects.exists()
    assert User.objects.filter(pk=extension.user_id).exists()


@pytest.mark.django_db
def test_all_that_needs_an_extension_is_named() -> None:
    """One and several of each kind, in the order in which they are to be changed."""
    extension, other = make_extension("1000", voicemail=True), make_extension("1001")
    assert usage.of_extension(extension) == ""
    with changes.edited(None):
        Emergency(pk=1, phones="1001,1000").save()
    assert usage.of_extension(extension) == BY_EMERGENCY
    make_announcement(goes_to="voicemail:1000")
    assert usage.of_extension(extension) == BY_ANNOUNCEMENT
    make_group("1001", name="Night", number="6201", goes_to="extension:1000")
    both = "Ring group Night, Announcement Welcome send calls to 1000. Change them first."
    assert usage.of_extension(extension) == both
    make_group("1000", "1001")
    assert usage.of_extension(extension) == BY_GROUP
    make_group("1000", name="Support", number="6202")
    several = "1000 is a member of the ring groups Sales, Support. Remove it there first."
    assert usage.of_extension(extension) == several
    make_inbound()
    assert usage.of_extension(extension) == BY_ROUTE
    make_inbound(name="Fax", number="+493012345679", goes_to="hangup", holiday_goes_to="voicemail:1000")
    assert usage.of_extension(extension) == ("The inbound routes Reception, Fax go to 1000. Change the routes first.")
    assert usage.numbers_in_use() == {"1000", "1001"}
    assert [group.name for group in usage.groups_of("1001")] == ["Sales", "Night"]
    assert usage.group_numbers() == {"6200", "6201", "6202"}
    assert usage.of_extension(other).startswith("1001 is a member of the ring groups Sales, Night.")


@pytest.mark.django_db
def test_all_that_sends_calls_to_a_line_is_named_and_no_circle_is_made() -> None:
    group = make_group("1000")
    assert usage.refusal_of_called(group) == ""
    announcement = make_announcement(goes_to=group.destination)
    sends = "Announcement Welcome sends calls here. Choose another destination there first."
    assert usage.refusal_of_called(group) == sends
    make_inbound(goes_to=group.destination)
    assert usage.refusal_of_called(group) == (
        "Inbound route Reception, Announcement Welcome send calls here. Choose another destination there first."
    )
    assert usage.circle(group, announcement.destination) == ["Welcome", "Sales"]
    assert usage.circle(group, group.destination) == ["Sales"]
    assert usage.circle(group, "hangup") == []
    assert usage.circle(announcement, group.destination) == []
    other = make_announcement(b"RIFF2", name="Closed", goes_to=announcement.destination)
    assert usage.circle(announcement, other.destination) == ["Closed", "Welcome"]
    assert usage.circle(Announcement(name="New"), other.destination) == []


@pytest.mark.django_db
def test_the_routes_of_a_trunk_are_named_and_the_last_for_emergencies_is_known() -> None:
    trunk, other = make_trunk(), make_trunk(name="Spare", carries_emergency=False)
    assert usage.is_last_for_emergencies(trunk)
    assert not usage.is_last_for_emergencies(other)
    make_trunk(name="Third", enabled=False)
    assert usage.is_last_for_emergencies(trunk)
    make_trunk(name="Fourth")
    assert not usage.is_last_for_emergencies(trunk)
    assert usage.refusal_of_trunk(trunk) == ""
    make_outbound(other, trunk)
    one = "The outbound route Everywhere uses this trunk. Choose another trunk there first."
    assert usage.refusal_of_trunk(trunk) == one
    make_outbound(trunk, name="Abroad")
    two = "The outbound routes Everywhere, Abroad use this trunk. Choose other trunks there first."
    assert (usage.refusal_of_trunk(trunk), usage.refusal_of_trunk(other)) == (two, one)
