"""Trunks, routes, emergency calls, and what of them waits for the PBX, for the tour."""

from datetime import UTC, date, datetime

from playwright.sync_api import Page

from accounts.models import Organization, Role
from core.access.permissions import Permission
from core.preferences.models import Preferences, SystemChange
from extensions.models import SipExtension
from tests.browser.tour import Tour, ada, press, stop
from tests.extensions.calls.voicemail.test_greeting import wav
from tests.people import make_extension, make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.typed import (
    make_announcement,
    make_group,
    make_holiday,
    make_inbound,
    make_outbound,
    make_trunk,
    set_hours,
)
from trunks import changes
from trunks.models import Announcement, Emergency, RingGroup, Trunk
from trunks.pbx import TrunkState, TrunkWord

SINCE = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
LONG = "Example Telecommunications of Greater Lo"


def as_known(tour: Tour, *states: TrunkState) -> list[Trunk]:
    """Trunks that the PBX says so of; the last is not on it."""
    tour.settings.PBX = "tests.trunks.known_pbx.KnownPbx"
    Preferences.objects.update(country="DE")
    names = ["sipgate", "Telekom", LONG, "電話会社", "شركة الهاتف", "Old line"]
    made = [make_trunk(ada(), name, number="+493012345678") for name in names[: len(states) + 1]]
    KnownPbx.known = {trunk.pk: state for trunk, state in zip(made, states, strict=False)}
    tour.stack.callback(KnownPbx.known.clear)
    return made


def usual(tour: Tour) -> list[Trunk]:
    return as_known(
        tour,
        TrunkState(TrunkWord.REGISTERED, SINCE),
        TrunkState(TrunkWord.REFUSED, SINCE, "The provider does not accept this user name and password. (SIP 403)"),
        TrunkState(TrunkWord.REGISTERING, SINCE),
        TrunkState(TrunkWord.REACHABLE, SINCE),
        TrunkState(TrunkWord.NO_ANSWER, SINCE),
    )


def apply_all() -> None:
    SystemChange.objects.waiting().update(applied_at=SINCE)


@stop
def trunks_none_yet(tour: Tour) -> Page:
    tour.settings.PBX = "tests.trunks.known_pbx.KnownPbx"
    return tour.ada("/trunks/")


@stop
def trunks(tour: Tour) -> Page:
    usual(tour)
    apply_all()
    return tour.ada("/trunks/")


@stop
def trunks_not_applied(tour: Tour) -> Page:
    as_known(tour)
    return tour.ada("/trunks/")


@stop
def trunks_to_look_at(tour: Tour) -> Page:
    usual(tour)
    apply_all()
    role = Role.objects.create(name="Looker", granted=[Permission.VIEW_TRUNKS], reach="all")
    return tour.opened(make_user("Lou", custom=role), "/trunks/")


@stop
def trunk(tour: Tour) -> Page:
    found = usual(tour)[1]
    make_outbound(found, by=ada(), name="Everywhere")
    return tour.ada(f"/trunks/{found.pk}/")


@stop
def trunk_add(tour: Tour) -> Page:
    return tour.ada("/trunks/add/")


@stop
def trunk_add_from_a_template(tour: Tour) -> Page:
    page = trunk_add(tour)
    page.get_by_label("Provider", exact=True).select_option("telekom")
    return page


@stop
def trunk_with_errors(tour: Tour) -> Page:
    page = trunk_add(tour)
    page.get_by_label("Server").fill("https://sip.example.com")
    page.get_by_label("Port (optional)").fill("99999")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def trunk_tested(tour: Tour) -> Page:
    page = trunk_add(tour)
    page.get_by_label("Server").fill("127.0.0.1")
    page.get_by_label("Port (optional)").fill("9")
    page.get_by_label("Transport").select_option("tcp")
    page.get_by_label("User Name").fill("49301234")
    page.get_by_label("Password", exact=True).fill("Brass-Monkey-12")
    press(page, "Test")
    page.get_by_text("Cannot connect to this server.").wait_for()
    return page


