"""What asks again and again: it rests while nobody looks, swaps what changed alone, and takes nothing away."""

import re
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from extensions.models import SipExtension
from tests.people import make_extension

# A poll that is about to be sent, by an element of the page: whether it is held back.
ASKS = """(selector) => {
    const elt = document.querySelector(selector);
    const event = new CustomEvent("htmx:beforeRequest", {bubbles: true, cancelable: true, detail: {elt}});
    (elt || document.body).dispatchEvent(event);
    return event.defaultPrevented;
}"""
# An answer that has come: whether it is put into the page.
COMES = """([selector, asked, answered, text]) => {
    const elt = document.querySelector(selector), target = document.querySelector("#pbx");
    const xhr = {responseURL: answered && location.origin + answered, responseText: text};
    const detail = {elt, target, xhr, pathInfo: {requestPath: asked}, shouldSwap: true};
    elt.dispatchEvent(new CustomEvent("htmx:beforeSwap", {bubbles: true, cancelable: true, detail}));
    return detail.shouldSwap;
}"""
LEFT = "() => { window.stays = 'yes'; }"
POLL, ORDINARY = "#pbx[data-poll]", "[data-search]"
OFF = """() => document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.isTrusted || event.detail.xhr) event.preventDefault();
})"""


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    return make_extension("1000", first_name="Grace", last_name="Hopper")


def told(page: Page) -> Any:
    return page.evaluate("document.querySelector('[data-session]:not([hidden])')?.dataset.session ?? ''")


def test_a_poll_says_that_nobody_asked_and_a_search_does_not(adas: Page, grace: SipExtension) -> None:
    asked: dict[str, str] = {}

    def note(request: Request) -> None:
        if request.headers.get("hx-request"):
            asked[re.sub(r"\?.*|^\w+://[^/]+", "", request.url)] = request.headers.get("x-background", "")

    adas.on("request", note)
    adas.goto("/extensions/")
    with adas.expect_response("**/pbx/**"):
        pass
    with adas.expect_response("**/search/**"):
        adas.locator("[data-search]").press_sequentially("grace")
    assert asked["/search/"] == ""
    assert asked["/pbx/"] == "yes"


HIDDEN = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => %s})"
HEARD = """(pauses) => {
    const pbx = document.querySelector("#pbx");
    const audio = pbx.querySelector("audio") || pbx.appendChild(document.createElement("audio"));
    Object.defineProperty(audio, "paused", {configurable: true, value: pauses});
}"""


def test_it_rests_while_nobody_looks_something_is_sent_or_heard(adas: Page, grace: SipExtension) -> None:
    adas.goto("/extensions/1000/edit/")
    adas.evaluate(OFF)
    assert [adas.evaluate(ASKS, each) for each in (POLL, ORDINARY)] == [False, False]
    adas.evaluate(HIDDEN % "true")
    assert [adas.evaluate(ASKS, each) for each in (POLL, ORDINARY)] == [True, False]
    adas.evaluate(HIDDEN % "false")
    adas.evaluate("document.querySelector('form.form').dataset.sent = 'yes'")
    assert [adas.evaluate(ASKS, each) for each in (POLL, ORDINARY)] == [True, False]
    adas.evaluate("delete document.querySelector('form.form').dataset.sent")
    adas.evaluate(HEARD, False)
    assert [adas.evaluate(ASKS, each) for each in (POLL, ORDINARY)] == [True, False]
    adas.evaluate(HEARD, True)
    assert [adas.evaluate(ASKS, each) for each in (POLL, ORDINARY)] == [False, False]
    assert adas.evaluate(ASKS, "#nowhere") is False


def masked(token: str) -> str:
    return f'<input name="csrfmiddlewaretoken" value="{token}">'


