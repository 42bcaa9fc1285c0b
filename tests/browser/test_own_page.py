"""Somebody without a role looks after themselves, on a telephone's screen and on a wide one."""

import re
import time
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree

import pytest
import zxingcpp
from django.conf import settings
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from accounts.profile.models import Avatar
from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_recorder import found
from core.audit.models import AuditRecord
from extensions.calls.voicemail import messages as voicemail
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.asterisk.live.test_voicemail_spool import put
from tests.browser.account_stops import face
from tests.browser.conftest import SignIn
from tests.browser.tour import press
from tests.core.mail.postbox import Postbox
from tests.core.mail.test_composition import deliver
from tests.extensions.calls.voicemail.test_greeting import wav
from tests.pbx.office import Office
from tests.people import make_user
from tests.phones.phone import Phone

NEW = "victoria@example.org"


@pytest.fixture(params=[390, 1280])
def vics(request: pytest.FixtureRequest, office: Office, sign_in: SignIn) -> Page:
    user = make_user("Vic")
    office.extension(user=user, number="1000", max_phones=2)
    page = sign_in(user)
    page.set_viewport_size({"width": request.param, "height": 844})
    return page


@pytest.fixture
def phones() -> Iterator[list[Phone]]:
    plugged: list[Phone] = []
    yield plugged
    for each in plugged:
        each.close()


def vic() -> User:
    return User.objects.get(first_name="Vic")


def saved(page: Page, words: str) -> None:
    expect(page.locator(".alert-success")).to_contain_text(words)


def values(page: Page) -> dict[str, str]:
    """What the page says to type, by the phone's word for it."""
    rows: list[Locator] = page.locator(".values > div:has(.value)").all()
    return {row.locator("dt").inner_text().strip(): row.locator(".value").inner_text().strip() for row in rows}


def revealed(page: Page) -> str:
    press(page, "Reveal Registration Password")
    return page.locator("#revealed-password").inner_text()


def test_one_looks_after_the_account(vics: Page, postbox: Postbox) -> None:
    page = vics
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1000")
    links = page.locator("#sidebar .nav-list a").all_text_contents()
    assert [each.strip() for each in links] == ["My extension", "My account"]
    page.locator(".person-menu summary").click()
    page.locator(".person-menu").get_by_role("link", name="My account").click()

    page.locator("#id_picture").set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": face()})
    press(page, "Upload picture")
    saved(page, "Your picture was saved.")
    shown = page.get_by_role("img", name="Your picture")
    loaded = "image => image.decode().then(() => image.naturalWidth)"
    assert shown.evaluate(loaded) == 256
    assert page.locator(".person-menu img").evaluate(loaded) == 256

    page.get_by_label("Mobile Number").fill("+44 7700 900118")
    page.get_by_label("Language").select_option("en-gb")
    press(page, "Save")
    saved(page, "Your account was saved.")
    assert (vic().mobile, vic().language) == ("+447700900118", "en-gb")
    expect(page.locator("html")).to_have_attribute("lang", "en-gb")
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.get_by_role("link", name="Change Email Address").click()
    page.get_by_label("New Email Address").fill(NEW)
    press(page, "Send confirmation")
    saved(page, "Check your e-mail.")
    mails = deliver(postbox)
    assert len(mails) == 2
    for got in mails:
        found = re.search(r"http://127\.0\.0\.1:8000(/account/email/\S+/)", got.text("plain"))
        assert found
        page.goto(found[1])
        press(page, "Confirm")
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Confirmed|Address changed"))
    page.get_by_role("link", name="Go to My account").click()
    expect(page.locator(".facts")).to_contain_text(NEW)
    assert vic().email == NEW

    page.get_by_role("link", name="Notifications").click()
    page.get_by_label("My two-step verification is changed").uncheck()
    press(page, "Save")
    saved(page, "Your notification settings were saved.")
    assert vic().muted == ["second_factor_changed"]
    page.get_by_role("link", name="Profile").click()
    press(page, "Remove picture")
    saved(page, "Your picture was removed.")
    assert not Avatar.objects.exists()
    assert set(AuditRecord.objects.filter(module="account").values_list("by", flat=True)) == {vic().pk}