@stop
def trunk_changed_by_two(tour: Tour) -> Page:
    found = as_known(tour)[0]
    page = tour.ada(f"/trunks/{found.pk}/edit/")
    page.get_by_label("Calls at once").fill("9")
    with changes.edited(ada()):
        found.max_calls = 7
        found.save()
    press(page, "Save")
    page.get_by_text("The saved value is now 7.").first.wait_for()
    return page


@stop
def trunk_delete(tour: Tour) -> Page:
    return tour.ada(f"/trunks/{as_known(tour)[0].pk}/delete/")


@stop
def trunk_delete_refused(tour: Tour) -> Page:
    found = as_known(tour)[0]
    make_outbound(found, by=ada(), name="Everywhere")
    return tour.ada(f"/trunks/{found.pk}/delete/")


def routes_out(tour: Tour) -> list[Trunk]:
    found = usual(tour)
    make_outbound(found[0], by=ada(), name="National", patterns="0Z.\n*31*0Z.", hours="open")
    make_outbound(*found[:3], by=ada(), name="Abroad, over whoever takes the call at all", patterns="00.\n+X.")
    make_outbound(found[2], by=ada(), name="Everything else", patterns="", enabled=False)
    apply_all()
    return found


@stop
def outbound_routes_none_yet(tour: Tour) -> Page:
    return tour.ada("/outbound-routes/")


@stop
def outbound_route_for_some(tour: Tour) -> Page:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    Organization.objects.create(name="Field service of the north", parent=sales)
    trunk = usual(tour)[0]
    some = {"restricted": True, "organizations": [sales.pk], "extensions": "1000,1100-1199"}
    route = make_outbound(trunk, by=ada(), name="Abroad", **some)
    return tour.ada(f"/outbound-routes/{route.pk}/")


@stop
def outbound_route_for_nobody(tour: Tour) -> Page:
    usual(tour)
    page = tour.ada("/outbound-routes/add/")
    page.locator("#id_name").fill("Abroad")
    page.get_by_label("First trunk").select_option(index=1)
    page.get_by_label("Only some").check()
    page.locator("#id_pin").fill("12")
    press(page, "Save")
    return page


@stop
def outbound_routes(tour: Tour) -> Page:
    routes_out(tour)
    return tour.ada("/outbound-routes/")


@stop
def outbound_route_add(tour: Tour) -> Page:
    routes_out(tour)
    return tour.ada("/outbound-routes/add/")


@stop
def outbound_route_with_errors(tour: Tour) -> Page:
    page = outbound_route_add(tour)
    page.get_by_label("Numbers (optional)").fill("0Z.\n12;3")
    page.get_by_label("Remove digits").fill("11")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def outbound_route_delete(tour: Tour) -> Page:
    routes_out(tour)
    page = tour.ada("/outbound-routes/")
    page.get_by_role("link", name="National").click()
    page.goto(f"{page.url}delete/")
    return page


def routes_in() -> SipExtension:
    Preferences.objects.update(country="DE")
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    make_inbound(ada(), closed_goes_to="voicemail:1000", holiday_goes_to="hangup")
    make_inbound(ada(), "Messages", number="+4930123456799", goes_to="voicemail:1000")
    make_inbound(ada(), "Everybody by their own number", number="+49301234567", goes_to="digits")
    make_inbound(ada(), "Whatever else is called", number="", enabled=False)
    apply_all()
    return extension


@stop
def inbound_routes_none_yet(tour: Tour) -> Page:
    return tour.ada("/inbound-routes/")


@stop
def inbound_routes(tour: Tour) -> Page:
    routes_in()
    return tour.ada("/inbound-routes/")


@stop
def inbound_route_add(tour: Tour) -> Page:
    return tour.ada("/inbound-routes/add/")


@stop
def inbound_route_with_errors(tour: Tour) -> Page:
    page = inbound_route_add(tour)
    page.get_by_label("Called number").fill("12")
    page.get_by_role("group", name="Goes to").get_by_label("Extension number").fill("4711")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def inbound_route_delete(tour: Tour) -> Page:
    routes_in()
    page = tour.ada("/inbound-routes/")
    page.get_by_role("link", name="Messages").click()
    page.goto(f"{page.url}delete/")
    return page


