"""The header where it is narrow: two rows, whatever is unapplied."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization
from tests.people import make_extension

# Items on one row overlap from top to bottom; those of the next row begin below all of them.
ROWS = """(header) => {
    let rows = 0, end = -Infinity;
    const all = [...header.querySelectorAll("button, input, a, .waiting-words")];
    const shown = all.filter((each) => each.checkVisibility());
    for (const box of shown.map((each) => each.getBoundingClientRect()).sort((a, b) => a.top - b.top)) {
      if (box.top >= end) { rows += 1; end = box.bottom; }
      end = Math.max(end, box.bottom);
    }
    return rows;
}"""


@pytest.mark.parametrize("path", ["/extensions/", "/review/"])
def test_a_narrow_header_has_two_rows(adas: Page, path: str) -> None:
    Organization.objects.update(name="Analytical Engines of Greater Manchester and Liverpool")
    for number in ("1000", "1001", "1002"):
        make_extension(number, first_name="Wolfeschlegelsteinhausenbergerdorff")
    adas.set_viewport_size({"width": 390, "height": 844})
    adas.goto(path)
    expect(adas.locator("#pbx")).to_contain_text("3 unapplied")
    assert adas.locator(".topbar").evaluate(ROWS) == 2
