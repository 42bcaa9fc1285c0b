"""Every page wide and light, narrow and dark: axe finds nothing, and nothing is wider than the screen.

With SHOTS=DIR in the environment, a picture of each is left there, in light and dark at both widths.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
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
from tests.browser.conftest import MILLISECONDS_TO_WAIT, SCREEN, NewContext, SignIn, let_in
from tests.browser.tour import STOPS, Tour
from tests.browser.watch import Watch
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
        .filter(([cell, box]) => box.width > 1 && box.height > 1 && cell.textContent.trim())
        .filter(([cell]) => !cell.matches(".list-wide :is(.cell-number, .cell-menu)"));  // the others move below them
    return boxes.flatMap(([one, a], at) => boxes.slice(at + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map(([other]) => `${one.textContent.trim()} / ${other.textContent.trim()}`));
})"""
HEADER = "document.querySelector('.topbar')?.offsetHeight ?? 0"
TWO_ROWS = 130  # pixels


# What the frame shows, and how it looks. The token is another on each page.
FRAME = """() => [...document.querySelectorAll("#sidebar, .topbar > *")].map((part) =>
    [part, ...part.querySelectorAll("*:not([name=csrfmiddlewaretoken])")].map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect(), style = getComputedStyle(each);
        return [each.cloneNode().outerHTML, x, y, width, height, style.color, style.backgroundColor, style.visibility,
            style.opacity, style.fontSize, style.fontWeight, style.overflow].join();
    }).join() + part.textContent)"""
# What it finds beyond violations, thousands of lines, stays in the browser.
AXE = """async ([options, seen]) => {
    const parts = document.querySelectorAll("#sidebar, .topbar > *");
    const { violations } = await axe.run({ exclude: [...parts].filter((_, at) => seen[at]) }, options);
    return { violations };
}"""
SEEN: set[tuple[str, str]] = set()


@pytest.fixture(scope="module")
def tab(browser: Browser, live_server: LiveServer) -> Iterator[tuple[Page, Watch]]:
    """One that all stops share. It keeps styles and scripts, as the portal tells a browser to, and nothing else."""
    watch = Watch()
    context = watch.over(browser.new_context(base_url=live_server.url, **SCREEN))
    context.set_default_timeout(MILLISECONDS_TO_WAIT)
    yield context.new_page(), watch
    context.close()


@pytest.fixture
def free(tab: tuple[Page, Watch], live_server: LiveServer) -> Iterator[list[Page]]:
    """The tab as if it was new, until somebody of this test has it."""
    page, watch = tab
    watch.trouble.clear()
    page.set_viewport_size(SCREEN["viewport"])
    page.emulate_media(color_scheme="light")
    yield [page]
    page.goto("/static/favicon.svg")
    page.evaluate("sessionStorage.clear(), localStorage.clear()")
    page.context.clear_cookies()
    page.mouse.move(-10, -10)
    assert watch.trouble == []


@pytest.fixture
def sign_in(sign_in: SignIn, free: list[Page], live_server: LiveServer) -> SignIn:
    """The first person has the tab that is there; whoever else, or with wishes, has a browser of their own."""

    def in_tab(user: User, **options: Any) -> Page:
        if options or not free:
            return sign_in(user, **options)
        page = free.pop()
        let_in(page.context, user, live_server.url)
        return page

    return in_tab


@pytest.fixture
def stranger(watched: NewContext, free: list[Page], live_server: LiveServer) -> Page:
    return free.pop() if free else watched(base_url=live_server.url).new_page()


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
        # A part of the frame that is as on another page, to the letter and the pixel, was looked at there.
        frame = [(its_theme, each) for each in page.evaluate(FRAME)]
        found = AxeResults(page.evaluate(AXE, [RULES[its_theme], [each in SEEN for each in frame]]))
        assert found.violations_count == 0, f"{width} wide, {its_theme}: {found.generate_report()}"
        SEEN.update(frame)
