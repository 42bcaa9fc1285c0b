"""The pictures of README: `manage.py run` and `manage.py demo` as they are, some phones, and Chromium."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from asterisk.process.fetch import find_or_fetch
from tests.browser.administrator import Administrator
from tests.browser.command import ROOT, Command
from tests.phones.phone import Phone

PROGRAM = ROOT / "var" / "asterisk-program"
PICTURES = Path(__file__).parent
SIZE: ViewportSize = {"width": 1280, "height": 656}
COLORS = 256
REGISTERED = [f"10{n:02}" for n in range(14)]
# Of a name, as in an office: it is what the pages tell people to type.
SEEN = """
from core.preferences.models import Preferences
from extensions.models import SipExtension
Preferences.objects.update(sip_host='pbx.example.com', sip_port=5060)
for each in SipExtension.objects.filter(number__in={}):
    print(each.number, each.registration_name, each.registration_password)
"""


def manage(command: Command, *arguments: str) -> str:
    program = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(program, cwd=ROOT, env=command.environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def phones(command: Command, stack: ExitStack) -> dict[str, Phone]:
    server = ("127.0.0.1", int(command.ports["SIP_PORT"]))
    found = {}
    for line in manage(command, "shell", "-v", "0", "-c", SEEN.format(REGISTERED)).splitlines():
        number, name, password = line.split()
        found[number] = stack.enter_context(Phone(number, name, password, server))
        found[number].register()
    return found


def two_talk_and_one_rings(phone: dict[str, Phone]) -> None:
    phone["1003"].call("1005")
    phone["1005"].wait_call().answer()
    phone["1008"].call("1009")
    phone["1009"].wait_call()


def take(page: Page, name: str) -> None:
    path = PICTURES / f"{name}.png"
    taken = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    taken.quantize(COLORS).save(path, optimize=True)
    print(path.relative_to(ROOT))  # noqa: T201


def take_all(command: Command, page: Page, stack: ExitStack) -> None:
    Administrator(page).sets_up(str(command.setup_link()))
    manage(command, "demo")
    two_talk_and_one_rings(phones(command, stack))
    page.goto(f"{command.url}/extensions/")
    expect(page.locator("#status-1009")).to_contain_text("Ringing")
    take(page, "list")
    page.goto(f"{command.url}/extensions/1003/")
    expect(page.locator(".heading-state")).to_contain_text("Busy")
    take(page, "extension")


def take_all_again() -> None:
    os.environ.pop("DATABASE_URL", None)
    find_or_fetch(PROGRAM, print)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        command = stack.enter_context(Command(directory, PROGRAM))
        command.start()
        chromium = stack.enter_context(sync_playwright()).chromium
        browser = chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take_all(command, browser.new_page(viewport=SIZE, reduced_motion="reduce"), stack)
