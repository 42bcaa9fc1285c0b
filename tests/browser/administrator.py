"""What an administrator does in the pages, said in sentences."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.people import PASSWORD
from tests.phones.phone import Phone

POLLED_WITHIN = 7000  # ms: the pages ask every 5 s


class Administrator:
    def __init__(self, page: Page) -> None:
        self.page = page

    def _button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def _input(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True)

    def sets_up(self, link: str) -> None:
        page = self.page
        page.goto(link)
        self._input("First Name*").fill("Ada")
        self._input("Email Address*").fill("ada@example.com")
        self._input("User Password*").fill(PASSWORD)
        self._input("Company Name*").fill("Analytical Engines")
        self._input("Country*").select_option("GB")
        self._button("Create account").click()
        self._opens_the_list()

    def signs_in(self, url: str) -> None:
        self.page.goto(url)
        self.page.get_by_role("textbox", name="Email").fill("ada@example.com")
        self.page.get_by_role("textbox", name="Password").fill(PASSWORD)
        self._button("Sign In").or_(self._button("Sign in")).click()
        self._opens_the_list()

    def _opens_the_list(self) -> None:
        """From the first page."""
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name="Extension", exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Extensions")

    def adds(self, first_name: str, email: str) -> None:
        """With the form's defaults for all the rest."""
        self.page.get_by_role("link", name=re.compile("^Add( |$)")).first.click()
        self.page.locator("#id_first_name").fill(first_name)
        self.page.locator("#id_email").fill(email)
        self._button("Save and Apply").click()

    def sees_it_live(self, number: str) -> None:
        expect(self.page.get_by_role("heading", name=f"Extension {number} is live.")).to_be_visible()

    def sees_online(self) -> None:
        """Without a reload."""
        expect(self.page.locator(".heading-state")).to_contain_text("Idle", timeout=POLLED_WITHIN)

    def plugs_in_a_phone(self) -> Phone:
        """Types into it exactly what the page says."""
        return Phone(**self.reads_what_a_phone_needs())

    def reads_what_a_phone_needs(self) -> dict[str, Any]:
        shown = dict(zip(self._all(".values dt"), self._all(".values dd .value"), strict=False))
        self._button("Reveal Registration Password").click()
        password = self.page.locator("#revealed-password").inner_text()
        return {
            "number": shown["User name"],
            "auth_name": shown["Authentication name"],
            "password": password,
            "server": (shown["Server"], int(shown["Port"])),
        }

    def _all(self, selector: str) -> list[str]:
        return [text.strip() for text in self.page.locator(selector).all_inner_texts()]
