"""Every page of the portal, in each state that a person meets it in."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts import audit, origin, setup
from accounts.models import AuditRecord, Organization, Role, User
from accounts.permissions import Permission
from asterisk import check
from asterisk.apply import ApplyError, apply, apply_preferences
from asterisk.models import ApplyRun, CheckRun
from extensions import changes, system, wish
from extensions.forms import DeleteForm, set_enabled
from extensions.leave_form import LeaveForm
from extensions.models import Change, SipExtension
from pbxportal.models import NameFormat, Preferences
from pbxportal.views import REMEDIES
from tests.browser import company
from tests.browser.conftest import SignIn
from tests.pbx.office import Office, engine_tables, qualify, talking
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
        url = setup.setup_url()
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
        setattr(extension.user if name in wish.PERSON else extension, name, value)
    extension.user.save()
    extension.save()
    changes.record(by, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


# --- before there is anybody ---


@stop
def sign_in(tour: Tour) -> Page:
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
    press(page, "Create the account and start")
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
    page.locator("summary", has_text="Menu of 1003").click()
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
    page.get_by_role("heading", name="was changed meanwhile").wait_for()
    return page


@stop
def delete(tour: Tour) -> Page:
    company.people(2)
    return tour.ada("/extensions/1001/delete/")


@stop
def delete_refused(tour: Tour) -> Page:
    one(user=make_user("Ada", role="super_administrator"))
    return tour.ada("/extensions/1000/delete/")


# --- somebody leaves ---


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
    page.get_by_text("Nobody who can take the calls").wait_for()
    page.get_by_label("Until a date").check()
    page.get_by_label("Delete on").fill("2020-01-01")
    press(page, "Continue")
    page.get_by_role("alert").wait_for()
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
    page.get_by_role("button", name="Leave and Apply").wait_for()
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


@stop
def apply_failed(tour: Tour) -> Page:
    one()
    belongs_to(ada())
    SipExtension.objects.update(caller_id="not a number")
    page = press(tour.ada("/extensions/"), "Apply")
    page.get_by_role("heading", name="was not applied").wait_for()
    return page


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
    extensions = [make_extension(str(1000 + n), first_name=f"Person {n}") for n in range(7)]
    apply([each.number for each in extensions], None)
    _, ringing, caller, callee, gone, other = map(tour.office.registered, extensions[:6])
    talking(caller, callee)
    other.call(ringing.number)
    ringing.wait_call()
    gone.close()
    qualify(gone.number)
    page = tour.ada("/extensions/")
    for state in ("Idle", "Ringing", "Busy", "Unreachable", "Offline"):
        page.get_by_text(state, exact=True).first.wait_for()
    return page


# --- review ---


@stop
def review_empty(tour: Tour) -> Page:
    return tour.ada("/review/")


@stop
def review_of_ones_own(tour: Tour) -> Page:
    grace = one()
    apply(["1000"], None)
    edited(grace, ada(), first_name="Amazing", registration_password="t7Rw9KqX2mZv5LpB8nYc")
    return tour.ada("/review/")


@stop
def review_of_all_kinds_and_long_names(tour: Tour) -> Page:
    people = company.people(5)
    apply([each.number for each in people[:4]], None)
    belongs_to(ada())
    hugo = make_user("Hugo", role="human_resource", last_name="Wolfeschlegelsteinhausenbergerdorff")
    edited(people[1], ada(), last_name="Featherstonehaugh-Cholmondeley-Marjoribanks", caller_id="+441614960000")
    edited(people[2], hugo, registration_name="another-name", max_phones="2")
    edited(people[0], ada(), caller_id="7000")
    edited(people[0], hugo, caller_id="1000")
    DeleteForm(people[3], ada()).delete()
    page = tour.ada("/review/#n1002")
    page.locator("#n1003 summary").click()
    return page


@stop
def review_of_hundreds(tour: Tour) -> Page:
    for place in range(150):
        make_extension(str(2000 + place))
    return tour.ada("/review/?from=2100")


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


# --- history ---


@stop
def history_empty(tour: Tour) -> Page:
    return tour.ada("/history/")


@stop
def history_full(tour: Tour) -> Page:
    company.people(20)
    apply(Change.objects.waiting().numbers(), ada())
    hugo = make_user("Hugo", role="human_resource", last_name=company.NAMES[1][1])
    outcomes = list(ApplyRun.Outcome)
    for n in range(40):
        run = ApplyRun.objects.create(
            by=(ada(), hugo, None)[n % 3], numbers=[str(1000 + each) for each in range((1, 3, 1500)[n % 3])]
        )
        if outcomes[n % 4] != ApplyRun.Outcome.RUNNING:
            run.close(outcomes[n % 4], "What came of it.")
    return tour.ada("/history/")


def run_page(tour: Tour) -> Page:
    return tour.ada(f"/history/{ApplyRun.objects.latest('pk').pk}/")


@stop
def run_proved(tour: Tour) -> Page:
    people = company.people(3)
    apply(["1000", "1001"], ada())
    edited(people[0], ada(), first_name="Amazing")
    set_enabled(people[1], ada(), False)
    apply(["1000", "1001", "1002"], ada())
    return run_page(tour)


@stop
def run_refused(tour: Tour) -> Page:
    grace = one()
    apply(["1000"], None)
    edited(grace, ada(), caller_id="not a number")
    with suppress(ApplyError):
        apply(["1000"], ada())
    return run_page(tour)


@stop
def run_that_waits(tour: Tour) -> Page:
    one()
    port, tour.settings.AMI_PORT = tour.settings.AMI_PORT, 9
    apply(["1000"], ada())
    tour.settings.AMI_PORT = port
    return run_page(tour)


@stop
def run_that_compared_only(tour: Tour) -> Page:
    one()
    apply(["1000"], ada())
    apply(["1000"], None)
    return run_page(tour)


# --- the engine check ---


@stop
def check_never(tour: Tour) -> Page:
    return tour.ada("/history/check/")


@stop
def check_equal(tour: Tour) -> Page:
    tour.office.extension(number="1000")
    check.check()
    return tour.ada("/history/check/")


@stop
def check_differing(tour: Tour) -> Page:
    people = company.people(4)
    apply([each.number for each in people], None)
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET max_contacts = 9, caller_name = 'Eve' WHERE number = '1001'")
        tables.execute("DELETE FROM sip_login WHERE number = '1002'")
    edited(people[3], ada(), first_name="Amazing")
    check.check()
    return tour.ada("/history/check/")


@stop
def check_running(tour: Tour) -> Page:
    CheckRun.objects.create(total=20_000, compared=7_500)
    tour.stack.enter_context(check.only_one())
    return tour.ada("/history/check/")


# --- roles ---


def sales_help() -> Role:
    """By organization, and given to three people."""
    people = company.people(9)
    role = Role.objects.create(name="Sales helpdesk", granted=["extension.manage"], reach="organizations")
    role.organizations.set(Organization.objects.filter(name__in=["Engineering", "Signing"]))
    User.objects.filter(sip_extension__in=people[:3]).update(role=role)
    Role.objects.create(
        name="Regional Enablement and Customer Success, EMEA", granted=["role.view", "extension.view", "log.view"]
    )
    return role


@stop
def roles(tour: Tour) -> Page:
    sales_help()
    page = tour.ada("/roles/")
    page.locator("summary", has_text="Menu of Sales helpdesk").click()
    return page


@stop
def roles_for_looking(tour: Tour) -> Page:
    sales_help()
    return tour.opened(make_user("Rita", custom=Role.objects.get(name__startswith="Regional")), "/roles/")


@stop
def role(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/")


@stop
def role_default(tour: Tour) -> Page:
    return tour.ada(f"/roles/{Role.objects.get(key='human_resource').pk}/")


@stop
def role_copy(tour: Tour) -> Page:
    return tour.ada(f"/roles/{Role.objects.get(key='operator').pk}/copy/")


@stop
def role_by_organization(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/edit/")


@stop
def role_with_errors(tour: Tour) -> Page:
    company.departments()
    page = tour.ada("/roles/add/")
    page.get_by_label("Extensions of chosen organizations").check()
    page.evaluate(
        "document.querySelectorAll('[data-manage]').forEach((box) => { box.disabled = false; box.checked = true })"
    )
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def role_that_somebody_has(tour: Tour) -> Page:
    return tour.ada(f"/roles/{sales_help().pk}/delete/")


@stop
def role_delete(tour: Tour) -> Page:
    role = sales_help()
    role.users.update(role=None)
    return tour.ada(f"/roles/{role.pk}/delete/")


# --- the rest ---


@stop
def preferences(tour: Tour) -> Page:
    return tour.ada("/preferences/")


@stop
def preferences_with_errors(tour: Tour) -> Page:
    page = preferences(tour)
    page.get_by_label("First extension number").fill("7000")
    page.get_by_label("SIP server").fill("not a host")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


def wished(field: system.Field, value: str) -> None:
    system.put_back(ada(), field, value)


@stop
def preferences_that_wait(tour: Tour) -> Page:
    company.people(3)
    wished(system.Field.NAME_FORMAT, NameFormat.LAST_FIRST)
    wished(system.Field.COUNTRY, "DE")
    return preferences(tour)


@stop
def preferences_saved_by_two(tour: Tour) -> Page:
    page, other = preferences(tour), preferences(tour)
    other.get_by_label("Longest session, hours").fill("12")
    other.get_by_label("Country").select_option("DE")
    press(other, "Save")
    other.get_by_text("Preferences saved.").wait_for()
    page.get_by_label("Time Zone").fill("berlin")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_to_look_at(tour: Tour) -> Page:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    auditor = make_user("Vic")
    auditor.role = role
    auditor.save()
    wished(system.Field.NAME_FORMAT, NameFormat.LAST_FIRST)
    return tour.opened(auditor, "/preferences/")


@stop
def review_with_preferences(tour: Tour) -> Page:
    company.people(3)
    belongs_to(ada())
    wished(system.Field.NAME_FORMAT, NameFormat.LASTFIRST)
    return tour.ada("/review/")


@stop
def review_of_preferences_alone(tour: Tour) -> Page:
    wished(system.Field.COUNTRY, "DE")
    return tour.ada("/review/")


@stop
def run_of_preferences(tour: Tour) -> Page:
    one()
    apply(["1000"], ada())
    wished(system.Field.NAME_FORMAT, NameFormat.LASTFIRST)
    apply_preferences(ada())
    return run_page(tour)


@stop
def signed_out_when_idle(tour: Tour) -> Page:
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
    expect(page.get_by_role("heading", level=1)).to_have_text("This page was open too long")
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


# --- the operation log ---


def log_of_many(tour: Tour) -> None:
    """All that is recorded, by some who have long names, over more than one page."""
    people = company.people(8)
    by = [ada(), make_user("Hugo", role="human_resource"), *(each.user for each in people[1:4])]
    with origin.of("2001:db8:85a3::8a2e:370:7334"):
        for place in range(52):
            number = people[place % 8].number
            audit.record(
                by[place % 5], "extension.changed", number, fields={"Last Name": ["Hopper", f"Murray {place}"]}
            )
    with origin.of("192.0.2.7"):
        audit.record(by[1], "page.refused", "POST /extensions/1003/toggle/", number="1003", result=audit.Result.REFUSED)
        audit.record(ada(), "sign_in.failed", ada(), result=audit.Result.FAILED)
    with origin.of(origin.COMMAND):
        audit.record(None, "engine.repaired", "3 extensions", numbers=["1001", "1002", "1003"])
    edited(people[0], ada(), first_name="Peggy", job_title="", allowed_networks="192.168.1.0/24, 2001:db8::/32")


@stop
def log_list(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/log/")


@stop
def log_last_page(tour: Tour) -> Page:
    page = log_list(tour)
    page.get_by_role("link", name="Oldest").click()
    page.get_by_role("link", name="Newest").wait_for()
    return page


@stop
def log_filtered(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/log/?person=ada&number=1000&module=Extension&result=done&since=2026-01-31T18%3A00")


@stop
def log_no_match(tour: Tour) -> Page:
    return tour.ada("/log/?person=nobody+of+this+name&until=2020-01-31")


@stop
def log_with_errors(tour: Tour) -> Page:
    return tour.ada("/log/?number=10x&since=yesterday")


@stop
def log_row(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada(f"/log/{AuditRecord.objects.order_by('-id').filter(deed='extension.changed')[0].pk}/")


@stop
def log_row_of_a_command(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada(f"/log/{AuditRecord.objects.get(deed='engine.repaired').pk}/")


@stop
def extension_with_a_history(tour: Tour) -> Page:
    log_of_many(tour)
    return tour.ada("/extensions/1000/")
