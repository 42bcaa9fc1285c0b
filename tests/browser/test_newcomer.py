"""A newcomer on a local network, with what terminal and pages say and nothing else: a portal, and a phone at a desk."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Page, expect

from asterisk.process.fetch import Program
from tests.browser.administrator import Administrator
from tests.browser.command import LISTENERS, ROOT, Command
from tests.browser.lan import SERVER, Lan
from tests.browser.test_main_job import PROGRAM
from tests.browser.watch import Watch


@pytest.fixture
def lan() -> Iterator[Lan]:
    with Lan() as lan:
        yield lan


@pytest.fixture
def command(tmp_path: Path, program: Program, lan: Lan) -> Iterator[Command]:
    """With the usual ports, as on a machine of its own."""
    with Command(tmp_path, PROGRAM, inside=lan.server.inside) as command:
        for name in (*LISTENERS, "RTP_FIRST", "RTP_LAST"):
            del command.environment[name]
        yield command


@pytest.fixture
def page_at_desk(
    lan: Lan, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Page]:
    chromium = lan.program_at_desk(str(shutil.which("chromium")), tmp_path)
    watch = Watch(SERVER)
    with browser_type.launch(**{**browser_type_launch_args, "executable_path": str(chromium)}) as browser:
        context = watch.over(browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce"))
        context.set_default_timeout(20_000)
        yield context.new_page()
    assert watch.trouble == []


def does_what_the_terminal_says(command: Command, lan: Lan) -> None:
    """To use another computer: stop, one command, start."""
    said = re.search(r"opens on this machine only.*:\n\n(.+)\nmake run\n\n", command.text)
    assert said, command.text
    assert command.stop() == 0, command.text
    program = [*lan.server.inside, *shlex.split(said[1])]
    subprocess.run(program, cwd=ROOT, env=command.environment, check=True, capture_output=True)
    command.start()


def hears(said: Iterator[str], frequency: int) -> bool:
    found = (re.search(r"heard .* ([\d.]+) Hz", line) for line in said)
    return any(abs(float(each[1]) - frequency) < 5 for each in found if each)


def test_a_phone_on_the_network_registers_with_what_the_page_shows(
    command: Command, lan: Lan, page_at_desk: Page
) -> None:
    command.start()
    does_what_the_terminal_says(command, lan)
    link = command.setup_link()
    assert link, command.text
    assert link.startswith(f"http://{SERVER}:8000/")
    assert "this machine only" not in command.text

    administrator, page = Administrator(page_at_desk), page_at_desk
    administrator.sets_up(link)
    expect(page.get_by_text("restart pbxportal")).to_have_count(0)
    expect(page.locator("#pbx")).to_contain_text("PBX running", timeout=20_000)
    page.get_by_role("link", name="Add the first extension").click()
    page.get_by_role("link", name="Choose someone who has no extension yet").click()
    page.get_by_label("Someone who has no extension yet").select_option("Ada (ada@example.com)")
    page.get_by_role("button", name="Choose", exact=True).click()
    expect(page.get_by_label("First Name")).to_have_value("Ada")
    page.get_by_role("button", name="Save and Apply").click()
    administrator.sees_it_live("1000")

    shown = administrator.reads_what_a_phone_needs()
    assert shown["server"] == (SERVER, 5060)
    with lan.phone_at_desk(**shown, dials="*43") as said:
        assert next(said) == "register 1000: 200\n"
        assert hears(said, 400)
