"""The script of passkeys: what it says when a passkey cannot be made or used, and that one can try again."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.conftest import NewContext
from tests.browser.passkeys import by_name

# In place of the authenticator. What was asked of it, and what would be sent, is noted.
STUBBED = """() => {
    window.noted = [];
    const answer = (kind) => ({publicKey}) => {
        window.noted.push([kind, publicKey.challenge.byteLength > 0]);
        if (window.refusal) return Promise.reject(new DOMException("no", window.refusal));
        return Promise.resolve({toJSON: () => ({id: "blue"})});
    };
    CredentialsContainer.prototype.get = answer("get");
    CredentialsContainer.prototype.create = answer("create");
    HTMLFormElement.prototype.submit = function () {
        window.noted.push(["sent", this.querySelector("input[name=credential]").value]);
    };
}"""
FORM = "form[data-passkey=get]"


@pytest.fixture
def page(watched: NewContext, live_server: LiveServer, settings: Settings, vic: User) -> Page:
    page = watched(base_url=by_name(live_server.url, settings)).new_page()
    page.add_init_script(f"({STUBBED})()")
    page.goto("/sign-in/")
    return page


def noted(page: Page) -> Any:
    return page.evaluate("window.noted.splice(0)")


def test_what_the_browser_signs_is_sent(page: Page) -> None:
    button, trouble = page.locator(f"{FORM} button"), page.locator(f"{FORM} [data-trouble]")
    expect(trouble).to_be_hidden()
    with page.expect_request("**/passkey/**") as asked:
        button.click()
    assert "application/json" in asked.value.headers["accept"]
    page.wait_for_function("() => window.noted.length === 2")
    assert noted(page) == [["get", True], ["sent", '{"id":"blue"}']]
    expect(button).to_be_disabled()
    expect(trouble).to_be_hidden()


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ("NotAllowedError", "data-words-cancelled"),
        ("InvalidStateError", "data-words-known"),
        ("SecurityError", "data-words-failed"),
    ],
)
def test_why_it_did_not_work_is_said_and_one_tries_again(page: Page, refusal: str, words: str) -> None:
    button, trouble = page.locator(f"{FORM} button"), page.locator(f"{FORM} [data-trouble]")
    page.evaluate("(name) => { window.refusal = name; }", refusal)
    page.evaluate("(form) => { document.querySelector(form).dataset.wordsKnown = 'It is known.'; }", FORM)
    said = page.locator(FORM).get_attribute(words)
    button.click()
    expect(trouble).not_to_have_attribute("hidden", "")
    expect(trouble).to_have_text(str(said))
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    assert noted(page) == [["get", True]]
    page.evaluate("window.refusal = ''")
    button.click()
    page.wait_for_function("() => window.noted.length === 2")
    expect(trouble).to_be_hidden()


def test_a_portal_that_does_not_answer_is_said(
    new_context: NewContext, live_server: LiveServer, settings: Settings, vic: User
) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=503, body='{"request_options": {"publicKey": {"challenge": "AAAA"}}}')

    page = new_context(base_url=by_name(live_server.url, settings)).new_page()
    page.add_init_script(f"({STUBBED})()")
    page.goto("/sign-in/")
    page.route("**/passkey/**", fail)
    page.locator(f"{FORM} button").click()
    said = page.locator(FORM).get_attribute("data-words-failed")
    expect(page.locator(f"{FORM} [data-trouble]")).to_have_text(str(said))
    assert noted(page) == []


def test_at_another_name_of_the_portal_no_passkey_is_offered(page: Page, live_server: LiveServer) -> None:
    expect(page.locator(FORM)).to_be_visible()
    page.goto(live_server.url.replace("localhost", "127.0.0.1") + "/sign-in/")
    expect(page.get_by_label("Password*")).to_be_visible()
    expect(page.locator(FORM)).to_be_hidden()


GIVEN = """(form) => {
    const user = {id: "AA", name: "a", displayName: "a"};
    const publicKey = {challenge: "AAAA", rp: {name: "x"}, user, pubKeyCredParams: []};
    const options = {request_options: {publicKey}};
    const holder = Object.assign(document.createElement("script"), {type: "application/json", id: "given"});
    holder.textContent = JSON.stringify(options);
    document.body.append(holder);
    Object.assign(document.querySelector(form).dataset, {optionsFrom: "given", passkey: "create"});
}"""


def test_what_stands_in_the_page_is_not_asked_for_again(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(GIVEN, FORM)
    button = page.locator("form[data-passkey] button")
    button.click()
    page.wait_for_function("() => window.noted.length === 2")
    assert noted(page) == [["create", True], ["sent", '{"id":"blue"}']]
    assert asked == []


def test_a_browser_without_passkeys_shows_no_error(page: Page) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in/")
    expect(page.get_by_label("Password*")).to_be_visible()
    expect(page.locator(FORM)).to_be_hidden()