def test_a_phone_is_set_up_from_what_the_page_says(vics: Page, phones: list[Phone]) -> None:
    page = vics
    page.goto("/")
    page.get_by_role("link", name="Yealink").click()
    typed = values(page)
    server = (typed["SIP Server 1: Server Host"], int(typed["SIP Server 1: Port"]))
    old = Phone(typed["User Name"], typed["Register Name"], revealed(page), server)
    phones.append(old)
    began = time.monotonic()
    assert old.register() == 200
    expect(page.locator("#phones-1000")).to_contain_text(f"127.0.0.1:{old.port}")
    print(f"seen on the page after {time.monotonic() - began:.2f} s")  # noqa: T201 (for pytest -s: 2 s are promised)

    page.get_by_text("New registration password…").click()
    press(page, "Create new registration password")
    saved(page, "New registration password created. Phones with the old one were disconnected.")
    expect(page.locator("#phones-1000")).to_contain_text("The registration was removed in the portal.")
    assert old.register() == 401
    expect(page.locator("#troubles-1000")).to_contain_text("Wrong registration password")

    page.goto("/")  # without a phone, how to set one up is open again
    page.get_by_role("link", name="Grandstream Wave").click()
    press(page, "Show the QR code")
    account = scanned(page.locator(".qr-place"))
    host, _, port = account["RegisterServer"].partition(":")
    new = Phone(account["UserID"], account["AuthID"], account["AuthPass"], (host, int(port)))
    phones.append(new)
    assert new.register() == 200
    expect(page.locator("#phones-1000")).to_contain_text(f"127.0.0.1:{new.port}")

    page.get_by_role("link", name=f"Remove… the phone at 127.0.0.1:{new.port}").click()
    press(page, "Remove phone")
    saved(page, "Phone removed.")
    expect(page.locator("#phones-1000")).to_contain_text("The registration was removed in the portal.")
    assert account["AuthPass"] == SipExtension.objects.get().registration_password


def scanned(place: Locator) -> dict[str, str]:
    """What a camera reads off the screen."""
    place.scroll_into_view_if_needed()
    picture = Image.open(BytesIO(place.screenshot()))
    [code] = zxingcpp.read_barcodes(picture)
    account = ElementTree.fromstring(code.text.encode()).find("Account")  # noqa: S314 (our own)
    assert account is not None
    return {each.tag: each.text or "" for each in account}


def test_a_guide_is_chosen_and_a_picture_sent_without_scripts(office: Office, sign_in: SignIn) -> None:
    user = make_user("Vic")
    extension = office.extension(user=user, number="1000")
    page = sign_in(user, java_script_enabled=False)
    page.goto("/extensions/1000/")
    page.get_by_role("link", name="Snom").click()
    assert values(page)["Authentication Username"] == extension.registration_name
    press(page, "Reveal Registration Password")
    expect(page.locator("#revealed-password")).to_have_text(extension.registration_password)
    page.goto("/account/")
    page.locator("#id_picture").set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": face()})
    press(page, "Upload picture")
    saved(page, "Your picture was saved.")


