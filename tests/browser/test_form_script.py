"""What the scripts do to forms: Enter and Ctrl+Enter, what a button says meanwhile, and what stands for what."""

import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from accounts.models import Organization, User
from extensions import actions
from extensions.models import Change, SipExtension
from tests.browser.keys import press_key
from tests.browser.test_scripts import SAID, stop_the_clock
from tests.people import make_extension
from tests.trees import fill

# What is sent is noted, and does not go.
NOTED = """() => {
    window.noted = [];
    HTMLFormElement.prototype.requestSubmit = function (button) { window.noted.push(button.value); };
}"""


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    Change.objects.all().delete()
    return extension


def sent(page: Page) -> Any:
    return page.evaluate("window.noted.splice(0)")


def test_which_keys_send_a_form(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.evaluate(NOTED)
    last = adas.locator("form[data-shortcut] :is(input.form-control, input.textinput)").last.get_attribute("id")
    first = "id_first_name"

    def pressed(field: str, key: str, **held: bool) -> tuple[bool, list[str]]:
        adas.evaluate("(id) => { const each = document.getElementById(id); each ? each.focus() : 0; }", field)
        return press_key(adas, key, **held), sent(adas)

    adas.evaluate("for (const each of document.querySelectorAll('[role=tabpanel]')) each.hidden = false")
    assert pressed(first, "Enter", ctrlKey=True) == (True, ["apply"])
    assert pressed(first, "Enter", metaKey=True) == (True, ["apply"])
    assert pressed(first, "x", ctrlKey=True) == (False, [])
    assert pressed(first, "x") == (False, [])
    assert pressed(first, "Enter") == (False, [])
    assert pressed(str(last), "Enter") == (True, ["save"])
    assert pressed(str(last), "Enter", isComposing=True) == (False, [])
    assert pressed(str(last), "x") == (False, [])
    assert pressed(str(last), "Enter", ctrlKey=True) == (True, ["apply"])
    adas.evaluate("document.activeElement.blur()")
    assert pressed("", "Enter", ctrlKey=True) == (True, ["apply"])
    assert pressed("", "Enter") == (False, [])
    assert pressed("search", "Enter") == (False, [])
    adas.evaluate("for (const each of document.querySelectorAll('button[name=then]')) each.disabled = true")
    assert pressed(first, "Enter", ctrlKey=True) == (False, [])
    assert pressed(str(last), "Enter") == (False, [])
    adas.goto("/extensions/")
    adas.evaluate(NOTED)
    assert pressed("search", "Enter", ctrlKey=True) == (False, [])


def test_a_form_that_was_not_touched_is_left_without_a_question(adas: Page, grace: SipExtension) -> None:
    asked: list[str] = []

    def go(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    adas.on("dialog", go)
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.locator("#id_job_title").fill("")
    adas.evaluate("document.querySelector('form.form [name=csrfmiddlewaretoken]').value = 'another'")
    adas.goto("/extensions/")
    assert asked == []
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.goto("/extensions/")
    assert asked == ["beforeunload"]
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert asked == ["beforeunload"]


def test_what_leaves_a_page_with_something_typed_asks_and_can_be_pressed_again(adas: Page, grace: SipExtension) -> None:
    """The header's Apply."""
    asked: list[str] = []
    applies: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    def hold(route: Route) -> None:
        applies.append(route.request.method)
        time.sleep(0.5)  # the page goes on meanwhile
        route.continue_()

    adas.on("dialog", stay)
    adas.route("**/apply/", hold)
    actions.disable("1000", User.objects.get(first_name="Ada"))
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    apply = adas.locator("#apply")
    for times in (1, 2):
        apply.click()
        expect(apply).to_be_enabled()
        expect(apply).to_have_text("Apply")
        assert asked == ["confirm"] * times
    expect(adas.locator("#id_job_title")).to_have_value("Admiral")
    assert applies == []
    adas.remove_listener("dialog", stay)
    adas.on("dialog", leave)
    adas.evaluate(
        "addEventListener('pagehide', () => { sessionStorage.held = document.getElementById('apply').disabled; })"
    )
    apply.click()
    adas.wait_for_function("() => sessionStorage.held")
    assert adas.evaluate("sessionStorage.held") == "true"  # until the answer came
    assert (applies, asked) == (["POST"], ["confirm"] * 3)


def test_regions_follow_the_country(adas: Page) -> None:
    adas.goto("/business-hours/")
    regions = adas.locator("#regions option")
    expect(regions).to_have_count(0)
    for country, some in (("DE", "Bayern"), ("US", "Texas")):
        adas.locator("#id_country").select_option(country)
        expect(adas.locator(f"#regions option[value={some}]")).to_have_count(1)
    expect(adas.locator("#regions option[value=Bayern]")).to_have_count(0)
    adas.locator("#id_country").select_option("")
    expect(regions).to_have_count(0)


SUBMITTED = """([selector, prevented]) => {
    const form = document.querySelector(selector);
    const event = new SubmitEvent("submit", {bubbles: true, cancelable: true});
    if (prevented) event.preventDefault();
    form.dispatchEvent(event);
    return [prevented ? "" : event.defaultPrevented, form.dataset.sent ?? "", page.leaving];
}"""


def test_only_a_form_that_is_sent_once_is_held_back_the_second_time(adas: Page) -> None:
    adas.goto("/roles/add/")
    form, search = "form[data-role]", "form[role=search]"
    for _ in range(2):
        assert adas.evaluate(SUBMITTED, [search, False]) == [False, "", False]
    assert adas.evaluate(SUBMITTED, [form, True]) == ["", "", False]  # another script has it
    assert adas.evaluate(SUBMITTED, [form, False]) == [False, "yes", True]
    assert adas.evaluate(SUBMITTED, [form, False])[:2] == [True, "yes"]
    expect(adas.locator(f"{form} button:not([type=button]):enabled")).to_have_count(0)
    expect(adas.locator(f"{search} button:disabled")).to_have_count(0)


BUTTON = "button[name=then][value=apply]"


def test_what_a_button_says_while_it_waits_and_when_nothing_was_reached(
    unwatched: BrowserContext, grace: SipExtension
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = unwatched.new_page()
    page.clock.install()
    page.goto("/extensions/1000/edit/")
    page.evaluate(SAID)
    keep = page.locator("form[data-keep]").get_attribute("data-keep")
    page.route(f"**{keep}", hold)
    stop_the_clock(page)
    button = page.locator(BUTTON)
    words = button.inner_html()
    busy = button.get_attribute("data-busy")
    with page.expect_request(f"**{keep}") as asked:
        button.click(no_wait_after=True)
        page.clock.run_for(100)
    assert asked.value.headers["x-background"] == "yes"
    expect(button).to_have_text(str(busy))
    expect(page.locator("form[data-keep] button[name=then]:enabled")).to_have_count(0)
    expect(page.locator("form[data-keep] button[type=button]:disabled")).to_have_count(0)
    page.clock.run_for(1_800)
    expect(button).to_have_text(str(busy))
    page.clock.run_for(300)
    waiting = page.evaluate("page.words.waiting")
    expect(button).to_have_text(waiting)
    assert [each for each in page.evaluate("said") if each] == [busy, waiting]
    held.pop().abort()
    expect(page.locator("[data-session=offline]")).to_be_visible()
    expect(button).to_be_enabled()
    assert button.inner_html() == words
    expect(page.locator("form[data-keep] [data-on-enter]")).to_be_disabled()  # it keeps Enter from sending
    button.click(no_wait_after=True)
    page.clock.run_for(100)
    expect(page.locator("[data-session=offline]")).to_be_hidden()
    expect(button).to_have_text(str(busy))
    held.pop().abort()
    expect(button).to_be_enabled()
    page.clock.run_for(5_000)
    assert button.inner_html() == words  # it does not say later that it waits


SENT = """() => {
    window.noted = [];
    HTMLFormElement.prototype.submit = function () { window.noted.push(...new FormData(this).getAll("then")); };
}"""


def test_what_is_sent_names_the_button_that_was_pressed_once(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.evaluate(SENT)
    for then in ("save", "apply"):
        adas.locator(f"button[name=then][value={then}]").click()
        adas.wait_for_function("() => window.noted.length === 1")
        assert adas.evaluate("page.leaving") is True
        assert sent(adas) == [then]
        expect(adas.locator("form[data-keep] input[name=then]")).to_have_count(0)
        adas.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")  # back again
        assert adas.evaluate("page.leaving") is False


def test_the_caller_id_that_is_not_typed_is_the_number(adas: Page) -> None:
    adas.goto("/extensions/add/")
    caller_id, number = adas.locator("[data-placeholder-from] input"), adas.locator("#id_number")
    expect(caller_id).to_have_attribute("placeholder", number.input_value())
    number.fill("4711")
    expect(caller_id).to_have_attribute("placeholder", "4711")


STATE = """() => ["choosing"].map((id) => {
    const all = document.querySelector(`[data-chooses-all="${id}"]`);
    return [all.checked, all.indeterminate, document.querySelector("[data-count]").textContent,
        document.querySelectorAll("input[name=n]:checked").length];
})[0]"""


def test_one_box_stands_for_all_of_a_page(adas: Page) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    adas.goto("/extensions/")
    assert adas.evaluate(STATE) == [False, False, "0", 0]
    adas.get_by_role("checkbox", name="Select 1000").check()
    assert adas.evaluate(STATE) == [False, True, "1", 1]
    adas.locator("[data-chooses-all]").first.check()
    assert adas.evaluate(STATE) == [True, False, "3", 3]
    adas.get_by_role("checkbox", name="Select 1001").uncheck()
    assert adas.evaluate(STATE) == [False, True, "2", 2]
    adas.get_by_role("checkbox", name="Select 1001").check()
    adas.locator("[data-chooses-all]").first.uncheck()
    assert adas.evaluate(STATE) == [False, False, "0", 0]
    adas.evaluate("document.querySelector('input[name=n]').checked = true")
    adas.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert adas.evaluate(STATE) == [False, True, "1", 1]


OPENED = """() => {
    window.opened = [];
    window.open = (...given) => { window.opened.push(given.join(" ")); };
    for (const link of document.querySelectorAll("[data-row-link]"))
        link.addEventListener("click", (event) => { event.preventDefault(); window.opened.push("here"); });
}"""
CLICKED = """([selector, kind, options]) => {
    document.querySelector(selector).dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true, ...options}));
    return window.opened.splice(0).map((each) => each.replace(location.origin, ""));
}"""


def test_a_row_opens_as_a_link_would(adas: Page) -> None:
    make_extension("1000", first_name="Grace")
    adas.goto("/extensions/")
    adas.evaluate(OPENED)
    cell = "tbody tr .cell-name"
    aside = ["/extensions/1000/ _blank noopener"]
    for selector, kind, options, opened in (
        (cell, "click", {}, ["here"]),
        (cell, "click", {"ctrlKey": True}, aside),
        (cell, "click", {"metaKey": True}, aside),
        (cell, "auxclick", {"button": 1}, aside),
        (cell, "auxclick", {"button": 2}, []),
        ("tbody tr label", "click", {}, []),
        ("tbody tr summary", "click", {}, []),
        ("thead th", "click", {}, []),
    ):
        assert adas.evaluate(CLICKED, [selector, kind, options]) == opened, (selector, kind, options)
    adas.evaluate("getSelection().selectAllChildren(document.querySelector('tbody .cell-name'))")
    assert adas.evaluate(CLICKED, [cell, "click", {}]) == []  # somebody copies a name


def test_an_address_names_the_filters_that_are_chosen(adas: Page) -> None:
    adas.goto("/extensions/")
    found = adas.evaluate("[...new FormData(document.querySelector('form[data-filters]')).keys()]")
    assert "organization" not in found
    assert "below" not in found
    adas.evaluate("""() => {
        const form = document.querySelector("form[data-filters]");
        form.querySelector("[name=enabled]").value = "no";
        const department = form.querySelector("[name=organization]");
        department.selectedIndex = department.options.length - 1;
    }""")
    found = adas.evaluate("[...new FormData(document.querySelector('form[data-filters]')).keys()]")
    assert "enabled" in found


def test_a_role_s_boxes_follow_one_another(adas: Page) -> None:
    adas.goto("/roles/add/")
    view, manage = (adas.get_by_role("checkbox", name=f"{each} Extension", exact=True) for each in ("View", "Manage"))
    manage.check()
    expect(view).to_be_checked()
    expect(view).to_be_disabled()
    manage.uncheck()
    expect(view).to_be_enabled()
    expect(view).to_be_checked()
    view.uncheck()
    log = adas.get_by_role("checkbox", name="View Operation Log", exact=True)
    whole = adas.get_by_role("checkbox", name="Manage Preferences", exact=True)
    whole.check()
    for _ in range(2):
        adas.get_by_label("Extensions in selected departments").check()
        for each in (log, whole):
            expect(each).to_be_disabled()
            expect(each).not_to_be_checked()
        adas.evaluate("document.querySelector('form[data-role]').dispatchEvent(new Event('change'))")
        expect(view).to_be_enabled()
        adas.get_by_label("All extensions").check()
        expect(whole).to_be_checked()
        expect(whole).to_be_enabled()
        expect(log).not_to_be_checked()
        expect(log).to_be_enabled()
    whole.uncheck()
    adas.get_by_label("Extensions in selected departments").check()
    adas.get_by_label("All extensions").check()
    expect(whole).not_to_be_checked()


def test_of_a_tree_to_choose_from_the_chosen_one_is_in_sight(adas: Page) -> None:
    fill(45)
    last = Organization.objects.order_by("name").last()
    assert last
    adas.goto(f"/organizations/add/?parent={last.pk}")
    box = adas.locator(".tree-box")
    chosen = box.locator("input:checked")
    assert adas.evaluate("document.querySelector('.tree-box').scrollTop") > 0
    assert chosen.evaluate("""(each) => {
        const box = each.closest(".tree-box").getBoundingClientRect();
        const own = each.closest("label").getBoundingClientRect();
        return own.top >= box.top && own.bottom <= box.bottom;
    }""")
