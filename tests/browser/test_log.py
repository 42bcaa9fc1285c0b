"""Maintenance > Operation Log as an administrator uses it: find a change, see what it changed, take it along."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from core.audit.models import AuditRecord
from tests.browser.conftest import SignIn
from tests.browser.tour import edited, one, press
from tests.people import make_extension, make_user


def row(page: Page, words: str) -> None:
    expect(page.locator("tbody tr").first).to_contain_text(words)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_change_is_found_by_filters_and_shows_old_and_new(sign_in: SignIn, ada: User, scripts: bool) -> None:
    hugo = make_user("Hugo", role="human_resource")
    edited(one(), hugo, last_name="Murray")
    edited(make_extension("1001"), ada, last_name="Other")
    page = sign_in(ada, java_script_enabled=scripts)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Operation Log").click()
    page.get_by_label("Person").fill("hugo")
    page.get_by_label("Module").select_option("Extension")
    press(page, "Filter")
    expect(page.locator(".chip > span:first-child")).to_have_text(["Person: hugo", "Module: Extension"])
    expect(page.locator("tbody tr")).to_have_count(1)
    row(page, "changed an extension")
    page.locator("tbody tr a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hugo changed an extension")
    cells = page.locator("tbody tr", has_text="Last Name").locator("td")
    expect(cells).to_have_text(["Hopper", "Murray"])
    page.go_back()
    page.locator(".chip").first.click()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_what_is_filtered_is_exported(adas: Page, ada: User, tmp_path: Path) -> None:
    edited(one(), ada, last_name="=1+1")
    adas.goto("/log/?number=1000&person=ada")
    with adas.expect_download() as download:
        adas.get_by_role("button", name="Export results").click()
    download.value.save_as(tmp_path / "log.csv")
    head, line = list(csv.reader((tmp_path / "log.csv").read_text("utf-8-sig").splitlines()))
    assert dict(zip(head, line, strict=True))["Changed"] == "Last Name: Hopper -> =1+1"
    assert AuditRecord.objects.all()[0].action == "log.exported"
    adas.reload()
    expect(adas.locator("tbody tr")).to_have_count(1)


def test_an_extensions_page_leads_to_all_that_was_done_to_it(adas: Page, ada: User) -> None:
    edited(one(), ada, last_name="Murray")
    adas.goto("/extensions/1000/")
    history = adas.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text("Ada changed an extension: Last Name")
    history.get_by_role("link", name="Full history of 1000").click()
    expect(adas.locator(".chip > span:first-child")).to_have_text("Extension: 1000")
    expect(adas.locator("tbody tr")).to_have_count(2)


def test_every_page_of_the_log_is_reached_by_keyboard(adas: Page, ada: User) -> None:
    for place in range(60):
        edited(one() if not place else make_extension(str(2000 + place)), ada)
    adas.goto("/log/")
    oldest = adas.get_by_role("link", name="Oldest")
    oldest.focus()
    adas.keyboard.press("Enter")
    expect(adas.get_by_role("link", name="Newest")).to_be_visible()
    expect(adas.locator("tbody tr").last).to_contain_text("signed in")