def ring_groups_made() -> RingGroup:
    Preferences.objects.update(country="DE")
    people = [("Grace", "Hopper"), ("Zoë", "Ångström"), ("田中", "太郎"), ("Mohammed", "Al-Farsi")]
    numbers = [make_extension(first_name=first, last_name=last).number for first, last in people]
    group = make_group(*numbers, by=ada(), goes_to=f"voicemail:{numbers[0]}")
    make_group(*numbers[:2], by=ada(), name=LONG, number="62001234", strategy="order", enabled=False)
    make_group(*numbers * 10, by=ada(), name="خدمة العملاء", number="6300", goes_to=f"extension:{numbers[1]}")
    apply_all()
    return group


@stop
def ring_groups_none_yet(tour: Tour) -> Page:
    return tour.ada("/ring-groups/")


@stop
def ring_groups(tour: Tour) -> Page:
    ring_groups_made()
    return tour.ada("/ring-groups/")


@stop
def ring_group(tour: Tour) -> Page:
    group = ring_groups_made()
    make_inbound(ada(), goes_to=group.destination)
    return tour.ada(f"/ring-groups/{group.pk}/")


@stop
def ring_group_with_errors(tour: Tour) -> Page:
    ring_groups_made()
    page = tour.ada("/ring-groups/add/")
    page.get_by_label("Members").fill("Hopper\nNobody")
    page.locator("[name=number]").fill("112")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def ring_group_in_use(tour: Tour) -> Page:
    group = ring_groups_made()
    make_inbound(ada(), goes_to=group.destination)
    return tour.ada(f"/ring-groups/{group.pk}/delete/")


@stop
def ring_group_delete(tour: Tour) -> Page:
    return tour.ada(f"/ring-groups/{ring_groups_made().pk}/delete/")


@stop
def ring_group_to_look_at(tour: Tour) -> Page:
    group = ring_groups_made()
    role = Role.objects.create(name="Looker", granted=[Permission.VIEW_ROUTES], reach="all")
    return tour.opened(make_user("Lou", custom=role), f"/ring-groups/{group.pk}/")


@stop
def inbound_route_to_a_ring_group(tour: Tour) -> Page:
    route = make_inbound(ada(), goes_to=ring_groups_made().destination)
    return tour.ada(f"/inbound-routes/{route.pk}/")


def announcements_made() -> Announcement:
    group = ring_groups_made()
    welcome = make_announcement(wav(), by=ada(), goes_to=group.destination)
    make_announcement(wav(2), by=ada(), name=LONG, enabled=False, goes_to=f"voicemail:{group.members[0]}")
    make_announcement(wav(1), by=ada(), name="مغلق", goes_to=welcome.destination)
    apply_all()
    return welcome


@stop
def announcements_none_yet(tour: Tour) -> Page:
    return tour.ada("/announcements/")


@stop
def announcements(tour: Tour) -> Page:
    announcements_made()
    return tour.ada("/announcements/")


@stop
def announcement(tour: Tour) -> Page:
    return tour.ada(f"/announcements/{announcements_made().pk}/")


@stop
def announcement_with_errors(tour: Tour) -> Page:
    page = tour.ada("/announcements/add/")
    page.locator("[name=file]").set_input_files({"name": "a.mp3", "mimeType": "audio/mpeg", "buffer": b"no sound"})
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def announcement_in_use(tour: Tour) -> Page:
    return tour.ada(f"/announcements/{announcements_made().pk}/delete/")


@stop
def announcement_delete(tour: Tour) -> Page:
    announcements_made()
    return tour.ada(f"/announcements/{Announcement.objects.get(name=LONG).pk}/delete/")


@stop
def announcement_to_look_at(tour: Tour) -> Page:
    announcement = announcements_made()
    role = Role.objects.create(name="Looker", granted=[Permission.VIEW_ROUTES], reach="all")
    return tour.opened(make_user("Lou", custom=role), f"/announcements/{announcement.pk}/")


