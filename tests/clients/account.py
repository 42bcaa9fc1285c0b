"""What the extension's page tells people to type into a phone."""

import re
from dataclasses import dataclass
from html import unescape

from django.test import Client

from extensions.models import SipExtension
from tests.pages import html_of


@dataclass(frozen=True)
class Account:
    server: str
    port: str
    user_name: str
    authentication_name: str
    password: str

    @property
    def domain(self) -> str:
        return f"{self.server}:{self.port}"


def of(extension: SipExtension, browser: Client) -> Account:
    """As its own person reads it, password revealed."""
    browser.force_login(extension.user)
    page = html_of(browser, f"/extensions/{extension.number}/")
    revealed = browser.post(f"/extensions/{extension.number}/registration-password/").content.decode()
    return Account(
        server=shown(page, "phone-server"),
        port=shown(page, "phone-port"),
        user_name=shown(page, "phone-user-name"),
        authentication_name=shown(page, "phone-authentication-name"),
        password=shown(revealed, "revealed-password"),
    )


def shown(page: str, value: str) -> str:
    found = re.search(rf'id="{value}"[^>]*>([^<]*)<', page)
    assert found, f"the page has no {value}"
    return unescape(found[1])
