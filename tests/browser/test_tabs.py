"""The tabs of Add and Edit: by keyboard, in the address, with errors on a closed one, and without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Dialog, Locator, Page, expect

from accounts.models import User
from extensions.models import Change, SipExtension
from tests.browser.conftest import SignIn
from tests.browser.keys import press_key
from tests.browser.tour import press
from tests.people import make_extension

ADD = "/extensions/add/"
EASY_PIN = "1111"


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper", voicemail=True)
    Change.objects.all().delete()
    return extension


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name)


def expect_open(page: Page, name: str) -> None:
    expect(page.get_by_role("tab", selected=True)).to_have_count(1)
    expect(tab(page, name)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    panel = page.get_by_role("tabpanel", name=name)
    expect(panel).to_be_visible()
    expect(tab(page, name)).to_have_attribute("aria-controls", panel.get_attribute("id") or "no panel")


def test_one_of_the_tabs_is_open(adas: Page) -> None:
    adas.goto(ADD)
    expect(adas.get_by_role("tablist", name="Sections of the form")).to_be_visible()
    expect(adas.get_by_role("tab")).to_have_text(["User", "Voicemail", "Advanced", "Security"])
    expect_open(adas, "User")
    tab(adas, "Voicemail").click()
    expect_open(adas, "Voicemail")
    expect(adas.locator("#id_voicemail")).to_be_checked()
    expect(adas.locator("#id_first_name")).to_be_hidden()


def test_keys_lead_from_tab_to_tab(adas: Page) -> None:
    adas.goto(ADD)
    tab(adas, "User").focus()
    for key, name in (
        ("ArrowRight", "Voicemail"),
        ("ArrowRight", "Advanced"),
        ("ArrowRight", "Security"),
        ("ArrowRight", "User"),
        ("ArrowLeft", "Security"),
        ("Home", "User"),
        ("End", "Security"),
        ("ArrowLeft", "Advanced"),
        ("ArrowLeft", "Voicemail"),
    ):
        adas.keyboard.press(key)
        expect_open(adas, name)
        expect(tab(adas, name)).to_be_focused()
    adas.keyboard.press("Tab")
    expect(adas.locator("#id_voicemail")).to_be_focused()
    adas.keyboard.press("Shift+Tab")
    expect(tab(adas, "Voicemail")).to_be_focused()


def test_arrows_follow_the_direction_of_writing(adas: Page) -> None:
    adas.goto(ADD)
    adas.evaluate("document.documentElement.dir = 'rtl'")
    tab(adas, "User").press("ArrowLeft")
    expect_open(adas, "Voicemail")


def test_the_open_tab_stands_in_the_address(adas: Page) -> None:
    adas.goto("/extensions/")
    adas.goto(ADD)
    tab(adas, "Voicemail").click()
    assert adas.url.endswith("/extensions/add/#voicemail")
    adas.reload()
    expect_open(adas, "Voicemail")
    adas.evaluate("location.hash = 'security'")
    expect_open(adas, "Security")
    adas.evaluate("location.hash = 'id_job_title'")
    expect_open(adas, "User")
    expect(adas.locator("#id_job_title")).to_be_focused()


def test_with_a_key_held_a_tab_is_a_link(adas: Page) -> None:
    adas.goto(ADD)
    with adas.context.expect_page() as opened:
        tab(adas, "Voicemail").click(modifiers=["ControlOrMeta"])
    expect_open(adas, "User")
    expect_open(opened.value, "Voicemail")


def test_an_address_of_no_tab_opens_the_first(adas: Page) -> None:
    adas.goto(f"{ADD}#%E0%A4%A")
    expect_open(adas, "User")


def test_an_error_on_a_closed_tab_shows_in_its_title_and_opens_it(adas: Page) -> None:
    adas.goto(ADD)
    adas.locator("#id_first_name").fill("Grace")
    adas.locator("#id_voicemail_pin").evaluate(f"(each) => {{ each.value = '{EASY_PIN}'; }}")
    tab(adas, "Security").click()
    adas.locator("#id_allowed_networks").fill("nowhere")
    press(adas, "Save")
    expect(adas.locator("#error-summary")).to_be_focused()
    expect_open(adas, "Voicemail 1 problem to fix")
    expect(tab(adas, "Security")).to_have_accessible_name("Security 1 problem to fix")
    expect(tab(adas, "User")).to_have_accessible_name("User")
    adas.get_by_role("link", name="Allowed Networks").press("Enter")
    expect_open(adas, "Security")
    expect(adas.locator("#id_allowed_networks")).to_be_focused()
    adas.get_by_role("link", name="Voicemail PIN").click()
    expect_open(adas, "Voicemail")
    expect(adas.locator("#id_voicemail_pin")).to_be_focused()


def test_all_tabs_are_sent_as_one(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/#voicemail")
    adas.get_by_label("New Voicemail Notification").select_option("note")
    adas.get_by_label("Announce Caller ID").check()
    tab(adas, "User").click()
    adas.locator("#id_job_title").fill("Admiral")
    tab(adas, "Security").click()
    adas.locator("#id_allowed_networks").fill("10.0.0.0/8")
    press(adas, "Save")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    saved = SipExtension.objects.get()
    assert (saved.voicemail, saved.voicemail_email, saved.voicemail_says_caller) == (True, "note", True)
    assert (saved.user.job_title, saved.allowed_networks) == ("Admiral", "10.0.0.0/8")


def test_ctrl_enter_applies_from_any_tab(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/#voicemail")
    adas.get_by_label("Announce Caller ID").check()
    with adas.expect_request(lambda request: request.method == "POST" and "edit" in request.url) as sent:
        adas.get_by_label("Announce Caller ID").press("Control+Enter")
    assert "then=apply" in (sent.value.post_data or "")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")


def test_what_is_typed_on_a_tab_and_not_saved_is_asked_about(adas: Page, grace: SipExtension) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    adas.on("dialog", stay)
    adas.goto("/extensions/1000/edit/")
    for name in ("Voicemail", "Security", "User"):
        tab(adas, name).click()
    adas.goto("/extensions/1000/edit/#voicemail")
    assert asked == []
    adas.get_by_label("Announce Caller ID").check()
    with adas.expect_event("dialog"):
        adas.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect_open(adas, "Voicemail")
    assert asked == ["beforeunload"]


def test_what_has_no_effect_is_not_shown(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/#voicemail")
    after = adas.get_by_label("After Notification")
    expect(after).to_be_visible()
    adas.get_by_label("New Voicemail Notification").select_option("none")
    expect(after).to_be_hidden()
    adas.locator("#id_voicemail").uncheck()
    expect(adas.locator("#id_voicemail_pin")).to_be_hidden()


def test_a_new_pin_is_one_that_the_form_takes(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/#voicemail")
    pin = adas.locator("#id_voicemail_pin")
    for _ in range(3):
        adas.get_by_role("button", name="Regenerate Voicemail PIN").click()
        adas.get_by_role("button", name="Show Voicemail PIN").click()
        assert len(pin.input_value()) == 6
        adas.get_by_role("button", name="Hide Voicemail PIN").click()
    typed = pin.input_value()
    press(adas, "Save")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert SipExtension.objects.get().voicemail_pin == typed


def test_without_scripts_all_stand_below_each_other(ada: User, sign_in: SignIn, grace: SipExtension) -> None:
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/extensions/1000/edit/")
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.locator(".tab-panel h2")).to_have_text(["User", "Voicemail", "Advanced", "Security"])
    for field in ("#id_first_name", "#id_voicemail_pin", "#id_allowed_networks"):
        expect(page.locator(field)).to_be_visible()
    page.locator("#id_voicemail_pin").fill(EASY_PIN)
    press(page, "Save")
    expect(page.locator("#error-summary")).to_contain_text("Voicemail PIN: This PIN is easy to guess.")
    page.locator("#error-summary a").click()
    expect(page.locator("#id_voicemail_pin")).to_be_focused()
    expect(page.locator("#id_voicemail_pin")).to_be_in_viewport()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_each_tab_is_accessible_and_fits(adas: Page, grace: SipExtension, width: int, theme: str) -> None:
    adas.set_viewport_size({"width": width, "height": 844})
    adas.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    adas.goto("/extensions/1000/edit/")
    for name in ("User", "Voicemail", "Security"):
        tab(adas, name).click()
        expect(tab(adas, name)).to_be_in_viewport(ratio=1)
        assert adas.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        found = Axe().run(adas, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()


CLICKED = """([name, held]) => {
    const tab = [...document.querySelectorAll("[role=tab]")].find((each) => each.textContent.includes(name));
    const event = new MouseEvent("click", {bubbles: true, cancelable: true, ...held});
    const note = (each) => { window.taken = each.defaultPrevented; each.preventDefault(); };
    document.addEventListener("click", note, {once: true});
    tab.dispatchEvent(event);
    return window.taken;
}"""


def test_a_key_or_click_that_is_not_for_the_tabs_is_left_to_the_browser(adas: Page) -> None:
    adas.goto(ADD)
    entries = adas.evaluate("history.length")
    tab(adas, "User").focus()
    for held in ({"ctrlKey": True}, {"metaKey": True}, {"altKey": True}, {"shiftKey": True}):
        assert not press_key(adas, "ArrowRight", **held)
        expect_open(adas, "User")
    for key in ("ArrowDown", "x", "Tab"):
        assert not press_key(adas, key)
    expect_open(adas, "User")
    for key, name in (("ArrowRight", "Voicemail"), (" ", "Voicemail"), ("ArrowLeft", "User"), ("End", "Security")):
        assert press_key(adas, key)
        expect_open(adas, name)
        expect(tab(adas, name)).to_be_focused()
    for held in ({"ctrlKey": True}, {"metaKey": True}, {"shiftKey": True}):
        assert adas.evaluate(CLICKED, ["Voicemail", held]) is False
        expect_open(adas, "Security")
    assert adas.evaluate(CLICKED, ["Voicemail", {}]) is True
    expect_open(adas, "Voicemail")
    expect(tab(adas, "Voicemail")).to_be_focused()
    assert adas.evaluate("history.length") == entries  # Back leaves the form


def test_each_tab_is_told_as_one(adas: Page) -> None:
    adas.goto(f"{ADD}?x=1#voicemail")
    told = """() => [...document.querySelectorAll("[role=tab]")].map((tab) => {
        const panel = document.getElementById(tab.getAttribute("aria-controls"));
        return [tab.getAttribute("aria-selected"), tab.tabIndex, panel.getAttribute("role"), panel.hidden,
            panel.getAttribute("aria-labelledby") === tab.id, panel.querySelector("h2").hidden];
    })"""
    closed = ["false", -1, "tabpanel", True, True, True]
    opened = ["true", 0, "tabpanel", False, True, True]
    assert adas.evaluate(told) == [closed, opened, closed, closed]
    assert adas.evaluate("document.querySelector('form.form').action").endswith("/extensions/add/?x=1")


def test_a_changed_address_opens_what_it_names_alone(adas: Page) -> None:
    adas.goto(ADD)
    for hash_, name, at in (
        ("advanced", "Advanced", ""),
        ("nowhere", "Advanced", ""),
        ("search", "Advanced", ""),  # of the header, in no tab
        ("id_allowed_networks", "Security", "id_allowed_networks"),
        ("user", "User", "id_allowed_networks"),
    ):
        adas.evaluate("(name) => { location.hash = name; }", hash_)
        adas.evaluate("() => new Promise((done) => setTimeout(done, 50))")
        expect_open(adas, name)
        if at and at == hash_:
            expect(adas.locator(f"#{at}")).to_be_focused()
    adas.evaluate("""() => {
        const link = Object.assign(document.createElement("a"), {href: "#id_voicemail_pin", textContent: "There"});
        document.querySelector("main").prepend(link);
        link.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
    }""")
    expect_open(adas, "Voicemail")
