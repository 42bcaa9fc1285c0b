"""The main job with nothing left out: the command, its setup link, a browser, two phones that talk, and again."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from asterisk.process.fetch import Program
from tests.browser.administrator import Administrator
from tests.browser.command import ROOT, Command
from tests.browser.conftest import NewContext
from tests.pbx.office import eventually, talking
from tests.phones.call import Call
from tests.phones.phone import Phone

PROGRAM = ROOT / "var" / "asterisk-program"


@pytest.fixture
def page(watched: NewContext) -> Page:
    return watched().new_page()


@pytest.fixture
def command(tmp_path: Path, program: Program) -> Iterator[Command]:
    with Command(tmp_path, PROGRAM) as command:
        yield command


def hears(call: Call, frequency: int) -> bool:
    return eventually(lambda: abs(call.audio_received.frequency - frequency) < 5)


def they_talk(caller: Phone, callee: Phone) -> None:
    outgoing, incoming = talking(caller, callee)
    outgoing.start_audio(440)
    incoming.start_audio(660)
    assert hears(incoming, 440)
    assert hears(outgoing, 660)
    assert incoming.caller_number == caller.number
    outgoing.hangup()
    incoming.wait_ended()


def known_networks(command: Command) -> list[str]:
    with closing(sqlite3.connect(command.directory / "portal.sqlite3")) as database:
        return [network for (network,) in database.execute("SELECT network FROM extensions_knownnetwork")]


def test_from_nothing_to_two_people_who_talk_and_again_after_a_restart(command: Command, page: Page) -> None:
    print(f"first start: {command.start():.1f} s")  # noqa: T201 (for pytest -s)
    link = command.setup_link()
    assert link, command.text
    administrator = Administrator(page)
    administrator.sets_up(link)
    expect(page.get_by_role("heading", level=2, name="No extensions yet")).to_be_visible()
    expect(page.locator("#pbx")).to_contain_text("PBX running")

    errs_first(administrator)
    administrator.adds("Grace", "grace@example.com")
    administrator.sees_it_live("1000")
    with administrator.plugs_in_a_phone() as graces:
        assert graces.register() == 200
        administrator.sees_online()
        assert eventually(lambda: known_networks(command) == ["127.0.0.0/24"])
        administrator.adds("Hedy", "hedy@example.com")
        administrator.sees_it_live("1001")
        with administrator.plugs_in_a_phone() as hedys:
            assert hedys.register() == 200
            they_talk(graces, hedys)
            they_talk(hedys, graces)
            page.goto("about:blank")
            assert command.stop() == 0, command.text
            assert command.left_running() == []

            print(f"second start: {command.start():.1f} s")  # noqa: T201
            assert command.setup_link() is None
            still_works(administrator, command.url, link)
            they_talk(graces, hedys)
    assert command.stop() == 0, command.text
    assert command.left_running() == []


def errs_first(administrator: Administrator) -> None:
    """Errors all at once: a summary that has the focus and leads to the fields, messages there, typed values kept."""
    page = administrator.page
    page.get_by_role("link", name="Add the first extension").click()
    typed = {"#id_email": "grace@nowhere", "#id_number": "700", "#id_job_title": "Admiral"}
    for field, text in typed.items():
        page.locator(field).fill(text)
    page.get_by_role("button", name="Save and Apply").click()
    summary = page.get_by_role("alert", name="3 problems to fix")
    expect(summary).to_be_focused()
    for field, words in {
        "#id_first_name": "Enter a first name or a last name.",
        "#id_email": "e-mail address such as",
        "#id_number": "Enter a number from 1000 to 5999. 1000 is free.",
    }.items():
        expect(page.locator(field)).to_have_accessible_description(re.compile(re.escape(words)))
    for field, text in typed.items():
        expect(page.locator(field)).to_have_value(text)
    summary.get_by_role("link", name="Extension Number").click()
    expect(page.locator("#id_number")).to_be_focused()
    page.get_by_role("link", name="Cancel").click()


def still_works(administrator: Administrator, url: str, old_link: str) -> None:
    """The old link is dead, Ada signs in, and the phones that were registered still are."""
    page = administrator.page
    page.context.clear_cookies()
    page.goto(old_link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This setup link does not work")
    administrator.signs_in(url)
    expect(page.locator("#pbx")).to_contain_text("PBX running", timeout=20_000)
    for number in ("1000", "1001"):
        expect(page.locator(f"#status-{number}")).to_contain_text("Idle")


def test_without_a_pbx_the_header_says_so_and_an_apply_waits(tmp_path: Path, page: Page) -> None:
    with Command(tmp_path, PROGRAM, PBX_EXPECTED="0") as command:
        command.start()
        assert "PBX: turned off" in command.text
        link = command.setup_link()
        assert link
        administrator = Administrator(page)
        administrator.sets_up(link)
        expect(page.locator("#pbx")).to_contain_text("No PBX on this machine")
        administrator.adds("Grace", "grace@example.com")
        expect(page.locator(".panel-wait")).to_contain_text("as soon as the PBX responds")
        expect(page.locator("#pbx")).to_contain_text("1 unapplied change")
        assert command.stop() == 0, command.text
        assert command.left_running() == []
