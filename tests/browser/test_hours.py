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


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
HEARD = """() => {
    window.heard = [];
    document.addEventListener("input", (event) => window.heard.push(event.target.id));
}"""


def test_what_was_copied_is_told_to_who_listens_and_saturday_stays(adas: Page) -> None:
    adas.goto("/business-hours/")
    adas.locator("#id_saturday").fill("10-12")
    adas.locator("#id_monday").fill("8-16")
    adas.evaluate(HEARD)
    adas.locator("[data-monday-until-friday]").click()
    assert [adas.locator(f"#id_{day}").input_value() for day in WEEK] == ["8-16"] * 5 + ["10-12"]
    assert adas.evaluate("window.heard") == [f"id_{day}" for day in WEEK[1:5]]
