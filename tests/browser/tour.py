"""Every page of the portal, in each state that a person meets it in."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.first_run import link as set_up_link
from accounts.models import Role, User
from core.preferences.models import Preferences
from extensions.changes import record as changes
from extensions.fields import BY_NAME, Owner
from extensions.models import Change, SipExtension
from pbxportal.views import REMEDIES
from tests.browser import company
from tests.browser.conftest import SignIn
from tests.node import apply
from tests.pbx.office import Office, talking, unplug
from tests.people import make_extension, make_user


def ada() -> User:
    return User.objects.filter(email="ada@example.com").first() or make_user("Ada", role="super_administrator")


@dataclass
class Tour:
    """Whom one can go as, and what there is to see."""

    sign_in: SignIn
    come: Callable[[], Page]
    office: Office
    settings: Settings
    stack: ExitStack

    @cached_property
    def stranger(self) -> Page:
        """Who has not signed in; few stops have one."""
        return self.come()

    def ada(self, path: str) -> Page:
        return self.opened(ada(), path)

    def opened(self, user: User, path: str, **options: Any) -> Page:
        page = self.sign_in(user, **options)
        page.goto(path)
        return page

    def setup_path(self) -> str:
        url = set_up_link.setup_url()
        assert url
        return url.removeprefix(self.settings.PORTAL_URL)


Stop = Callable[[Tour], Page]
STOPS: dict[str, Stop] = {}


def stop(function: Stop) -> Stop:
    STOPS[function.__name__.replace("_", " ")] = function
    return function


def press(page: Page, name: str) -> Page:
    page.get_by_role("button", name=name, exact=True).first.click()
    return page


def open_add(page: Page) -> None:
    """With the strength of the password said: until then its question is on the way, and counts as an action."""
    page.goto("/extensions/add/")
    expect(page.get_by_text("Strong", exact=True)).to_be_visible()


def one(**more: Any) -> SipExtension:
    return make_extension("1000", first_name="Grace", last_name="Hopper", **more)


def belongs_to(user: User) -> None:
    """All that nobody in particular has saved is theirs."""
    Change.objects.waiting().filter(by=None).update(by=user)


def edited(extension: SipExtension, by: User, **fields: str) -> None:
    """Saved, and waiting. `fields` are the person's or the extension's."""
    extension = SipExtension.objects.select_related("user").get(pk=extension.pk)
    before = changes.picture(extension)
    for name, value in fields.items():
        setattr(extension.user if BY_NAME[name].owner is Owner.PERSON else extension, name, value)
    extension.user.save()
    extension.save()
    changes.record(by, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


# --- before there is anybody ---


@stop
def not_set_up(tour: Tour) -> Page:
    tour.stranger.goto("/sign-in/")
    return tour.stranger


@stop
def sign_in(tour: Tour) -> Page:
    ada()
    tour.stranger.goto("/sign-in/")
    return tour.stranger


@stop
def sign_in_refused(tour: Tour) -> Page:
    page = sign_in(tour)
    page.get_by_label("Email Address*").fill("nobody@example.com")
    page.get_by_label("Password*").fill("wrong")
    press(page, "Sign in")
    page.get_by_role("alert").wait_for()
    return page


@stop
def set_up(tour: Tour) -> Page:
    tour.stranger.goto(tour.setup_path())
    return tour.stranger


@stop
def set_up_with_errors(tour: Tour) -> Page:
    page = set_up(tour)
    page.get_by_label("User Password*").fill("short")
    press(page, "Create account")
    page.get_by_role("alert").wait_for()
    return page


@stop
def set_up_link_wrong(tour: Tour) -> Page:
    tour.stranger.goto("/setup/nonsense/")
    return tour.stranger


@stop
def set_up_closed(tour: Tour) -> Page:
    make_user("Ada", role="super_administrator")
    return set_up_link_wrong(tour)


# --- the list ---


@stop
def add_for_somebody_who_is_there(tour: Tour) -> Page:
    return tour.ada(f"/extensions/add/?person={ada().pk}")


@stop
def add_with_somebody_to_choose(tour: Tour) -> Page:
    make_user("Hugo", last_name="Montgomery-Featherstonehaugh", role="human_resource")
    return tour.ada("/extensions/add/?choose")


@stop
def add_with_nobody_to_choose(tour: Tour) -> Page:
    make_extension("1000", user=ada())
    return tour.ada("/extensions/add/?choose")


@stop
def add_with_the_address_of_somebody_without(tour: Tour) -> Page:
    make_user("Hugo", last_name="Montgomery-Featherstonehaugh", role="human_resource")
    page = tour.ada("/extensions/add/")
    page.get_by_label("First Name").fill("Hugo")
    page.get_by_label("Email Address").fill("hugo@example.com")
    press(page, "Save")
    page.locator("[data-error-summary]").wait_for()
    return page


@stop
def list_empty(tour: Tour) -> Page:
    return tour.ada("/extensions/")


@stop
def list_of_one(tour: Tour) -> Page:
    one()
    return tour.ada("/extensions/")


def list_with_phones(tour: Tour, count: int) -> Page:
    people = company.people(count)
    apply([each.number for each in people[: count // 2]], None)
    tour.office.registered(people[0])
    for _ in range(2):
        tour.office.registered(people[1])
    return tour.ada("/extensions/")


@stop
def list_full(tour: Tour) -> Page:
    return list_with_phones(tour, 60)


@stop
def list_with_menu_and_detail_open(tour: Tour) -> Page:
    page = list_with_phones(tour, 6)
    page.locator("summary", has_text="Actions for 1003").click()
    page.locator("#status-1001-words").hover()
    return page


@stop
def list_found(tour: Tour) -> Page:
    company.people(20)
    return tour.ada("/extensions/?q=okafor&sort=-name")


@stop
def list_no_match(tour: Tour) -> Page:
    one()
    return tour.ada("/extensions/?q=a+name+that+nobody+in+this+company+has+nor+ever+had+in+all+its+long+years")


@stop
def list_without_a_pbx(tour: Tour) -> Page:
    company.people(5)
    tour.settings.PBX_EXPECTED = False
    tour.settings.AMI_PORT = 9
    page = tour.ada("/extensions/")
    page.locator("#pbx-words").focus()
    return page


@stop
def person_menu(tour: Tour) -> Page:
    page = list_of_one(tour)
    page.locator(".person-menu summary").click()
    return page


@stop
def menu_of_a_narrow_screen(tour: Tour) -> Page:
    page = list_of_one(tour)
    page.set_viewport_size({"width": 390, "height": 844})
    return press(page, "Menu")


# --- one extension ---


@stop
def add(tour: Tour) -> Page:
    company.departments()
    page = tour.ada("/extensions/add/")
    page.locator(".strength").wait_for()
    return page


@stop
def add_with_errors(tour: Tour) -> Page:
    page = add(tour)
    page.locator("#id_email").fill("nonsense")
    page.locator("#id_mobile").fill("call me")
    page.locator("#id_number").fill("700")
    page.locator("#id_password").fill("short")
    page.locator("#id_registration_password").fill("password123")
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    press(page, "Save and Apply")
    page.locator(".strength").wait_for()
    page.locator("#error-summary").wait_for()
    return page


@stop
def add_voicemail(tour: Tour) -> Page:
    page = add(tour)
    page.get_by_role("tab", name="Voicemail").click()
    return page


@stop
def add_security_with_errors(tour: Tour) -> Page:
    page = add(tour)
    page.get_by_role("tab", name="Security").click()
    page.locator("#id_outbound_countries").fill("France, Germny")
    page.locator("#id_outbound_calls_at_once").fill("two")
    page.locator("#id_outbound_day_minutes").fill("99999")
    press(page, "Save and Apply")
    page.locator("#error-summary").wait_for()
    page.get_by_role("tab", name="Security").click()
    return page


@stop
def edit_security(tour: Tour) -> Page:
    make_extension("1000", outbound_countries="CH,FR", outbound_calls_at_once=2, outbound_call_minutes=60,
        outbound_in_hours=True)  # fmt: skip
    page = tour.ada("/extensions/1000/edit/")
    page.get_by_role("tab", name="Security").click()
    return page


@stop
def add_voicemail_with_errors(tour: Tour) -> Page:
    page = add_voicemail(tour)
    page.get_by_role("button", name="Show Voicemail PIN").click()
    page.locator("#id_voicemail_pin").fill("1234")
    page.get_by_label("New Voicemail Notification").select_option("note")
    page.get_by_label("After Notification").select_option("delete")
    page.get_by_role("tab", name="Security").click()
    page.locator("#id_allowed_networks").fill("here")
    press(page, "Save and Apply")
    page.locator("#error-summary").wait_for()
    page.get_by_role("tab", name="Voicemail").click()
    return page


@stop
def edit(tour: Tour) -> Page:
    company.people(2)
    return tour.ada("/extensions/1001/edit/")


@stop
def edit_revealed(tour: Tour) -> Page:
    page = edit(tour)
    press(page, "Reveal the saved Registration Password")
    page.locator("#revealed-password").wait_for()
    return page


@stop
def detail(tour: Tour) -> Page:
    people = company.people(2)
    apply(["1001"], None)
    for _ in range(2):
        tour.office.registered(people[1])
    return tour.ada("/extensions/1001/")


@stop
def detail_revealed(tour: Tour) -> Page:
    page = detail(tour)
    page.locator(".setup-sheet > summary").click()
    press(page, "Reveal Registration Password")
    page.locator("#revealed-password").wait_for()
    return page


@stop
def just_applied(tour: Tour) -> Page:
    page = tour.ada("/extensions/add/")
    page.locator("#id_first_name").fill("Grace")
    page.locator("#id_email").fill("grace@example.com")
    press(page, "Save and Apply")
    page.get_by_role("heading", name="is live").wait_for()
    return page


@stop
def just_saved(tour: Tour) -> Page:
    page = tour.ada("/extensions/add/")
    page.locator("#id_first_name").fill("Grace")
    press(page, "Save")
    page.locator(".panel-wait").wait_for()
    return page


@stop
def disabled(tour: Tour) -> Page:
    one(enabled=False)
    return tour.ada("/extensions/1000/")


@stop
def conflict(tour: Tour) -> Page:
    company.people(2)
    page = tour.ada("/extensions/1001/edit/")
    other = tour.ada("/extensions/1001/edit/")
    other.locator("#id_job_title").fill("Admiral")
    press(other, "Save")
    page.locator("#id_job_title").fill("Captain")
    page.locator("#id_caller_id").fill("7777")
    page.locator("#id_registration_password").fill("t7Rw9KqX2mZv5LpB8nYc")
    press(page, "Save")
    page.get_by_role("heading", name="has changed since you opened it").wait_for()
    return page


@stop
def delete(tour: Tour) -> Page:
    company.people(2)
    return tour.ada("/extensions/1001/delete/")


@stop
def delete_refused(tour: Tour) -> Page:
    one(user=make_user("Ada", role="super_administrator"))
    return tour.ada("/extensions/1000/delete/")


# --- phones that do not register, and what the others do ---


def why(tour: Tour, extension: SipExtension, *phones: dict[str, str]) -> Page:
    """The page of an extension whose phones were all refused."""
    for typed in phones:
        assert tour.office.phone(extension, **typed).register() != 200
    page = tour.ada(f"/extensions/{extension.number}/")
    page.locator(".trouble-what").nth(len(phones) - 1).wait_for()
    return page


@stop
def why_nothing_failed(tour: Tour) -> Page:
    extension = one()
    apply(["1000"], None)
    tour.office.registered(extension)
    page = tour.ada("/extensions/1000/")
    page.locator(".phone-remove").wait_for()
    return page


@stop
def why_a_wrong_password_and_name(tour: Tour) -> Page:
    extension = one()
    apply(["1000"], None)
    return why(tour, extension, {"password": "Wrong7Horse9Staple"}, {"user": extension.registration_name})


@stop
def why_it_waits(tour: Tour) -> Page:
    return why(tour, one(), {})


@stop
def why_it_is_disabled(tour: Tour) -> Page:
    return why(tour, one(enabled=False), {})


@stop
def why_one_too_many(tour: Tour) -> Page:
    extension = one()
    apply(["1000"], None)
    tour.office.registered(extension)
    tour.ada("/extensions/1000/").locator(".phone-remove").wait_for()
    return why(tour, extension, {})


@stop
def why_outside_of_the_networks(tour: Tour) -> Page:
    extension = one(allowed_networks="10.0.0.0/8, 192.168.1.0/24, 2001:db8::/32")
    apply(["1000"], None)
    return why(tour, extension, {})


@stop
def why_solved_since(tour: Tour) -> Page:
    extension = one()
    apply(["1000"], None)
    assert tour.office.phone(extension, password="Wrong7Horse9Staple").register() == 401
    tour.office.registered(extension)
    page = tour.ada("/extensions/1000/")
    page.locator(".is-solved").wait_for()
    return page


@stop
def list_of_all_states(tour: Tour) -> Page:
    # Numbers of no other test: from where their phones sign in is remembered.
    extensions = [make_extension(str(4400 + n), first_name=f"Person {n}") for n in range(7)]
    apply([each.number for each in extensions], None)
    _, ringing, caller, callee, gone, other = map(tour.office.registered, extensions[:6])
    talking(caller, callee)
    other.call(ringing.number)
    ringing.wait_call()
    unplug(gone)
    page = tour.ada("/extensions/")
    for state in ("Idle", "Ringing", "Busy", "Unreachable", "Offline"):
        page.locator("tbody").get_by_text(state, exact=True).first.wait_for()
    return page


# --- the rest ---


@stop
def database_full(tour: Tour) -> Page:
    """As the server shows it when the database refuses; its address is never asked for by itself."""
    page = tour.ada("/health/")
    shown = get_template("503.html").render(
        {"error": "database or disk is full", "remedy": next(iter(REMEDIES.values()))}
    )
    page.set_content(shown)
    page.wait_for_load_state("networkidle")
    return page


@stop
def database_busy(tour: Tour) -> Page:
    """Likewise."""
    page = tour.ada("/health/")
    page.set_content(get_template("503_busy.html").render({"seconds": 20, "sent": True}))
    page.wait_for_load_state("networkidle")
    return page


@stop
def signed_out_when_idle(tour: Tour) -> Page:
    ada()
    tour.stranger.goto("/sign-in/?next=/extensions/&ended=idle")
    return tour.stranger


@stop
def not_allowed(tour: Tour) -> Page:
    viewer = Role.objects.create(name="Viewer", granted=["extension.view"])
    return tour.opened(make_user("Vera", custom=viewer), "/extensions/add/")


@stop
def not_found(tour: Tour) -> Page:
    return tour.ada("/extensions/4711/")


@stop
def page_too_old(tour: Tour) -> Page:
    page = sign_in(tour)
    page.context.clear_cookies()
    page.get_by_label("Email Address*").fill("nobody@example.com")
    press(page, "Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your session has expired")
    return page


@stop
def own_page(tour: Tour) -> Page:
    vic = make_user("Vic", last_name="Vega")
    one_of_vics = make_extension("1000", user=vic)
    apply([one_of_vics.number], None)
    return tour.opened(vic, "/")


@stop
def own_page_without_extension(tour: Tour) -> Page:
    return tour.opened(make_user("Eve"), "/")


@stop
def add_by_human_resources_without_organizations(tour: Tour) -> Page:
    Preferences.objects.update(organization_management=False)
    return tour.opened(make_user("Hugo", role="human_resource"), "/extensions/add/")
