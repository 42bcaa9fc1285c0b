"""Fields of secrets and copy buttons: what they say, and what they do where the browser refuses."""

import re

import pytest
from playwright.sync_api import Page, expect

from extensions.models import SipExtension
from tests.people import make_extension


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    return make_extension("1000", first_name="Grace", last_name="Hopper")


BOX = "[data-secret-box]:has(#id_password)"
COPIES = """(works) => {
    window.copied = [];
    navigator.clipboard.writeText = (text) => {
        window.copied.push(text);
        return works ? Promise.resolve() : Promise.reject();
    };
}"""
BY_HAND = """(works) => {
    navigator.clipboard.writeText = () => Promise.reject();
    document.execCommand = (what) => {
        const area = document.activeElement;
        window.copied = [what, area.tagName, area.value, getSelection().toString()];
        return works;
    };
}"""


def words(page: Page) -> dict[str, str]:
    return dict(page.evaluate("({...page.words})"))


def test_a_secret_is_shown_and_hidden_by_its_button(adas: Page) -> None:
    adas.goto("/extensions/add/")
    button, field, said = adas.locator(f"{BOX} [data-secret-show]"), adas.locator("#id_password"), words(adas)
    label = button.locator("[data-label]")
    for kind, word in (("text", said["hide"]), ("password", said["show"]), ("text", said["hide"])):
        button.click()
        expect(field).to_have_attribute("type", kind)
        expect(label).to_have_text(word)
    adas.evaluate("document.body.click()")
    expect(field).to_have_attribute("type", "text")


def test_an_empty_secret_is_not_copied(adas: Page) -> None:
    adas.goto("/extensions/add/")
    adas.evaluate(COPIES, True)
    button, said = adas.locator(f"{BOX} [data-secret-copy]"), words(adas)
    adas.locator("#id_password").fill("")
    button.click()
    expect(button).to_contain_text(said["empty"])
    adas.locator("#id_password").fill("Violet7Kettle9Orbit")
    button.click()
    expect(button).to_contain_text(said["copied"])
    assert adas.evaluate("window.copied") == ["Violet7Kettle9Orbit"]


def test_what_a_button_says_stays_for_its_time_after_the_last_press(adas: Page) -> None:
    adas.clock.install()
    adas.goto("/extensions/add/")
    adas.evaluate(COPIES, True)
    button, said = adas.locator(f"{BOX} [data-secret-copy]"), words(adas)
    adas.locator("#id_password").fill("")
    adas.clock.run_for(100)
    own = button.inner_text().strip()
    button.click()
    expect(button).to_contain_text(said["empty"])
    adas.clock.run_for(1_000)
    button.click()
    adas.clock.run_for(1_000)  # 2 s after the first, 1 s after the second
    expect(button).to_contain_text(said["empty"])
    adas.clock.run_for(1_000)
    expect(button).to_contain_text(own)


@pytest.mark.parametrize(("works", "word"), [(True, "copied"), (False, "notCopied")])
def test_where_the_clipboard_is_closed_it_is_copied_by_hand(
    adas: Page, grace: SipExtension, works: bool, word: str
) -> None:
    adas.goto("/extensions/1000/")
    adas.evaluate(BY_HAND, works)
    areas = adas.locator("textarea").count()
    button = adas.locator("[data-copy-from]").first
    text = adas.locator(f"#{button.get_attribute('data-copy-from')}").inner_text().strip()
    button.click()
    expect(button).to_contain_text(words(adas)[word])
    assert adas.evaluate("window.copied") == ["copy", "TEXTAREA", text, text]
    expect(button).to_be_focused()
    expect(adas.locator("textarea")).to_have_count(areas)


MADE = """([field, alphabet, length]) => {
    const box = document.querySelector(field).closest("[data-secret-box]");
    const button = box.querySelector("[data-secret-generate]"), input = box.querySelector("input"), made = [];
    if (alphabet) input.dataset.alphabet = alphabet;
    if (length) input.dataset.length = length; else if (length === "") delete input.dataset.length;
    for (let n = 0; n < 2000; n++) { button.click(); made.push(input.value); }
    return made;
}"""


def test_a_new_pin_repeats_nothing_and_does_not_count(adas: Page) -> None:
    adas.goto("/extensions/add/")
    made: list[str] = adas.evaluate(MADE, ["#id_voicemail_pin", None, None])
    assert len(set(made)) > 1_500
    for pin in made:
        assert re.fullmatch("[0-9]{6}", pin)
        assert not re.search(r"(.)\1\1\1|^(.+)\2+$", pin), pin
        assert not any(pin[at : at + 4] in "0123456789 9876543210" for at in range(3)), pin
    assert set("".join(made)) == set("0123456789")


def test_a_new_password_has_every_class_of_its_letters(adas: Page) -> None:
    adas.goto("/extensions/add/")
    for alphabet, length, wanted in (("ab1-", 4, "[ab] [1] [-]"), ("aB", "2", "[a] [B]"), ("aB3", "", "[a] [B] [3]")):
        made: list[str] = adas.evaluate(MADE, ["#id_password", alphabet, length])
        assert {len(each) for each in made} == {int(length or 20)}
        for password in made:
            assert all(re.search(each, password) for each in wanted.split()), password
        assert set("".join(made)) == set(alphabet)


FAILS = """([selector, name]) => {
    const elt = document.querySelector(selector);
    document.body.dispatchEvent(new CustomEvent(name, {bubbles: true, detail: {elt, xhr: {}}}));
}"""


@pytest.mark.parametrize("name", ["htmx:responseError", "htmx:sendError", "htmx:timeout"])
def test_that_a_secret_did_not_come_is_said_at_its_button(adas: Page, grace: SipExtension, name: str) -> None:
    adas.goto("/extensions/1000/")
    button = adas.locator("[data-reveal]").first
    before = button.inner_text()
    adas.evaluate(FAILS, ["[data-search]", name])
    adas.evaluate(FAILS, ["#nowhere", name])
    expect(button).to_have_text(before)
    adas.evaluate(FAILS, ["[data-reveal]", name])
    expect(button).to_contain_text(words(adas)["noAnswer"])