@stop
def extension_of_ring_groups(tour: Tour) -> Page:
    return tour.ada(f"/extensions/{ring_groups_made().members[0]}/")


def office_hours() -> None:
    routes_in()
    week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "08:00-12:00, 13:00-17:30")
    set_hours(ada(), **week, friday="08:00-15:00", country="DE", region="BY")
    make_holiday(ada(), "Company outing", first_day=date(2027, 6, 11))
    make_holiday(ada(), "Between Christmas and New Year, when nobody answers here", first_day=date(2026, 12, 27),
        last_day=date(2026, 12, 31), every_year=True)  # fmt: skip
    make_holiday(ada(), "يوم التأسيس", first_day=date(2027, 2, 22), every_year=True)
    apply_all()


@stop
def business_hours_none_yet(tour: Tour) -> Page:
    return tour.ada("/business-hours/")


@stop
def business_hours(tour: Tour) -> Page:
    office_hours()
    return tour.ada("/business-hours/")


@stop
def business_hours_with_errors(tour: Tour) -> Page:
    page = tour.ada("/business-hours/")
    page.get_by_label("Monday").fill("22-6")
    page.get_by_label("Tuesday").fill("nine to five")
    page.get_by_label("Time zone").fill("Atlantis")
    page.get_by_label("State or region").fill("Bavaria")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def business_hours_not_applied(tour: Tour) -> Page:
    office_hours()
    set_hours(ada(), monday="09:00-12:00", country="US", region="NY", time_zone="America/New_York")
    return tour.ada("/business-hours/")


@stop
def business_hours_to_look_at(tour: Tour) -> Page:
    office_hours()
    role = Role.objects.create(name="Looker", granted=[Permission.VIEW_ROUTES], reach="all")
    return tour.opened(make_user("Lou", custom=role), "/business-hours/")


@stop
def holidays_none_yet(tour: Tour) -> Page:
    return tour.ada("/business-hours/holidays/")


@stop
def holidays(tour: Tour) -> Page:
    office_hours()
    return tour.ada("/business-hours/holidays/")


@stop
def holiday_add(tour: Tour) -> Page:
    return tour.ada("/business-hours/holidays/add/")


@stop
def holiday_with_errors(tour: Tour) -> Page:
    page = holiday_add(tour)
    page.get_by_label("First day").fill("2027-06-11")
    page.get_by_label("Last day").fill("2027-06-10")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def holiday_delete(tour: Tour) -> Page:
    office_hours()
    page = tour.ada("/business-hours/holidays/")
    page.get_by_role("link", name="Company outing").click()
    page.goto(f"{page.url}delete/")
    return page


@stop
def holidays_import(tour: Tour) -> Page:
    return tour.ada("/business-hours/holidays/import/")


@stop
def holidays_import_with_an_error(tour: Tour) -> Page:
    page = holidays_import(tour)
    page.get_by_label("Calendar file").set_input_files(
        {"name": "holidays.ics", "mimeType": "text/calendar", "buffer": b"no calendar"}
    )
    press(page, "Import")
    page.get_by_role("alert").wait_for()
    return page


@stop
def emergency_nobody_could_call(tour: Tour) -> Page:
    return tour.ada("/emergency/")


@stop
def emergency(tour: Tour) -> Page:
    usual(tour)
    routes_in()
    with changes.edited(ada()):
        Emergency(pk=1, more_numbers="19222\n116117", people=[ada().pk], phones="1000").save()
    make_user("Hedy", role="administrator")
    return tour.ada("/emergency/")


@stop
def emergency_with_errors(tour: Tour) -> Page:
    page = tour.ada("/emergency/")
    page.get_by_label("More emergency numbers").fill("help")
    page.get_by_label("Extensions to ring").fill("4711")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def review_of_lines(tour: Tour) -> Page:
    found = usual(tour)
    apply_all()
    with changes.edited(ada()):
        found[0].password, found[0].max_calls = "Another-One-34", 4
        found[0].save()
        found[5].delete()
    make_outbound(*found[:2], by=ada(), name="National", patterns="0Z.\n*31*0Z.")
    return tour.ada("/review/")