def test_what_has_not_changed_is_not_put_in_again(adas: Page, grace: SipExtension) -> None:
    adas.goto("/roles/")
    adas.evaluate(OFF)
    for path, text, changed in (
        ("/one/", "a", True),
        ("/one/", "a", False),
        ("/two/", "a", True),
        ("/one/", "a", False),
        ("/one/", "b", True),
        ("/one/", "a", True),
        ("/one/", f"{masked('x')}{masked('y')}", True),
        ("/one/", f"{masked('z')}{masked('x')}", False),  # masked anew each time
        ("/one/", f"{masked('z')}!", True),
    ):
        assert adas.evaluate(COMES, [POLL, f"{path}?x=1", f"{path}?x=1", text]) is changed, (path, text)
        assert adas.evaluate(COMES, [ORDINARY, path, path, text]) is True
    assert adas.evaluate(COMES, [POLL, "/three/", "", "a"]) is True  # of an old browser that names no address
    assert told(adas) == ""


def test_no_sign_in_page_is_put_into_a_page(adas: Page, grace: SipExtension) -> None:
    """A poll tells; what somebody asked for leads there, unless there is something typed that would be lost."""
    adas.goto("/roles/")
    adas.evaluate(OFF)
    assert adas.evaluate(COMES, [POLL, "/pbx/", "/sign-in/", "x"]) is False
    assert told(adas) == "ended"
    adas.evaluate(LEFT)
    adas.evaluate(COMES, [ORDINARY, "/search/", "/sign-in/", "x"])
    adas.wait_for_function("() => window.stays === undefined")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    adas.on("dialog", stay)
    adas.goto("/roles/add/")
    adas.evaluate(OFF)
    adas.evaluate(LEFT)
    adas.get_by_label("Name").fill("Keeper")
    adas.evaluate(COMES, [ORDINARY, "/search/", "/sign-in/", "x"])
    adas.wait_for_function("() => window.stays === undefined")
    assert asked == []  # nothing can be saved any more
    adas.goto("/extensions/add/")
    adas.evaluate(OFF)
    adas.evaluate(LEFT)
    assert adas.evaluate(COMES, [ORDINARY, "/search/", "/sign-in/", "x"]) is False
    assert told(adas) == "ended"
    adas.wait_for_timeout(200)
    assert adas.evaluate("window.stays") == "yes"


FILLED = """() => {
    const pbx = document.querySelector("#pbx");
    pbx.innerHTML = `<details id="one" open><summary>1</summary><a href="#" id="link">x</a></details>
        <details id="two"><summary>2</summary></details><audio id="first"></audio><audio id="second"></audio>`;
    pbx.tabIndex = -1;
}"""
SWAPPED = """([focus, plays, lacks, elsewhere]) => {
    const pbx = document.querySelector("#pbx");
    const put = (audio, time, paused) => Object.defineProperties(audio, {
        currentTime: {configurable: true, value: time}, paused: {configurable: true, value: paused}});
    put(document.getElementById("first"), plays ? 7 : 0, !plays);
    put(document.getElementById("second"), 0, true);
    if (focus) document.getElementById(focus).focus();
    const detail = {target: pbx, elt: document.body, xhr: {}, pathInfo: {requestPath: "/x/"}, shouldSwap: true};
    pbx.dispatchEvent(new CustomEvent("htmx:beforeSwap", {bubbles: true, detail}));
    pbx.innerHTML = pbx.innerHTML.replace(" open", "").replace(lacks ? ' id="link"' : "-", "");
    const heard = [];
    for (const id of ["first", "second"]) {
        const audio = document.getElementById(id);
        audio.play = () => { heard.push(`plays ${id}`); return Promise.resolve(); };
        Object.defineProperty(audio, "currentTime", {set: (value) => heard.push(`${id} at ${value}`)});
    }
    if (elsewhere) document.querySelector(elsewhere).focus();
    pbx.dispatchEvent(new CustomEvent("htmx:afterSwap", {bubbles: true}));
    const opened = [...document.querySelectorAll("#pbx details[open]")].map((each) => each.id);
    return [document.activeElement.id, opened, heard];
}"""


