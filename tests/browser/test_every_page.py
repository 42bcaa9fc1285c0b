"""Every page wide and light, narrow and dark: axe finds nothing, and nothing is wider than the screen.

With SHOTS=DIR in the environment, a picture of each is left there, in light and dark at both widths.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Page
from pytest_django import Settings

from asterisk.process.embedded import Embedded
from tests.browser import (  # noqa: F401 (their stops)
    account_stops,
    apply_stops,
    attack_stops,
    backup_stops,
    bulk_stops,
    dashboard_stops,
    event_stops,
    factor_stops,
    leaving_stops,
    line_stops,
    list_stops,
    log_stops,
    mail_stops,
    organization_stops,
    preferences_stops,
    role_stops,
    sign_in_stops,
    spreadsheet_stops,
    welcome_stops,
)
from tests.browser.conftest import SignIn
from tests.browser.tour import STOPS, Tour
from tests.pbx.office import Office

WIDTHS = {1280: 800, 390: 844}
# What colors and widths change is looked at twice.
RULES = {
    "light": {"resultTypes": ["violations"]},
    "dark": {
        "resultTypes": ["violations"],
        "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable"]},
    },
}
THEMES: list[Literal["light", "dark"]] = ["light", "dark"]  # axe looks at one of each width
SHOTS = os.environ.get("SHOTS")
WIDE = """[...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth)
    .map((each) => each.outerHTML.slice(0, 150)).slice(-3)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = """[...document.querySelectorAll(".topbar .pbx *")]
    .filter((each) => getComputedStyle(each).overflow === "hidden" && each.scrollWidth > each.clientWidth
        && !each.matches(".visually-hidden, .tip-detail"))
    .map((each) => each.textContent.trim())"""
# Parts of a row, which are cards on a narrow screen, that lie over one another.
OVER = """() => [...document.querySelectorAll("tr[role=row]")].flatMap((row) => {
    const boxes = [...row.cells].map((cell) => [cell, cell.getBoundingClientRect()])
        .filter(([cell, box]) => box.width > 1 && box.height > 1 && cell.textContent.trim());
    return boxes.flatMap(([one, a], at) => boxes.slice(at + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map(([other]) => `${one.textContent.trim()} / ${other.textContent.trim()}`));
})"""
HEADER = "document.querySelector('.topbar')?.offsetHeight ?? 0"
TWO_ROWS = 130  # pixels


@pytest.mark.parametrize("stop", STOPS)
def test_a_page_is_accessible_and_fits(
    asterisk: Embedded,
    sign_in: SignIn,
    office: Office,
    settings: Settings,
    request: pytest.FixtureRequest,
    stop: str,
) -> None:
    with ExitStack() as stack:
        tour = Tour(sign_in, lambda: request.getfixturevalue("stranger"), office, settings, stack)
        look(STOPS[stop](tour), stop)


def look(page: Page, stop: str) -> None:
    page.evaluate(AXE_SCRIPT)
    for (width, height), its_theme in zip(WIDTHS.items(), THEMES, strict=True):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(SIDEWAYS) <= 0, f"{width} wide: it scrolls sideways for {page.evaluate(WIDE)}"
        assert page.evaluate(CUT) == [], f"{width} wide: the header is cut"
        assert page.evaluate(HEADER) <= TWO_ROWS, f"{width} wide: the header is too high"
        assert page.evaluate(OVER) == [], f"{width} wide: parts of a row lie over one another"
        if SHOTS:
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=Path(SHOTS) / f"{stop.replace(' ', '-')}-{width}-{theme}.png", full_page=True)
        page.emulate_media(color_scheme=its_theme)
        found = AxeResults(page.evaluate("options => axe.run(options)", RULES[its_theme]))
        assert found.violations_count == 0, f"{width} wide, {its_theme}: {found.generate_report()}"
