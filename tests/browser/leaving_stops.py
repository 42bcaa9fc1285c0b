"""Somebody who leaves, or has left, for the tour."""

from django.utils import timezone
from playwright.sync_api import Page

from extensions.leaving.forms import LeaveForm
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.browser import company
from tests.browser.tour import Tour, ada, one, press, stop
from tests.node import apply


def leaving(tour: Tour, number: str = "1001") -> Page:
    return tour.ada(f"/extensions/{number}/leave/")


def left(extension: SipExtension, **answers: str) -> None:
    form = LeaveForm({"calls": "nobody", "keep": "30", **answers}, extension=extension, by=ada())
    assert form.is_valid(), form.errors
    form.save()


@stop
def leave(tour: Tour) -> Page:
    company.people(2)
    return leaving(tour)


@stop
def leave_with_colleagues_found(tour: Tour) -> Page:
    company.people(24)
    page = leaving(tour)
    page.locator("#id_colleague").press_sequentially("someone-with")
    page.locator("#colleague-1006").check()
    return page


@stop
def leave_with_errors(tour: Tour) -> Page:
    company.people(2)
    page = leaving(tour)
    page.locator("#id_colleague").press_sequentially("nobody-of-this-name")
    page.get_by_text("No one who can take the calls").wait_for()
    page.get_by_label("Until a date").check()
    page.get_by_label("Delete on").fill("2020-01-01")
    press(page, "Continue")
    page.get_by_role("alert").wait_for()
    return page


@stop
def leave_with_voicemail(tour: Tour) -> Page:
    one = company.people(2)[1]
    VoicemailMessage.objects.create(
        extension=one, message_id="1", folder=Folder.NEW, left_at=timezone.now(), seconds=9, size=9
    )
    page = leaving(tour, one.number)
    page.get_by_label("Copy the messages").check()
    press(page, "Continue")
    page.get_by_role("alert").wait_for()
    return page


@stop
def leave_summary_with_voicemail(tour: Tour) -> Page:
    page = leave_with_voicemail(tour)
    SipExtension.objects.filter(number="1000").update(voicemail=True, enabled=True)
    page.get_by_label("A colleague’s phones ring").check()
    page.locator("#id_colleague").press_sequentially("1000")
    page.locator("#colleague-1000").check()
    press(page, "Continue")
    page.get_by_text("is copied to").wait_for()
    return page


@stop
def leave_summary(tour: Tour) -> Page:
    people = company.people(4)
    apply(["1001", "1003"], None)
    tour.office.registered(people[1])
    for each in people[2:3]:
        left(each, calls="colleague", colleague="1001")
    page = leaving(tour)
    page.locator("#id_colleague").press_sequentially("1003")
    page.locator("#colleague-1003").wait_for()
    press(page, "Continue")
    page.get_by_role("button", name="Offboard and Apply").wait_for()
    return page


@stop
def leave_refused(tour: Tour) -> Page:
    one(user=ada())
    return leaving(tour, "1000")


@stop
def has_left(tour: Tour) -> Page:
    people = company.people(2)
    left(people[1], calls="colleague", colleague="1000")
    apply(["1000", "1001"], None)
    return tour.ada("/extensions/1001/")


@stop
def leave_changed_later(tour: Tour) -> Page:
    people = company.people(2)
    left(people[1], calls="colleague", colleague="1000")
    return leaving(tour)


@stop
def list_with_leavers(tour: Tour) -> Page:
    people = company.people(8)
    left(people[1], calls="colleague", colleague="1000")
    left(people[2], keep="forever")
    apply([each.number for each in people], None)
    return tour.ada("/extensions/")
