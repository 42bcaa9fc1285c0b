"""Every page in light and dark, wide and narrow: axe finds nothing, and nothing is wider than the screen.

With SHOTS=DIR in the environment, a picture of each is left there.
"""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page
from pytest_django import Settings

from asterisk.embedded import Embedded
from tests.browser import (  # noqa: F401 (their stops)
    account_stops,
    factor_stops,
    mail_stops,
    organization_stops,
    sign_in_stops,
    welcome_stops,
)
from tests.browser.conftest import SignIn
from tests.browser.tour import STOPS, Tour
from tests.pbx.office import Office

WIDTHS = {1280: 800, 390: 844}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
axe = Axe()


@pytest.mark.parametrize("stop", STOPS)
def test_a_page_is_accessible_and_fits(
    asterisk: Embedded, sign_in: SignIn, stranger: Page, office: Office, settings: Settings, stop: str
) -> None:
    with ExitStack() as stack:
        look(STOPS[stop](Tour(sign_in, stranger, office, settings, stack)), stop)


def look(page: Page, stop: str) -> None:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(SIDEWAYS) <= 0, f"{width} wide: it scrolls sideways"
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            picture(page, f"{stop}-{width}-{theme}")
            found = axe.run(page, options={"resultTypes": ["violations"]})
            assert found.violations_count == 0, f"{width} wide, {theme}: {found.generate_report()}"


def picture(page: Page, name: str) -> None:
    if directory := os.environ.get("SHOTS"):
        page.screenshot(path=Path(directory) / f"{name.replace(' ', '-')}.png", full_page=True)