@pytest.mark.parametrize(
    ("given", "then"),
    [
        (["link", True, False, ""], ["link", ["one"], ["first at 7", "plays first"]]),
        (["link", False, True, ""], ["pbx", ["one"], []]),  # what had the focus is gone: the part itself has it
        (["", False, False, ""], ["", ["one"], []]),
        (["search", False, False, ""], ["search", ["one"], []]),
        (["link", False, False, "#search"], ["search", ["one"], []]),  # somebody went on meanwhile
    ],
)
def test_what_was_open_heard_and_focused_is_so_after_a_swap(adas: Page, given: list[Any], then: list[Any]) -> None:
    adas.goto("/roles/")
    adas.evaluate(OFF)
    adas.evaluate(FILLED)
    assert adas.evaluate(SWAPPED, given) == then


ANSWERED = """([headers]) => {
    const xhr = {getResponseHeader: (name) => headers[name] ?? null};
    const detail = {xhr, elt: document.body};
    const event = new CustomEvent("htmx:beforeOnLoad", {bubbles: true, cancelable: true, detail});
    document.body.dispatchEvent(event);
    return event.defaultPrevented;
}"""
TO_SIGN_IN = {"HX-Redirect": "/sign-in/?next=/"}


def test_the_end_of_a_session_is_told_where_something_is_typed_and_else_the_page_goes(adas: Page) -> None:
    adas.goto("/extensions/add/")
    adas.evaluate(OFF)
    adas.evaluate(LEFT)
    assert adas.evaluate(ANSWERED, [{}]) is False
    assert adas.evaluate(ANSWERED, [{"HX-Redirect": "/extensions/"}]) is False
    assert told(adas) == ""
    assert adas.evaluate(ANSWERED, [TO_SIGN_IN]) is True
    assert told(adas) == "ended"
    adas.evaluate("page.tell('')")
    adas.evaluate(ANSWERED, [{"X-Signed-Out": "yes"}])
    assert told(adas) == "ended"
    assert adas.evaluate("window.stays") == "yes"
    adas.goto("/roles/")
    adas.evaluate(OFF)
    adas.evaluate(LEFT)
    assert adas.evaluate(ANSWERED, [TO_SIGN_IN]) is False  # htmx goes there
    assert adas.evaluate(ANSWERED, [{}]) is False
    adas.wait_for_timeout(100)
    assert adas.evaluate("window.stays") == "yes"
    adas.evaluate(ANSWERED, [{"X-Signed-Out": "yes"}])
    adas.wait_for_function("() => window.stays === undefined")
    assert told(adas) == ""


@pytest.mark.parametrize(
    ("ends", "before", "then"),
    [
        ("idle 121", "", ""),
        ("idle 120", "", "idle"),
        ("longest 3", "idle", "longest"),
        ("idle 900", "idle", ""),
        ("idle 900", "offline", "offline"),  # that the network is back is known when something was sent
        ("idle 60", "offline", "idle"),
        ("", "idle", "idle"),
    ],
)
def test_the_bar_says_when_the_session_ends(adas: Page, ends: str, before: str, then: str) -> None:
    adas.goto("/roles/")
    adas.evaluate(OFF)
    adas.evaluate("(what) => page.tell(what)", before)
    adas.evaluate(ANSWERED, [{"X-Session-Ends": ends} if ends else {}])
    assert told(adas) == then


SIGNS_IN_AGAIN = """() => setTimeout(() => {
    page.tell("ended");
    document.querySelector("[data-session=ended] [data-sign-in]").click();
})"""


def test_who_signs_in_again_is_not_asked_whether_to_leave(adas: Page, grace: SipExtension) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    adas.goto("/extensions/1000/edit/")
    adas.evaluate(OFF)
    adas.on("dialog", stay)
    adas.locator("#id_job_title").fill("Admiral")
    adas.evaluate(LEFT)
    adas.evaluate(SIGNS_IN_AGAIN)  # at once: an answer on its way says that the session goes on
    adas.wait_for_function("() => window.stays === undefined")
    expect(adas.locator("#id_job_title")).to_have_value("Admiral")
    assert asked == []
