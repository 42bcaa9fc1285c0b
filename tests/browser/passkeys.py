"""The portal by the name localhost, as passkeys need it, and an authenticator in the browser that always says yes."""

import re

from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings

from accounts.models import User
from tests.browser.conftest import NewContext
from tests.people import PASSWORD

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def by_name(url: str, settings: Settings) -> str:
    settings.PORTAL_URL = re.sub(r"//[^:/]+", "//localhost", url)
    return str(settings.PORTAL_URL)


def with_authenticator(page: Page) -> Page:
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, watched: NewContext, url: str, user: User) -> None:
        self.user, self.context = user, watched(base_url=url)
        self.page = self.context.new_page()

    context: BrowserContext

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name, exact=True).click()

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def gives_the_password(self) -> None:
        self.page.goto("/sign-in/")
        self.page.get_by_label("Email Address*").fill(self.user.email or "")
        self.page.get_by_label("Password*").fill(PASSWORD)
        self.press("Sign in")

    def gives(self, code: str) -> None:
        self.page.get_by_label("Code*").fill(code)
        self.press("Sign in")

    def is_in(self) -> None:
        expect(self.page.locator(".person-menu")).to_be_attached()

    def signs_out(self) -> None:
        self.page.locator(".person-menu summary").click()
        self.press("Sign out")
        self.sees("Sign in")
