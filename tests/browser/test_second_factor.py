"""The second factor in Chromium: by app, recovery code and passkey; the trusted device; the compulsory set-up."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.second_factor.factors import Factors
from core.preferences.models import Preferences
from tests.authenticator import code
from tests.browser.conftest import NewContext
from tests.browser.passkeys import Person, by_name, with_authenticator


def test_an_app_is_set_up_asked_for_and_its_device_trusted(
    watched: NewContext, live_server: LiveServer, vic: User
) -> None:
    vics = Person(watched, live_server.url, vic)
    vics.gives_the_password()
    vics.page.goto("/account/security/")
    vics.follow("Set up an authenticator app")
    vics.page.get_by_text("Enter it manually").click()
    secret = vics.page.locator("#app-secret").inner_text()
    vics.page.get_by_label("Code*").fill(code(secret, -1))
    vics.press("Set up")
    vics.sees("Recovery codes")
    codes = vics.page.locator("#recovery-codes code").all_inner_texts()
    with vics.page.expect_download() as download:
        vics.follow("Download")
    assert Path(download.value.path()).read_text().split() == codes
    vics.follow("I have saved them")
    vics.signs_out()

    vics.gives_the_password()
    vics.sees("Two-step verification")
    vics.gives(code(secret))
    vics.sees("Trust this device?")
    vics.press("Trust this device for 180 days")
    vics.signs_out()
    vics.gives_the_password()
    vics.is_in()

    elsewhere = Person(watched, live_server.url, vic)
    elsewhere.gives_the_password()
    elsewhere.gives(codes[0])
    elsewhere.sees("Trust this device?")
    elsewhere.press("Do not trust")
    elsewhere.signs_out()
    elsewhere.gives_the_password()
    elsewhere.gives(codes[0])
    expect(elsewhere.page.get_by_text("That code did not match.")).to_be_visible()


def test_a_passkey_is_the_second_factor_and_signs_in_alone(
    watched: NewContext, live_server: LiveServer, settings: Settings, vic: User
) -> None:
    vics = Person(watched, by_name(live_server.url, settings), vic)
    with_authenticator(vics.page)
    vics.gives_the_password()
    vics.page.goto("/account/security/")
    vics.follow("Add a passkey")
    vics.page.get_by_label("Name*").fill("Blue key")
    vics.press("Create passkey")
    vics.sees("Recovery codes")
    vics.follow("I have saved them")
    expect(vics.page.get_by_text("Blue key", exact=True).first).to_be_visible()
    vics.signs_out()

    vics.press("Sign in with a passkey")
    vics.is_in()
    assert Factors.of(vic).passkeys[0].last_used_at
    vics.signs_out()

    vics.gives_the_password()
    vics.sees("Two-step verification")
    vics.press("Use a passkey")
    vics.sees("Trust this device?")


@pytest.mark.parametrize("lacking", ["parseCreationOptionsFromJSON", "parseRequestOptionsFromJSON"])
def test_a_browser_that_cannot_take_a_passkey_is_not_offered_one(
    watched: NewContext, live_server: LiveServer, settings: Settings, vic: User, lacking: str
) -> None:
    vics = Person(watched, by_name(live_server.url, settings), vic)
    button = vics.page.get_by_role("button", name="Sign in with a passkey")
    vics.page.goto("/sign-in/")
    expect(button).to_be_visible()
    vics.page.add_init_script(f"delete PublicKeyCredential.{lacking}")
    vics.page.goto("/sign-in/")
    expect(vics.page.get_by_label("Password")).to_be_visible()
    expect(button).to_be_hidden()


def test_who_must_have_one_sets_it_up_and_goes_on(watched: NewContext, live_server: LiveServer, hugo: User) -> None:
    Preferences.objects.update(second_factor=True)
    hugos = Person(watched, live_server.url, hugo)
    hugos.gives_the_password()
    hugos.sees("Set up two-step verification")
    hugos.follow("Set up an authenticator app")
    hugos.page.get_by_text("Enter it manually").click()
    hugos.page.get_by_label("Code*").fill(code(hugos.page.locator("#app-secret").inner_text()))
    hugos.press("Set up")
    hugos.sees("Recovery codes")
    hugos.page.goto("/")
    hugos.sees("Dashboard")
