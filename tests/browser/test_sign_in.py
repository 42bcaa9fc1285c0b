"""A forgotten password, and a session that is ended from another browser, as a person does it."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.first_run import link as set_up_link
from accounts.models import User
from core.mail import composition
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.browser.conftest import NewContext, SignIn
from tests.browser.tour import press
from tests.people import PASSWORD

NEW = "Another8Horse4Staple"


def test_who_has_forgotten_the_password_chooses_another_by_mail(stranger: Page, vic: User) -> None:
    Preferences.objects.update(mail_host="mail.example.com")
    page = stranger
    page.goto("/sign-in/")
    page.get_by_role("link", name="Forgot password").click()
    page.get_by_label("Email Address*").fill("Vic@example.com")
    press(page, "Send link")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    mail = composition.written(Email.objects.get(), "pbx@example.com")
    assert mail
    text = mail.get_body(("plain",))
    assert text
    path = re.search(r"/password/\S+", text.get_content())
    assert path
    page.goto(path[0])
    expect(page.get_by_label("Email Address")).to_have_value("vic@example.com")
    page.get_by_label("New Password*").fill(NEW)
    press(page, "Set password and sign in")
    expect(page.get_by_text("Your new password has been set.")).to_be_visible()
    page.goto(path[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    page.goto("/account/security/")
    expect(page.locator(".places li")).to_have_count(1)
    assert User.objects.get(pk=vic.pk).check_password(NEW)


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("idna@exämple.de", "idna@exämple.de"),  # which Chromium posts with punycode
        ("jörg@example.com", "Jo\u0308rg@example.com"),
    ],
)
def test_an_address_with_umlauts_signs_in(stranger: Page, vic: User, address: str, typed: str) -> None:
    vic.email = address
    vic.save()
    stranger.goto("/sign-in/")
    stranger.get_by_label("Email Address*").fill(typed)
    stranger.get_by_label("Password*").fill(PASSWORD)
    press(stranger, "Sign in")
    stranger.wait_for_url(re.compile(r"/(?!sign-in)"))
    stranger.goto("/account/")
    expect(stranger.get_by_role("main").get_by_text(address)).to_be_visible()


def test_a_long_paste_is_not_cut(sign_in: SignIn, ada: User) -> None:
    page, pasted = sign_in(ada), "Head of Everything " * 4
    page.goto("/extensions/add/")
    page.locator("#id_job_title").focus()
    page.keyboard.insert_text(pasted)
    expect(page.locator("#id_job_title")).to_have_value(pasted)
    press(page, "Save")
    expect(page.locator("#id_job_title_error")).to_contain_text("at most 63 characters (it has 75)")
    expect(page.locator("#id_job_title")).to_have_value(pasted)


def test_a_session_is_ended_from_another_browser(
    sign_in: SignIn, watched: NewContext, live_server: LiveServer, vic: User
) -> None:
    here = sign_in(vic)
    there = watched(base_url=live_server.url).new_page()
    there.goto("/sign-in/")
    there.get_by_label("Email Address*").fill("vic@example.com")
    there.get_by_label("Password*").fill(PASSWORD)
    press(there, "Sign in")
    there.wait_for_url(re.compile(r"/(?!sign-in)"))
    here.goto("/account/security/")
    expect(here.locator(".places li")).to_have_count(2)
    here.locator(".places li").nth(1).get_by_role("button").click()
    expect(here.get_by_text("has been signed out.")).to_be_visible()
    expect(here.locator(".places li")).to_have_count(1)
    there.goto("/account/security/")
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_set_up_proposes_the_browsers_time_zone(watched: NewContext, live_server: LiveServer) -> None:
    url = set_up_link.setup_url()
    assert url
    page = watched(base_url=live_server.url, timezone_id="Europe/Vienna").new_page()
    page.goto(url.removeprefix(settings.PORTAL_URL))
    zone = page.get_by_label("Time Zone")
    expect(zone).to_have_value("Europe/Vienna")
    zone.fill("Asia/Tokyo")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#id_first_name")).to_have_attribute("aria-invalid", "true")
    expect(zone).to_have_value("Asia/Tokyo")  # what was typed is not proposed over
    page = watched(base_url=live_server.url, timezone_id="Europe/Vienna").new_page()
    page.add_init_script("""document.addEventListener("readystatechange", () => {
        document.querySelector("#zones option[value='Europe/Vienna']")?.remove();
    })""")
    page.goto(url.removeprefix(settings.PORTAL_URL))
    expect(page.get_by_label("Time Zone")).to_have_value("")  # one that the portal does not know
    page = watched(base_url=live_server.url, timezone_id="UTC").new_page()
    page.goto(url.removeprefix(settings.PORTAL_URL))
    expect(page.get_by_label("Time Zone")).to_have_value("")  # of a computer where nobody has chosen one
