"""Preferences in a browser: saved, applied, and what they do to signing in."""

import re
import time

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.sessions.models import SessionStore
from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences
from tests.browser.conftest import SignIn
from tests.browser.tour import open_add, press
from tests.node import apply
from tests.pbx.office import Office
from tests.people import PASSWORD, make_extension

HOUR = 3600


def test_another_order_of_names_is_saved_reviewed_and_applied(adas: Page, office: Office) -> None:
    grace = make_extension("1000", first_name="Grace", last_name="Hopper")
    callee = make_extension("1001", first_name="Alan", last_name="Turing")
    apply(["1000", "1001"], None)
    phone, other = office.registered(grace), office.registered(callee)
    adas.goto("/preferences/")
    adas.get_by_label("Name Display Format").select_option(label="Last First (Lovelace Ada)")
    press(adas, "Save")
    expect(adas.get_by_text("The caller names of 2 extensions change. Calls are not interrupted.")).to_be_visible()
    adas.goto("/extensions/")
    expect(adas.get_by_role("cell", name="Hopper Grace")).to_be_visible()
    expect(adas.locator("#pbx")).to_contain_text("1 unapplied change")
    expect(adas.locator("#apply")).to_have_count(0)
    adas.get_by_role("link", name="Review").click()
    press(adas, "Apply Preferences")
    expect(adas.get_by_role("status").first).to_contain_text("Verified: Asterisk has all")
    expect(adas.get_by_role("heading", name="No unapplied changes")).to_be_visible()
    phone.call("1001")
    assert other.wait_call().caller_name == "Hopper Grace"


def test_a_change_is_discarded(adas: Page, asterisk: Embedded) -> None:
    adas.goto("/preferences/")
    adas.get_by_label("Country").select_option("DE")
    press(adas, "Save")
    press(adas, "Discard the change to Preferences")
    expect(adas.get_by_text("Preferences match the PBX again")).to_be_visible()
    expect(adas.get_by_label("Country")).to_have_value("US")


def test_a_time_zone_is_typed_by_its_city(adas: Page, asterisk: Embedded) -> None:
    adas.goto("/preferences/")
    adas.get_by_label("Time Zone").fill("kathmandu")
    adas.keyboard.press("Enter")
    expect(adas.get_by_text("Preferences saved.")).to_be_visible()
    expect(adas.get_by_label("Time Zone")).to_have_value("Asia/Kathmandu")


def test_the_generator_keeps_the_rules(adas: Page, asterisk: Embedded) -> None:
    Preferences.objects.update(password_length=24, password_signs=True)
    adas.goto("/extensions/add/")
    field = adas.locator("#id_password")
    button = adas.get_by_role("button", name="Regenerate User Password").element_handle()  # its words say what it did
    made = set()
    for _ in range(20):
        button.click()
        made.add(field.input_value())
    assert len(made) == 20
    for password in made:
        assert len(password) == 24
        assert re.search(r"[!#%+\-=?@_]", password)


def session_of(page: Page) -> SessionStore:
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    return SessionStore(cookies[settings.SESSION_COOKIE_NAME])


def grow_old(page: Page, name: str) -> None:
    """As if that many hours had gone since the person was seen, or the session began."""
    session = session_of(page)
    session[name] = time.time() - 30 * HOUR
    session.save()


@pytest.mark.parametrize(
    ("name", "words"), [("seen", "after a period of inactivity"), ("began", "the session reached its maximum length")]
)
def test_an_ended_session_leaves_nothing_on_the_screen_and_leads_back(
    adas: Page, ada: User, asterisk: Embedded, name: str, words: str
) -> None:
    make_extension("1000", first_name="Grace")
    adas.goto("/extensions/?q=grace")
    expect(adas.get_by_role("cell", name="Grace")).to_be_visible()
    grow_old(adas, name)
    expect(adas.get_by_text(words)).to_be_visible()
    expect(adas.get_by_text("Grace")).to_have_count(0)
    adas.get_by_label("Email Address*").fill("ada@example.com")
    adas.get_by_label("Password*").fill(PASSWORD)
    press(adas, "Sign in")
    expect(adas.get_by_role("cell", name="Grace")).to_be_visible()
    assert adas.url.endswith("/extensions/?q=grace")


def test_what_is_typed_and_not_saved_stays_on_the_screen(adas: Page, asterisk: Embedded) -> None:
    open_add(adas)
    adas.locator("#id_first_name").fill("Grace")
    grow_old(adas, "seen")
    with adas.expect_response(lambda answer: answer.status == 204):
        pass
    adas.wait_for_timeout(300)
    assert adas.locator("#id_first_name").input_value() == "Grace"


def test_polls_alone_let_a_session_grow_old(sign_in: SignIn, ada: User, asterisk: Embedded) -> None:
    page = sign_in(ada)
    page.goto("/extensions/")
    grown = session_of(page)
    grown["seen"] = seen = time.time() - 120
    grown.save()
    with page.expect_response(lambda answer: "/pbx/" in answer.url and answer.status == 200):
        pass
    assert session_of(page)["seen"] == seen
    page.reload()
    assert session_of(page)["seen"] > seen
