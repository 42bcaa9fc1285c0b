"""Others save or apply at the same moment: the page says that it waits, and sends what was typed again."""

import re
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from asterisk.engine import store as engine
from extensions.models import Change, SipExtension
from tests.faults.test_busy import somebody_saving
from tests.people import make_extension

OPTION = {"sqlite": ("timeout", 0.1), "postgresql": ("options", "-c lock_timeout=100ms")}


@pytest.fixture
def grace(live_server: object) -> SipExtension:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    Change.objects.update(applied_at=timezone.now())
    return extension


def type_a_name(page: Page) -> None:
    page.goto("/extensions/1000/edit/")
    page.get_by_label("First Name").fill("Peggy")


# What is announced, and what the button says then. The page is being left: nothing else of it can be asked.
TELL = """() => {
  const button = document.querySelector("button[name=then][value=apply]");
  const tell = ([{ target }]) => { console.info(`${target.textContent} | ${button.textContent}`); };
  new MutationObserver(tell).observe(document.getElementById("announcer"), { childList: true });
}"""


def test_a_button_says_that_others_are_waited_for(adas: Page, grace: SipExtension, settings: Settings) -> None:
    type_a_name(adas)
    adas.evaluate(TELL)
    words = "Waiting for others to finish…"
    with (
        engine.locked(Path(settings.ENGINE_FILE)),
        adas.expect_console_message(lambda message: message.text == f"{words} | {words}"),
    ):
        adas.get_by_role("button", name="Save and Apply").click(no_wait_after=True)
    expect(adas).to_have_url(re.compile("/extensions/1000/$"))


def test_what_was_typed_is_sent_again(adas: Page, grace: SipExtension, monkeypatch: pytest.MonkeyPatch) -> None:
    name, value = OPTION[connections["default"].vendor]
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], name, value)
    type_a_name(adas)
    with somebody_saving():
        adas.get_by_role("button", name="Save", exact=True).click()
        expect(adas.get_by_role("heading", level=1)).to_have_text("Others are saving right now")
    adas.get_by_role("button", name="Send again").click()
    expect(adas).to_have_url(re.compile("/extensions/1000/$"))
    expect(adas.get_by_role("heading", level=1)).to_contain_text("Peggy")
