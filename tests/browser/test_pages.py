"""One extension from page to page: add, edit, secrets, conflict, disable, delete; by keyboard, and without scripts."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from accounts.models import Organization, User
from asterisk.process.embedded import Embedded
from core.audit.models import AuditRecord
from extensions.models import SipExtension
from tests.browser.conftest import SignIn
from tests.browser.tour import belongs_to, press
from tests.pbx.office import Office
from tests.people import PASSWORD, make_extension, make_user


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    extension.user.organizations.add(Organization.company())
    return extension


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


# --- secrets ---


def test_a_revealed_password_is_right_goes_again_and_is_recorded(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/")
    assert grace.registration_password not in adas.content()
    press(adas, "Reveal Registration Password")
    expect(adas.locator("#revealed-password")).to_have_text(grace.registration_password)
    record = AuditRecord.objects.get(action="extension.password_revealed")
    assert (record.by_email, record.on) == ("ada@example.com", "1000")
    press(adas, "Hide Registration Password")
    expect(adas.locator("#revealed-password")).to_have_count(0)
    expect(adas.get_by_role("button", name="Reveal Registration Password")).to_be_focused()


def test_show_and_regenerate_and_the_strength_follow(adas: Page) -> None:
    adas.goto("/extensions/add/")
    password = adas.get_by_label("Registration Password*", exact=True)
    strength = adas.locator("#strength")
    expect(strength).to_have_text("Strong")
    expect(password).to_have_attribute("type", "password")
    press(adas, "Show Registration Password")
    expect(password).to_have_attribute("type", "text")
    before = password.input_value()
    password.fill("password123")
    expect(strength).to_have_text("Very weak")
    press(adas, "Regenerate Registration Password")
    expect(strength).to_have_text("Strong")
    assert password.input_value() not in (before, "password123")
    assert re.fullmatch("[A-Za-z2-9]{20}", password.input_value())
    press(adas, "Hide Registration Password")
    expect(password).to_have_attribute("type", "password")


def test_copy_puts_the_value_on_the_clipboard(sign_in: SignIn, ada: User, grace: SipExtension) -> None:
    page = sign_in(ada, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/extensions/1000/")
    press(page, "Copy Authentication name")
    expect(page.get_by_role("button", name="Copied Authentication name")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == grace.registration_name


def test_a_new_user_password_is_shown_once(adas: Page, asterisk: Embedded) -> None:
    adas.goto("/extensions/add/")
    adas.locator("#id_first_name").fill("Grace")
    adas.locator("#id_email").fill("grace@example.com")
    press(adas, "Save")
    shown = adas.locator("#user-password").inner_text()
    assert User.objects.get(email="grace@example.com").check_password(shown)
    adas.reload()
    expect(adas.locator("#user-password")).to_have_count(0)


# --- saving ---


def test_leaving_with_unsaved_work_asks(adas: Page, grace: SipExtension) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    adas.on("dialog", leave)
    adas.goto("/extensions/1000/edit/")
    adas.get_by_role("link", name="Cancel").click()
    heading(adas, "1000 Grace Hopper")
    assert asked == []
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.get_by_role("link", name="Cancel").click()
    heading(adas, "1000 Grace Hopper")
    assert asked == ["beforeunload"]
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    press(adas, "Save")
    heading(adas, "1000 Grace Hopper")
    assert asked == ["beforeunload"]


def test_control_and_enter_save_and_apply(adas: Page, office: Office, ada: User, grace: SipExtension) -> None:
    belongs_to(ada)
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_first_name").fill("Amazing")
    adas.keyboard.press("Control+Enter")
    expect(adas.get_by_role("heading", name="Extension 1000 is live.")).to_be_visible()
    assert office.phone(grace).register() == 200


def test_the_header_counts_what_waits_and_applies_it(
    adas: Page, asterisk: Embedded, ada: User, grace: SipExtension
) -> None:
    belongs_to(ada)
    adas.goto("/extensions/")
    expect(adas.locator("#pbx")).to_contain_text("1 unapplied change")
    press(adas, "Apply")
    expect(adas.get_by_role("status").filter(has_text="Verified: Asterisk has all")).to_be_visible()
    expect(adas.get_by_role("button", name="Apply", exact=True)).to_have_count(0)


def test_of_two_administrators_the_second_chooses(adas: Page, sign_in: SignIn, grace: SipExtension) -> None:
    berts = sign_in(make_user("Bert", role="administrator"))
    for page, title in ((adas, "Admiral"), (berts, "Captain")):
        page.goto("/extensions/1000/edit/")
        page.locator("#id_job_title").fill(title)
    press(adas, "Save")
    heading(adas, "1000 Grace Hopper")
    press(berts, "Save")
    heading(berts, "Extension 1000 has changed since you opened it")
    differing = berts.get_by_role("row").filter(has_text="Differs")
    expect(differing).to_have_count(1)
    expect(differing.get_by_role("cell")).to_have_text(["Admiral", "Captain"])
    press(berts, "Keep mine")
    heading(berts, "1000 Grace Hopper")
    assert SipExtension.objects.get().user.job_title == "Captain"


# --- disable, delete ---


def test_disabling_puts_a_phone_out_at_once_and_enabling_lets_it_in(adas: Page, office: Office) -> None:
    extension = office.extension(number="1000")
    phone = office.registered(extension)
    adas.goto("/extensions/1000/")
    expect(adas.locator(".heading-state")).to_contain_text("Idle")
    press(adas, "Disable")
    expect(adas.locator(".heading-state")).to_contain_text("Disabled")
    assert phone.register() != 200
    press(adas, "Enable")
    expect(adas.get_by_role("button", name="Disable", exact=True)).to_be_visible()
    assert phone.register() == 200


def test_the_menu_of_a_row_disables(adas: Page, asterisk: Embedded, grace: SipExtension, ada: User) -> None:
    belongs_to(ada)
    adas.goto("/extensions/")
    adas.locator("summary", has_text="Actions for 1000").click()
    press(adas, "Disable")
    expect(adas.locator("#status-1000")).to_contain_text("Disabled")


def test_deleting_says_what_goes_and_then_it_is_gone(adas: Page, office: Office) -> None:
    extension = office.extension(number="1000", first_name="Grace")
    extension.user.email = "grace@example.com"
    extension.user.save()
    phone = office.registered(extension)
    adas.goto("/extensions/1000/")
    adas.get_by_role("link", name="Delete").click()
    for words in ("Number 1000", "sign-in account of Grace (grace@example.com)", "you can discard this under Review"):
        expect(adas.get_by_role("main")).to_contain_text(words)
    adas.get_by_role("link", name="Cancel").click()
    assert SipExtension.objects.exists()
    adas.get_by_role("link", name="Delete").click()
    press(adas, "Delete and Apply")
    expect(adas.get_by_role("heading", name="No extensions yet")).to_be_visible()
    expect(adas.get_by_role("status").filter(has_text="Extension 1000 deleted.")).to_be_visible()
    assert phone.register() != 200


# --- other ways to use it ---


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not come to {selector}")


def test_keyboard_alone_from_sign_in_to_a_live_extension(stranger: Page, ada: User, asterisk: Embedded) -> None:
    page, keyboard = stranger, stranger.keyboard
    page.goto("/")
    tab_to(page, "#id_login")
    keyboard.type("ada@example.com")
    tab_to(page, "#id_password")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    heading(page, "Dashboard")
    tab_to(page, "nav a[href='/extensions/']")
    keyboard.press("Enter")
    heading(page, "Extension")
    tab_to(page, "main a[href$='/add/']")
    keyboard.press("Enter")
    heading(page, "Add extension")
    tab_to(page, "#id_first_name")
    keyboard.type("Grace")
    tab_to(page, "#id_email")
    keyboard.type("grace@example.com")
    tab_to(page, "button[value=apply]")
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Extension 1000 is live.")).to_be_visible()
    tab_to(page, "[data-reveal]")
    keyboard.press("Enter")
    expect(page.locator("#revealed-password")).to_have_text(SipExtension.objects.get().registration_password)


def test_the_skip_link_jumps_over_the_frame(adas: Page) -> None:
    adas.goto("/extensions/")
    adas.keyboard.press("Tab")
    expect(adas.get_by_role("link", name="Skip to content")).to_be_focused()
    adas.keyboard.press("Enter")
    expect(adas.get_by_role("main")).to_be_focused()


def test_without_scripts_one_adds_applies_reveals_and_deletes(sign_in: SignIn, ada: User, office: Office) -> None:
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/extensions/")
    page.get_by_role("link", name="Add the first extension").click()
    page.locator("#id_number").fill("7")
    press(page, "Save and Apply")
    expect(page.get_by_role("alert")).to_contain_text("Enter a first name or a last name.")
    page.locator("#id_first_name").fill("Grace")
    page.locator("#id_number").fill("1000")
    press(page, "Save and Apply")
    expect(page.get_by_role("heading", name="Extension 1000 is live.")).to_be_visible()
    for name in ("Copy", "Regenerate", "Show"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    press(page, "Reveal Registration Password")
    made = SipExtension.objects.get()
    expect(page.locator("#revealed-password")).to_have_text(made.registration_password)
    assert office.phone(made).register() == 200
    page.get_by_role("link", name="Delete").click()
    press(page, "Delete and Apply")
    expect(page.get_by_role("heading", name="No extensions yet")).to_be_visible()


def test_a_phone_that_registers_appears_in_the_list_by_itself(adas: Page, office: Office) -> None:
    extension = office.extension(number="1000")
    adas.goto("/extensions/")
    expect(adas.locator("#status-1000")).to_contain_text("Offline")
    office.registered(extension)
    expect(adas.locator("#status-1000")).to_contain_text("Idle", timeout=7000)


# --- before there is an extension ---


@pytest.mark.parametrize("scripts", [True, False])
def test_the_administrator_gives_themselves_an_extension(sign_in: SignIn, live_server: object, scripts: bool) -> None:
    ada = make_user("Ada", role="super_administrator")
    page = sign_in(ada, java_script_enabled=scripts)
    page.goto("/account/")
    page.get_by_role("link", name="Give me an extension").click()
    expect(page.get_by_label("Email Address")).to_have_value("ada@example.com")
    press(page, "Save")
    heading(page, "1000")
    assert SipExtension.objects.get().user == ada


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_without_an_extension_is_chosen(sign_in: SignIn, live_server: object, scripts: bool) -> None:
    make_user("Hugo")
    page = sign_in(make_user("Ada", role="super_administrator"), java_script_enabled=scripts)
    page.goto("/extensions/add/")
    page.get_by_role("link", name="Choose someone who has no extension yet").click()
    page.get_by_label("Someone who has no extension yet").select_option("Hugo (hugo@example.com)")
    press(page, "Choose")
    expect(page.get_by_label("First Name")).to_have_value("Hugo")
