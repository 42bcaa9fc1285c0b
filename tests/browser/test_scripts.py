"""What the scripts of the pages promise: nothing is sent twice, lost, shown too long or swapped under one's hands."""

import re
import time

import pytest
from playwright.sync_api import Dialog, Page, Request, Route, expect

from accounts.models import Organization
from extensions.models import SipExtension
from tests.browser.tour import press
from tests.people import make_extension


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    extension.user.organizations.add(Organization.company())
    return extension


def posts_of(page: Page) -> list[Request]:
    found: list[Request] = []
    page.on("request", lambda request: found.append(request) if request.method == "POST" else None)
    return found


def submits_of(posts: list[Request]) -> list[str]:
    """Without what is asked while one types."""
    return [each.url for each in posts if "strength" not in each.url]


def test_a_double_click_sends_once(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    posts = posts_of(adas)
    adas.get_by_role("button", name="Save", exact=True).dblclick()
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert len(submits_of(posts)) == 1
    assert SipExtension.objects.get(number="1000").version == 2


WHILE_SENT = """document.addEventListener("submit", () => setTimeout(() => {
    const free = [...document.querySelectorAll("button[name=then]")].filter((button) => !button.disabled);
    sessionStorage.setItem("seen", `${document.querySelector("#id_registration_password").type} ${free.length}`);
}, 50))"""


def test_while_it_is_sent_no_button_can_be_pressed_and_no_secret_is_shown(adas: Page, grace: SipExtension) -> None:
    def be_slow(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    adas.goto("/extensions/1000/edit/")
    press(adas, "Regenerate Registration Password")
    press(adas, "Show Registration Password")
    expect(adas.locator("#id_registration_password")).to_have_attribute("type", "text")
    adas.evaluate(WHILE_SENT)
    adas.route("**/extensions/1000/edit/", be_slow)
    press(adas, "Save")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    assert adas.evaluate("sessionStorage.getItem('seen')") == "password 0"


MARK = "for (const each of document.querySelectorAll('body *')) each.isMarked = true"
UNMARKED = "[...document.querySelectorAll('body *')].filter((each) => !each.isMarked).length"


def test_an_unchanged_poll_swaps_nothing(adas: Page, grace: SipExtension) -> None:
    polls: list[str] = []
    adas.on("response", lambda answer: polls.append(answer.url))

    def two_more_of_each() -> None:
        before = len(polls)
        adas.wait_for_timeout(1500)
        for _ in range(100):
            new = polls[before:]
            if min(sum("/pbx/" in each for each in new), sum("/status/" in each for each in new)) >= 2:
                return
            adas.wait_for_timeout(100)
        raise AssertionError(f"no polls: {polls[before:]}")

    adas.goto("/extensions/")
    two_more_of_each()
    adas.evaluate(MARK)
    two_more_of_each()
    assert adas.evaluate(UNMARKED) == 0


def test_a_slash_is_typed_where_one_types(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    title = adas.locator("#id_job_title")
    title.press("/")
    title.press_sequentially("dev/ops")
    expect(title).to_have_value("/dev/ops")
    expect(title).to_be_focused()


def test_a_page_with_errors_asks_before_it_is_left(adas: Page, grace: SipExtension) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_first_name").fill("")
    adas.locator("#id_last_name").fill("")
    press(adas, "Save")
    expect(adas.locator("#error-summary")).to_be_visible()
    adas.on("dialog", stay)
    adas.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(adas.locator("#error-summary")).to_be_visible()
    assert asked == ["beforeunload"]


def test_after_back_the_form_is_sent_again(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    press(adas, "Save")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1000 Grace Hopper")
    adas.go_back()
    save = adas.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_enabled()
    expect(save).to_have_text(re.compile("Save"))
    adas.locator("#id_job_title").fill("Rear Admiral")
    posts = posts_of(adas)
    with adas.expect_request(lambda request: request.method == "POST" and request.url.endswith("/edit/")):
        save.click()
    adas.wait_for_load_state()
    assert len(submits_of(posts)) == 1


SENT_NOWHERE = "HTMLFormElement.prototype.submit = () => {}"
BACK = "(kept) => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: kept}))"


def test_a_page_that_the_browser_kept_can_be_sent_again(adas: Page, grace: SipExtension) -> None:
    """Chromium keeps none that is open to scripts of a test; others do."""
    adas.goto("/extensions/1000/edit/")
    adas.evaluate(SENT_NOWHERE)
    save = adas.locator("button[name=then][value=save]")
    words = save.inner_text()
    save.click()
    expect(save).to_be_disabled()
    adas.evaluate(BACK, False)
    expect(save).to_be_disabled()
    adas.evaluate(BACK, True)
    expect(save).to_be_enabled()
    expect(save).to_have_text(words)
    save.click()
    expect(save).to_be_disabled()


REGENERATE = "[data-secret-box]:has(#id_password) [data-secret-generate]"


def stop_the_clock(page: Page) -> None:
    """From here on nothing that waits happens in the page, but by `clock.run_for`."""
    page.clock.pause_at(time.time() + 3_600)


def test_a_button_says_its_own_word_again(adas: Page, grace: SipExtension) -> None:
    adas.clock.install()
    adas.goto("/extensions/1000/edit/")
    button = adas.locator(REGENERATE)
    words = button.inner_text()
    stop_the_clock(adas)
    for _ in range(2):
        button.click()
        expect(button).not_to_have_text(words)
    adas.clock.run_for(2_000)
    expect(button).to_have_text(words)


SAID = """() => {
    window.said = [];
    const announcer = document.querySelector("#announcer");
    new MutationObserver(() => window.said.push(announcer.textContent)).observe(announcer, {childList: true});
}"""


def test_what_is_done_twice_is_announced_twice(adas: Page, grace: SipExtension) -> None:
    """A screen reader reads only what changes."""
    adas.goto("/extensions/1000/edit/")
    adas.evaluate(SAID)
    for times in (1, 2):
        adas.locator(REGENERATE).click()
        adas.wait_for_function("(times) => said.filter((each) => each).length === times", arg=times)
    said = adas.evaluate("said")
    assert said[-2:] == ["", "Regenerated"]
    assert said.count("Regenerated") == 2


def test_success_goes_by_itself_but_not_while_it_is_read(adas: Page, grace: SipExtension) -> None:
    adas.clock.install()
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    stop_the_clock(adas)
    press(adas, "Save")
    adas.clock.run_for(100)
    message = adas.locator("[data-fade]")
    message.hover()
    adas.clock.run_for(9_000)
    expect(message).to_be_visible()
    adas.mouse.move(0, 0)
    adas.clock.run_for(3_000)
    expect(message).to_have_count(0)


def test_another_state_of_the_pbx_is_announced(adas: Page, grace: SipExtension) -> None:
    def on_fire(route: Route) -> None:
        answer = route.fetch()
        words = re.sub(r'(id="pbx-words".*?</span>)[^<]*', r"\1PBX on fire", answer.text(), count=1, flags=re.DOTALL)
        route.fulfill(response=answer, body=words)

    adas.goto("/extensions/")
    with adas.expect_response(re.compile("/pbx/")):
        pass
    adas.route(re.compile("/pbx/"), on_fire)
    expect(adas.locator("#pbx-words")).to_have_text("PBX on fire")
    expect(adas.locator("#announcer")).to_have_text("PBX on fire")
    adas.unroute_all(behavior="ignoreErrors")


GENERATED = """(field) => {
    const box = document.querySelector(field).closest("[data-secret-box]");
    const button = box.querySelector("[data-secret-generate]"), input = box.querySelector("input"), made = [];
    for (let n = 0; n < 3000; n++) { button.click(); made.push(input.value); }
    return made;
}"""


@pytest.mark.parametrize("field", ["#id_password", "#id_registration_password"])
def test_generated_passwords_hold_every_class_and_no_run(adas: Page, field: str) -> None:
    adas.goto("/extensions/add/")
    made = adas.evaluate(GENERATED, field)
    assert len(set(made)) == 3000
    for password in made:
        assert not re.search(r"(.)\1\1\1", password), password
        assert not runs_of(password), password
        assert all(re.search(each, password) for each in ("[0-9]", "[A-Z]", "[a-z]")), password


def runs_of(password: str) -> list[str]:
    """Four digits that count up or down."""
    fours = [password[at : at + 4] for at in range(len(password) - 3)]
    return [four for four in fours if four.isdigit() and four in "01234567890 09876543210"]
