"""Business hours in a browser."""

from playwright.sync_api import Page, expect


def test_mondays_hours_are_those_of_the_week(adas: Page) -> None:
    adas.goto("/business-hours/")
    adas.get_by_label("Monday", exact=True).fill("9-12, 13-17")
    adas.get_by_role("button", name="Use for Monday to Friday").click()
    expect(adas.get_by_label("Tuesday", exact=True)).to_be_focused()
    expect(adas.get_by_label("Friday", exact=True)).to_have_value("9-12, 13-17")
    expect(adas.get_by_label("Saturday", exact=True)).to_have_value("")
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.get_by_label("Friday", exact=True)).to_have_value("09:00-12:00, 13:00-17:00")
