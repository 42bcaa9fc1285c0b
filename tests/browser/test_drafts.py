"""What is typed into Add outlives the end of a session, a lost network and an answer that never came."""

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from accounts.models import User
from accounts.sessions.models import LABEL, Session
from core import encryption
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.browser.tour import open_add, press
from tests.people import PASSWORD, make_extension

SECRET = "Violet7Kettle9Orbit"
MINUTE = 60
NO_DRAFT = "() => sessionStorage.getItem('draft') === null"
FAILED = re.compile("^chrome-error:")  # where Chromium goes without an answer


def fill_in(page: Page) -> None:
    open_add(page)
    page.locator("#id_first_name").fill("Grace")
    page.locator("#id_number").fill("1234")
    page.locator("#id_registration_password").fill(SECRET)
    expect(page.get_by_text("Strong", exact=True)).to_be_visible()  # asked of the portal while one types


def sign_in_as(page: Page, email: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_role("textbox", name="Email").fill(email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def be_seen_ago(seconds: float, began: float = 0) -> None:
    """The only session, as if its person had done nothing for so long."""
    row = Session.objects.get()
    held = json.loads(_unsealed(row))
    held |= {"seen": time.time() - seconds, "began": time.time() - max(seconds, began)}
    Session.objects.update(session_data=_sealed(row, held))


def _unsealed(row: Session) -> str:
    return encryption.unseal(LABEL, row.session_key, row.session_data)


def _sealed(row: Session, held: dict[str, Any]) -> Any:
    return encryption.seal(LABEL, row.session_key, json.dumps(held))


def seen() -> float:
    return float(json.loads(_unsealed(Session.objects.get()))["seen"])


def test_what_was_typed_is_back_after_signing_in_but_no_secret(adas: Page) -> None:
    fill_in(adas)
    assert SECRET not in adas.evaluate("JSON.stringify(sessionStorage)")
    Session.objects.all().delete()
    press(adas, "Save")
    sign_in_as(adas, "ada@example.com")
    expect(adas.get_by_role("heading", level=1)).to_have_text("Add extension")
    expect(adas.locator("#id_first_name")).to_have_value("Grace")
    expect(adas.locator("#id_number")).to_have_value("1234")
    expect(adas.locator("#id_registration_password")).not_to_have_value(SECRET)
    expect(adas.locator("[data-draft]")).to_contain_text("Enter again: Registration Password")
    press(adas, "Save")
    expect(adas.get_by_role("heading", level=1)).to_contain_text("1234 Grace")
    adas.wait_for_function(NO_DRAFT)


def test_another_person_never_sees_it(adas: Page, hugo: User) -> None:
    fill_in(adas)
    Session.objects.all().delete()
    press(adas, "Save")
    sign_in_as(adas, "hugo@example.com")
    expect(adas.get_by_role("heading", level=1)).to_have_text("Add extension")
    expect(adas.locator("#id_first_name")).to_have_value("")
    expect(adas.locator("[data-draft]")).to_be_hidden()
    adas.wait_for_function(NO_DRAFT)


def test_who_leaves_the_form_finds_it_empty_again(adas: Page) -> None:
    fill_in(adas)
    adas.on("dialog", lambda dialog: dialog.accept())
    adas.goto("/extensions/")
    adas.goto("/extensions/add/")
    expect(adas.locator("#id_first_name")).to_have_value("")


def test_a_page_says_that_its_session_has_ended(adas: Page) -> None:
    fill_in(adas)
    Session.objects.all().delete()
    expect(adas.locator("[data-session=ended]")).to_be_visible()
    expect(adas.locator("#id_first_name")).to_have_value("Grace")
    press(adas, "Sign in again")
    sign_in_as(adas, "ada@example.com")
    expect(adas.locator("#id_first_name")).to_have_value("Grace")


def test_two_minutes_before_the_end_one_can_stay(adas: Page) -> None:
    minutes = Preferences.current().idle_minutes
    open_add(adas)
    warning = adas.locator("[data-session=idle]")
    expect(warning).to_be_hidden()
    adas.locator("#id_job_title").focus()
    top = adas.locator("#id_job_title").bounding_box()
    be_seen_ago(minutes * MINUTE)  # one more minute to go
    before = seen()
    expect(warning).to_be_visible()
    with adas.expect_response("**/pbx/**"):
        pass
    assert seen() == before, "a poll has extended the session"
    assert adas.locator("#id_job_title").bounding_box() == top
    press(adas, "Stay signed in")
    expect(warning).to_be_hidden()
    assert seen() > before
    expect(adas.locator("#id_job_title")).to_be_focused()


def test_the_longest_session_is_announced_and_cannot_be_extended(adas: Page) -> None:
    fill_in(adas)
    be_seen_ago(0, began=Preferences.current().session_hours * 60 * MINUTE - MINUTE)
    expect(adas.locator("[data-session=longest]")).to_be_visible()
    expect(adas.get_by_role("button", name="Stay signed in")).to_be_hidden()


def test_without_a_network_the_page_stays_and_can_be_sent_again(unwatched: BrowserContext) -> None:
    page = unwatched.new_page()
    fill_in(page)
    unwatched.set_offline(True)
    press(page, "Save")
    expect(page.locator("[data-session=offline]")).to_be_visible()
    expect(page.locator("#id_first_name")).to_have_value("Grace")
    expect(page.locator("#id_registration_password")).to_have_value(SECRET)
    unwatched.set_offline(False)
    press(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1234 Grace")
    assert SipExtension.objects.get().registration_password == SECRET


def test_where_only_the_answer_was_lost_nothing_is_added_twice(unwatched: BrowserContext) -> None:
    page = unwatched.new_page()
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if lost or route.request.method != "POST":
            return route.continue_()
        lost.append(route.fetch(max_redirects=0).status)
        return route.abort()

    fill_in(page)
    page.route("**/extensions/add/", lose_the_answer)
    page.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    for _ in range(150):
        if lost:
            break
        page.wait_for_timeout(100)
    assert lost == [302]
    expect(page).to_have_url(FAILED)
    page.goto("/extensions/add/")
    expect(page.locator("#id_first_name")).to_have_value("Grace")
    press(page, "Save")
    expect(page.locator(".messages")).to_contain_text("already saved as extension 1234")
    assert SipExtension.objects.count() == 1


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    return make_extension("1000", first_name="Grace", last_name="Hopper")


DRAFT = "JSON.parse(sessionStorage.getItem('draft'))"
KEEP = """(change) => {
    const draft = JSON.parse(sessionStorage.getItem("draft"));
    sessionStorage.setItem("draft", typeof change === "string" ? change : JSON.stringify(Object.assign(draft, change)));
}"""


def kept(page: Page) -> Any:
    return page.evaluate(DRAFT)


def leave(page: Page) -> None:
    page.evaluate("page.leaving = true")
    page.reload()


def test_what_is_kept_of_a_form_and_how_it_comes_back(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    assert kept(adas) is None
    adas.locator("#id_job_title").fill("Admiral")
    draft = kept(adas)
    assert draft["fields"] == {"job_title": ["Admiral"]}
    assert draft["path"] == "/extensions/1000/edit/"
    assert (draft["secrets"], draft["version"]) == ([], adas.locator("[name=version]").input_value())
    adas.locator("#id_max_phones, [name=max_phones]").first.evaluate(
        "(each) => each.form.dispatchEvent(new Event('change'))"
    )
    adas.locator("#id_enabled, [name=voicemail]").first.evaluate("(each) => each.click()")
    ticked = {name: value for name, value in kept(adas)["fields"].items() if name != "job_title"}
    assert len(ticked) == 1
    adas.evaluate(KEEP, {"version": "77"})
    leave(adas)
    expect(adas.locator("[data-draft]")).to_be_visible()
    expect(adas.locator("[data-draft-secrets]")).to_be_hidden()
    expect(adas.locator("#id_job_title")).to_have_value("Admiral")
    expect(adas.locator("[name=version]")).to_have_value("77")  # whoever saved meanwhile is not saved over
    name, values = next(iter(ticked.items()))
    state = adas.locator(f"[name={name}]").evaluate_all(
        "(all) => all.filter((each) => each.checked).map((each) => each.value)"
    )
    assert state == values
    adas.locator("#id_last_name").fill("Murray")
    assert set(kept(adas)["fields"]) == {"job_title", "last_name", "voicemail"}
    password = adas.locator("#id_registration_password")
    adas.locator("[data-secret-box]", has=password).get_by_role("button", name="Show").click()
    password.fill(SECRET)
    assert SECRET not in str(kept(adas))
    assert kept(adas)["secrets"] == ["registration_password"]
    leave(adas)
    expect(adas.locator("[data-draft-secrets]")).to_be_visible()
    expect(adas.locator("form[data-keep]")).to_have_attribute("data-guard", "dirty")


@pytest.mark.parametrize("change", [{"person": "0"}, {"path": "/extensions/add/"}, "no JSON"])
def test_what_is_of_another_person_or_page_does_not_come_back(adas: Page, grace: SipExtension, change: Any) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.evaluate(KEEP, change)
    leave(adas)
    expect(adas.locator("#id_job_title")).to_have_value("")
    expect(adas.locator("[data-draft]")).to_be_hidden()
    if isinstance(change, dict):
        assert kept(adas) is None


def test_who_signs_out_leaves_nothing(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    assert kept(adas)
    adas.evaluate("page.leaving = true")
    adas.locator(".person-menu summary").click()
    adas.get_by_role("button", name="Sign out").click()
    expect(adas.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert kept(adas) is None


def test_too_much_is_not_kept(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_job_title").fill("Admiral")
    adas.locator("#id_job_title").fill("x" * 101_000)
    assert kept(adas)["fields"] == {"job_title": ["Admiral"]}
