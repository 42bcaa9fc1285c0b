"""Waiting changes are looked at, chosen, discarded; what was applied is found in the history, and undone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.models import Change, SipExtension
from tests.browser.conftest import SignIn
from tests.browser.tour import edited, press
from tests.node import apply
from tests.pbx.office import Office, talking
from tests.people import make_extension, make_user
from tests.phones.phone import Phone


@pytest.fixture
def two(office: Office) -> tuple[SipExtension, SipExtension]:
    return (
        office.extension(number="1000", first_name="Grace", last_name="Hopper"),
        office.extension(number="1001", first_name="Alan", last_name="Turing"),
    )


def of(page: Page, number: str) -> Locator:
    """What the review says about an extension."""
    return page.get_by_role("region", name=f"Extension {number}", exact=True)


def choice(page: Page, number: str) -> Locator:
    return of(page, number).get_by_role("checkbox")


def row(page: Page, number: str, field: str) -> Locator:
    return of(page, number).get_by_role("row").filter(has=page.get_by_role("rowheader", name=field, exact=True))


def apply_button(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=re.compile("^Apply"))


def caller_name(caller: Phone, callee: Phone) -> str:
    """As it is shown on the phone that rings."""
    outgoing, incoming = talking(caller, callee)
    outgoing.hangup()
    return incoming.caller_name


def test_only_what_is_chosen_is_applied(adas: Page, ada: User, two: tuple[SipExtension, SipExtension]) -> None:
    edited(two[0], ada, first_name="Amazing", caller_id="7000")
    edited(two[1], ada, registration_password="t7Rw9KqX2mZv5LpB8nYc")
    adas.goto("/extensions/")
    adas.locator("#pbx").get_by_role("link", name="Review").click()
    expect(row(adas, "1000", "First Name").get_by_role("cell")).to_have_text(["Grace", "Amazing"])
    expect(row(adas, "1000", "Caller ID").get_by_role("cell")).to_have_text(["1000", "7000"])
    expect(row(adas, "1001", "Registration Password").get_by_role("cell")).to_have_text(["(secret)", "changed"])
    assert "t7Rw9KqX2mZv5LpB8nYc" not in adas.content()
    expect(adas.locator("#apply")).to_have_count(0)  # the header's would not ask what was chosen
    expect(apply_button(adas)).to_have_text("Apply 2 extensions")
    choice(adas, "1001").uncheck()
    press(adas, "Apply 1 extension")
    expect(adas.get_by_role("status").filter(has_text="Verified: Asterisk has all")).to_be_visible()
    expect(of(adas, "1000")).to_have_count(0)
    expect(choice(adas, "1001")).to_be_checked()
    assert Change.objects.waiting().numbers() == ["1001"]
    assert ApplyRun.objects.latest("pk").numbers == ["1000"]


def test_one_box_chooses_all_and_none(adas: Page, ada: User, two: tuple[SipExtension, SipExtension]) -> None:
    for extension in two:
        edited(extension, ada, caller_id="7000")
    adas.goto("/review/")
    every = adas.get_by_label("Select all", exact=True)
    expect(every).to_be_checked()
    expect(every).to_have_js_property("indeterminate", False)
    choice(adas, "1000").uncheck()
    expect(every).to_have_js_property("indeterminate", True)
    choice(adas, "1000").check()
    expect(every).to_have_js_property("indeterminate", False)
    every.uncheck()
    expect(every).to_have_js_property("indeterminate", False)
    expect(apply_button(adas)).to_have_text("Apply selected")
    for number in ("1000", "1001"):
        expect(choice(adas, number)).not_to_be_checked()
    press(adas, "Apply selected")
    expect(adas.get_by_role("status").filter(has_text="Choose what to apply.")).to_be_visible()
    assert len(Change.objects.waiting().numbers()) == 2


def test_the_change_of_another_is_not_chosen_and_the_header_offers_no_apply(
    adas: Page, ada: User, two: tuple[SipExtension, SipExtension]
) -> None:
    edited(two[0], ada, caller_id="7000")
    adas.goto("/extensions/")
    expect(adas.locator("#apply")).to_be_visible()
    edited(two[1], make_user("Hugo", role="human_resource"), caller_id="7001")
    adas.reload()
    expect(adas.locator("#pbx")).to_contain_text("2 unapplied changes")
    expect(adas.locator("#apply")).to_have_count(0)
    adas.locator("#pbx").get_by_role("link", name="Review").click()
    expect(choice(adas, "1000")).to_be_checked()
    expect(choice(adas, "1001")).not_to_be_checked()
    expect(of(adas, "1001")).to_contain_text("by Hugo")
    press(adas, "Apply 1 extension")
    expect(of(adas, "1000")).to_have_count(0)
    expect(of(adas, "1001")).to_have_count(1)


def test_save_and_apply_leads_to_the_review_where_another_has_changed_it_too(
    adas: Page, two: tuple[SipExtension, SipExtension]
) -> None:
    edited(two[0], make_user("Hugo", role="human_resource"), caller_id="7001")
    adas.goto("/extensions/1000/edit/")
    adas.locator("#id_first_name").fill("Amazing")
    press(adas, "Save and Apply")
    expect(adas.get_by_role("heading", level=1)).to_have_text("Review changes")
    expect(of(adas, "1000")).to_contain_text("also changed by others")
    expect(of(adas, "1000")).to_be_in_viewport()
    expect(choice(adas, "1000")).not_to_be_checked()


def test_discarding_puts_back_what_the_pbx_has(adas: Page, ada: User, two: tuple[SipExtension, SipExtension]) -> None:
    edited(two[0], ada, caller_id="7000")
    actions.delete(two[1].number, ada)
    make_extension("1002", first_name="Half done")
    adas.goto("/review/")
    for number, kind, words in (
        ("1000", "Changed", "reverts to the values on the PBX"),
        ("1001", "Deleted", "restores the extension"),
        ("1002", "New", "deletes the new extension and person"),
    ):
        expect(of(adas, number).get_by_role("heading")).to_contain_text(kind)
        of(adas, number).locator("summary").click()
        expect(of(adas, number)).to_contain_text(words)
        press(adas, f"Discard the change to {number}")
        expect(of(adas, number)).to_have_count(0)
        expect(
            adas.get_by_role("status").filter(has_text=f"Changes to extension {number} were discarded")
        ).to_be_visible()
    expect(adas.get_by_role("heading", name="No unapplied changes")).to_be_visible()
    assert dict(SipExtension.objects.values_list("number", "caller_id")) == {"1000": "1000", "1001": "1001"}


def test_an_undo_is_reviewed_and_applied_and_the_old_caller_name_rings_again(
    adas: Page, ada: User, office: Office, two: tuple[SipExtension, SipExtension]
) -> None:
    edited(two[0], ada, first_name="Amazing")
    apply(["1000"], ada)
    phones = office.registered(two[0]), office.registered(two[1])
    assert caller_name(*phones) == "Amazing Hopper"
    adas.goto("/extensions/")
    adas.get_by_role("link", name="Apply History").click()
    newest = adas.locator("tbody tr").first
    for words in ("Ada", "1000", "Verified"):
        expect(newest).to_contain_text(words)
    newest.get_by_role("link").click()
    expect(row(adas, "1000", "First Name").get_by_role("cell")).to_have_text(["Grace", "Amazing"])
    press(adas, "Undo this apply")
    expect(adas.get_by_role("heading", level=1)).to_have_text("Review changes")
    expect(row(adas, "1000", "First Name").get_by_role("cell")).to_have_text(["Amazing", "Grace"])
    press(adas, "Apply 1 extension")
    expect(adas.get_by_role("heading", name="No unapplied changes")).to_be_visible()
    assert caller_name(*phones) == "Grace Hopper"


def test_going_back_takes_an_apply_and_all_after_it(
    adas: Page, ada: User, two: tuple[SipExtension, SipExtension]
) -> None:
    edited(two[0], ada, caller_id="7000")
    run = apply(["1000"], ada)
    edited(two[1], ada, caller_id="7001")
    apply(["1001"], ada)
    adas.goto(f"/history/{run.pk}/")
    press(adas, "Undo this and all later applies")
    for number in ("1000", "1001"):
        expect(row(adas, number, "Caller ID").get_by_role("cell")).to_have_text([f"700{number[-1]}", number])
    press(adas, "Apply 2 extensions")
    expect(adas.get_by_role("heading", name="No unapplied changes")).to_be_visible()
    adas.goto("/history/")
    adas.get_by_label("Date and time").fill("2026-01-31T18:00:00")
    press(adas, "Undo")
    expect(of(adas, "1000").get_by_role("heading")).to_contain_text("Deleted")


def test_keyboard_alone_chooses_and_applies(adas: Page, ada: User, two: tuple[SipExtension, SipExtension]) -> None:
    for extension in two:
        edited(extension, ada, caller_id="7000")
    adas.goto("/review/")
    every = adas.get_by_label("Select all", exact=True)
    every.focus()
    adas.keyboard.press("Tab")
    expect(choice(adas, "1000")).to_be_focused()
    adas.keyboard.press("Space")
    expect(apply_button(adas)).to_have_text("Apply 1 extension")
    expect(every).not_to_be_checked()
    for _ in range(10):
        adas.keyboard.press("Tab")
        if apply_button(adas).evaluate("button => button === document.activeElement"):
            break
    adas.keyboard.press("Enter")
    expect(of(adas, "1001")).to_have_count(0)
    assert Change.objects.waiting().numbers() == ["1000"]


def test_without_scripts_one_chooses_applies_discards_and_undoes(
    sign_in: SignIn, ada: User, two: tuple[SipExtension, SipExtension]
) -> None:
    for extension in two:
        edited(extension, ada, caller_id="7000")
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/review/")
    expect(page.get_by_label("Select all", exact=True)).to_be_hidden()
    choice(page, "1001").uncheck()
    press(page, "Apply selected")
    expect(of(page, "1000")).to_have_count(0)
    of(page, "1001").locator("summary").click()
    press(page, "Discard the change to 1001")
    expect(page.get_by_role("heading", name="No unapplied changes")).to_be_visible()
    page.goto("/history/")
    page.locator("tbody tr").filter(has_text="Ada").filter(has_text="1000").get_by_role("link").click()
    press(page, "Undo this apply")
    expect(row(page, "1000", "Caller ID").get_by_role("cell")).to_have_text(["7000", "1000"])


def test_the_history_goes_on_to_older_applies(adas: Page, asterisk: Embedded) -> None:
    for _ in range(30):
        ApplyRun.objects.create(numbers=["1000"]).close(ApplyRun.Outcome.PROVED, "")
    adas.goto("/history/")
    expect(adas.locator("tbody tr")).to_have_count(25)
    adas.get_by_role("link", name="Older").click()
    expect(adas.locator("tbody tr")).to_have_count(5)
    expect(adas.get_by_role("link", name="Older")).to_have_count(0)


CHOSEN = """() => {
    const all = document.querySelector("[data-choose-all]");
    return [all.checked, all.indeterminate, document.querySelector("[data-chosen]").textContent.trim(),
        document.querySelectorAll("input[name=n]:checked").length];
}"""


def test_one_box_stands_for_all_and_the_button_says_how_many(adas: Page) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    adas.goto("/review/")
    every = adas.locator("[data-choose-all]")
    boxes = adas.locator("input[name=n]")
    every.uncheck()
    nothing = [False, False, adas.evaluate(CHOSEN)[2], 0]
    assert adas.evaluate(CHOSEN) == nothing
    boxes.nth(1).check()
    assert adas.evaluate(CHOSEN) == [False, True, "Apply 1 extension", 1]
    every.check()
    assert adas.evaluate(CHOSEN) == [True, False, "Apply 3 extensions", 3]
    boxes.nth(2).uncheck()
    assert adas.evaluate(CHOSEN) == [False, True, "Apply 2 extensions", 2]
    boxes.nth(2).check()
    every.uncheck()
    assert adas.evaluate(CHOSEN) == nothing
    adas.locator(".topbar [data-search]").evaluate("(each) => each.dispatchEvent(new Event('change', {bubbles: true}))")
    assert adas.evaluate(CHOSEN) == nothing
