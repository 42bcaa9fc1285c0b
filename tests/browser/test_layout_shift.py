"""Nothing of the list moves under the hand of who reads it: not while it loads, not when a poll brings news."""

import pytest
from playwright.sync_api import Page, expect

from extensions.models import Change
from tests.people import make_extension

OBSERVE = """
    window.observed = [];
    window.observer = new PerformanceObserver((list) => window.observed.push(...list.getEntries()));
    window.observer.observe({ type: "layout-shift", buffered: true });
"""
# Once all is drawn, and without what somebody's own click moved.
SHIFT = """async () => {
    for (let n = 0; n < 2; n++) await new Promise((drawn) => requestAnimationFrame(drawn));
    window.observed.push(...window.observer.takeRecords());
    return window.observed.filter((each) => !each.hadRecentInput).reduce((sum, each) => sum + each.value, 0);
}"""
MOST = 0.05


def people() -> None:
    for n in range(30):
        make_extension(str(1000 + n), first_name="Ada", last_name=f"Person{n}")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_list_stands_still(adas: Page, width: int, height: int) -> None:
    people()
    Change.objects.all().delete()
    adas.add_init_script(OBSERVE)
    adas.set_viewport_size({"width": width, "height": height})
    adas.goto("/extensions/")
    expect(adas.locator("tbody tr")).to_have_count(25)
    make_extension("2000")
    expect(adas.locator("#pbx")).to_contain_text("1 unapplied")
    assert adas.evaluate(SHIFT) < MOST


def test_columns_are_shown_once_the_whole_page_is_there(adas: Page) -> None:
    """Which of them moves while a page arrives is a matter of chance: here the end of the page is taken away again."""
    people()
    adas.goto("/extensions/")
    expect(adas.locator("table.list")).to_be_visible()
    assert adas.evaluate("document.querySelector('#announcer') === document.body.lastElementChild")
    adas.evaluate("document.querySelector('#announcer').remove()")
    expect(adas.locator("table.list")).to_be_hidden()


def test_what_moves_is_counted(adas: Page) -> None:
    people()
    adas.add_init_script(OBSERVE)
    adas.goto("/extensions/")
    before = adas.evaluate(SHIFT)
    adas.evaluate("document.querySelector('#main').style.paddingTop = '300px'")
    assert adas.evaluate(SHIFT) >= before + MOST