def test_the_keyboard_stays_among_the_messages_whatever_becomes_of_them(office: Office, sign_in: SignIn) -> None:
    extension = office.extension(user=make_user("Vic"), number="1000", voicemail=True, voicemail_pin="8302")
    for at in range(4):
        put(settings.ASTERISK_DIR, spool.NEW, at, f"1796000000-0000000{at}")
    voicemail.note("1000", [found(each) for each in spool.messages(settings.ASTERISK_DIR, "1000")])
    page = sign_in(extension.user)
    page.goto("/extensions/1000/")
    within = page.locator("#messages")
    deleted = within.locator("details")
    for left in (3, 2):
        within.get_by_role("button", name=re.compile("^Delete")).first.press("Enter")
        expect(within.get_by_role("button", name=re.compile("^Delete"))).to_have_count(left)
        expect(page.locator("#messages:focus, #messages :focus")).to_have_count(1)
    deleted.locator("summary").press("Enter")
    within.get_by_role("button", name=re.compile("^Restore")).first.press("Enter")
    expect(within.get_by_role("button", name=re.compile("^Delete"))).to_have_count(3)
    expect(deleted).to_have_attribute("open", "")
    download = within.get_by_role("link", name="Download").first
    download.focus()
    VoicemailMessage.objects.filter(folder=Folder.NEW).update(folder=Folder.HEARD)  # as by phone
    expect(within.locator(".badge-waiting")).to_have_count(0)
    expect(deleted).to_have_attribute("open", "")
    expect(download).to_be_focused()


def with_recordings(office: Office, many: int) -> SipExtension:
    extension = office.extension(user=make_user("Vic"), number="1000", voicemail=True, voicemail_pin="8302")
    for at in range(many):
        text = put(settings.ASTERISK_DIR, spool.NEW, at, f"1796000000-0000000{at}")
        text.with_suffix(".wav").write_bytes(wav(60, 8000, 1))  # a slow machine takes long for what is done meanwhile
    voicemail.note("1000", [found(each) for each in spool.messages(settings.ASTERISK_DIR, "1000")])
    return extension


def test_a_recording_stays_where_it_was_paused_when_the_messages_change(office: Office, sign_in: SignIn) -> None:
    page = sign_in(with_recordings(office, 1).user)
    page.goto("/extensions/1000/")
    heard = page.locator("#messages audio")
    heard.evaluate("audio => audio.play()")
    page.wait_for_function("audio => audio.currentTime > 0.5", arg=heard.element_handle())
    heard.evaluate("audio => audio.pause()")
    paused_at = heard.evaluate("audio => audio.currentTime")
    VoicemailMessage.objects.filter(folder=Folder.NEW).update(folder=Folder.HEARD)  # as by phone
    expect(page.locator("#messages .badge-waiting")).to_have_count(0)
    assert heard.evaluate("audio => audio.currentTime") == pytest.approx(paused_at, abs=0.001)  # Chromium rounds
    played_from = heard.evaluate(
        "audio => new Promise(done => { audio.onplaying = () => done(audio.currentTime); audio.play(); })"
    )
    assert played_from >= paused_at - 0.001


def test_a_recording_plays_on_when_another_message_is_deleted(office: Office, sign_in: SignIn) -> None:
    page = sign_in(with_recordings(office, 2).user)
    page.goto("/extensions/1000/")
    messages = page.locator("#messages > ul > .message")
    first, other = messages.first.locator("audio"), messages.last.get_by_role("button", name=re.compile("^Delete"))
    first.evaluate("audio => audio.play()")
    page.wait_for_function("audio => audio.currentTime > 0.5", arg=first.element_handle())
    other.click()
    expect(messages).to_have_count(1)
    page.wait_for_function("audio => !audio.paused && audio.currentTime > 0.5", arg=first.element_handle())


PRESSED_AT_ONCE = """
  document.stays = true;
  const undo = () => setTimeout(() => document.querySelector("[id^=message-][id$=-restore]").click());
  document.addEventListener("htmx:afterSwap", undo, { once: true });
"""


def test_a_button_pressed_as_soon_as_it_is_there_loads_no_other_page(office: Office, sign_in: SignIn) -> None:
    page = sign_in(with_recordings(office, 1).user)
    page.goto("/extensions/1000/")
    within = page.locator("#messages")
    page.evaluate(PRESSED_AT_ONCE)
    with page.expect_response("**/restore/"):
        within.get_by_role("button", name=re.compile("^Delete")).click()
    expect(within.get_by_role("button", name=re.compile("^Delete"))).to_have_count(1)
    assert page.evaluate("document.stays")
