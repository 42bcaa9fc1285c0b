"""Somebody leaves: the whole way with mouse and with keyboard, with scripts and without, and the phones meanwhile."""

from contextlib import suppress
from datetime import timedelta

from django.utils.timezone import localdate
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from extensions import pbx
from extensions.models import SipExtension
from extensions.pbx import LineState, PbxError
from tests.browser.conftest import SignIn
from tests.browser.tour import press
from tests.pbx.office import Office, eventually, refusal
from tests.people import make_user


def of_grace(office: Office) -> SipExtension:
    return office.extension(number="1001", user=make_user("Grace", last_name="Hopper"))


def state(number: str) -> LineState | None:
    """What a page that is shown now says of the number; None while it is not known."""
    with suppress(PbxError):
        return pbx.get().lines([number])[number].state
    return None


def test_one_leaves_and_comes_back(adas: Page, sign_in: SignIn, office: Office) -> None:
    grace, linus = of_grace(office), office.extension(number="1002", first_name="Linus", last_name="Torvalds")
    own, colleague, caller = (
        office.registered(grace),
        office.registered(linus),
        office.registered(office.extension(number="1900")),
    )
    graces = sign_in(grace.user)
    graces.goto("/")
    expect(graces.get_by_role("heading", level=1)).to_contain_text("Grace Hopper")

    adas.goto("/extensions/1001/")
    adas.get_by_role("link", name="Offboard…").click()
    adas.locator("#id_colleague").press_sequentially("torv")
    expect(adas.get_by_label("1002 Linus Torvalds Idle")).to_be_checked()
    expect(adas.get_by_label("A colleague’s phones ring")).to_be_checked()
    adas.get_by_label("90 days").check()
    press(adas, "Continue")
    day = f"{localdate() + timedelta(days=90):%m/%d/%Y}"
    main = adas.get_by_role("main")
    for words in (
        "1 registered now, disconnected immediately",
        "1 session ends",
        "ring 1002 Linus Torvalds",
        f"Deleted automatically on {day}, in 90 days",
    ):
        expect(main).to_contain_text(words)
    assert own.register() == 200
    press(adas, "Offboard and Apply")
    expect(main).to_contain_text(
        "Grace Hopper is offboarded. Phones are disconnected and sign-in is blocked. Verified: Asterisk has all"
    )
    expect(main).to_contain_text(f"The extension is deleted automatically on {day}.")
    expect(main).to_contain_text("Calls to 1001 ring 1002 Linus Torvalds for 30 seconds.")
    assert own.register() == 403
    outgoing = caller.call("1001")
    colleague.wait_call().answer()
    outgoing.wait_answered()
    outgoing.hangup()

    graces.goto("/")
    expect(graces.get_by_role("heading", level=1)).to_have_text("Sign in")

    adas.goto("/extensions/")
    expect(adas.locator("#status-1001")).to_have_text(f"Deletes automatically on\u00a0{day}")
    adas.goto("/extensions/1001/")
    press(adas, "Restore")
    expect(main).to_contain_text("Grace Hopper is restored")
    expect(adas.get_by_role("button", name="Disable", exact=True)).to_be_visible()
    assert own.register() == 200
    caller.call("1001")
    own.wait_call().answer()


def test_without_scripts_one_searches_looks_changes_and_leaves(sign_in: SignIn, ada: User, office: Office) -> None:
    of_grace(office)
    for number in ("1002", "1003"):
        office.extension(number=number, first_name="Linus", last_name=number)
    page = sign_in(ada, java_script_enabled=False)
    page.goto("/extensions/1001/leave/")
    page.locator("#id_colleague").fill("linus")
    page.locator("#id_colleague").press("Enter")
    page.get_by_label("1003 Linus 1003").check()
    page.get_by_label("Until a date").check()
    page.get_by_label("Delete on").fill(str(localdate()))
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Enter a date from")
    expect(page.get_by_label("1003 Linus 1003")).to_be_checked()
    day = str(localdate() + timedelta(days=3))
    page.get_by_label("Delete on").fill(day)
    assert eventually(lambda: state("1003") == LineState.OFFLINE)
    press(page, "Continue")
    expect(page.get_by_role("main")).to_contain_text("ring 1003 Linus 1003, where no phone is registered now")
    press(page, "Change")
    expect(page.get_by_label("Delete on")).to_have_value(day)
    page.locator("#id_colleague").fill("1002")
    press(page, "Continue")
    press(page, "Offboard and Apply")
    expect(page.get_by_role("main")).to_contain_text("Calls to 1001 ring 1002 Linus 1002")
    assert str(SipExtension.objects.get(number="1001").delete_on) == day
    press(page, "Restore")
    expect(page.get_by_role("button", name="Disable", exact=True)).to_be_visible()


def test_a_name_typed_before_the_scripts_have_come_is_found(adas: Page, office: Office) -> None:
    of_grace(office)
    office.extension(number="1002", first_name="Linus")
    held: list[Route] = []
    adas.route("**/htmx*.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function)
    adas.goto("/extensions/1001/leave/", wait_until="commit")
    adas.locator("#id_colleague").press_sequentially("linus")
    assert held, "the page has asked for its scripts"
    held[0].continue_()
    expect(adas.locator("#colleague-1002")).to_be_checked()
    expect(adas.get_by_label("A colleague’s phones ring")).to_be_checked()


def test_keyboard_alone(adas: Page, office: Office) -> None:
    of_grace(office)
    office.extension(number="1002", first_name="Linus")
    adas.goto("/extensions/1001/leave/")
    adas.locator("#id_calls").focus()
    adas.keyboard.press("ArrowDown")
    expect(adas.get_by_label("A colleague’s phones ring")).to_be_checked()
    adas.keyboard.press("Tab")
    adas.keyboard.type("1002")
    expect(adas.locator("#colleague-1002")).to_be_checked()
    for _ in range(3):
        adas.keyboard.press("Tab")
    adas.keyboard.press("ArrowDown")
    expect(adas.get_by_label("90 days")).to_be_checked()
    adas.get_by_role("button", name="Continue").press("Enter")
    adas.get_by_role("button", name="Offboard and Apply").press("Enter")
    expect(adas.get_by_role("main")).to_contain_text("Grace Hopper is offboarded")


def test_the_date_chooses_its_choice(adas: Page, office: Office) -> None:
    of_grace(office)
    adas.goto("/extensions/1001/leave/")
    expect(adas.get_by_label("30 days")).to_be_checked()
    adas.get_by_label("Delete on").fill(str(localdate() + timedelta(days=2)))
    expect(adas.get_by_label("Until a date")).to_be_checked()


def test_the_sign_in_is_ended_and_allowed(adas: Page, sign_in: SignIn, office: Office) -> None:
    grace = of_grace(office)
    graces = sign_in(grace.user)
    graces.goto("/")
    adas.goto("/extensions/1001/")
    adas.get_by_role("link", name="Block sign-in…").click()
    press(adas, "Block sign-in")
    expect(adas.get_by_role("main")).to_contain_text("Grace Hopper is signed out everywhere and cannot sign in.")
    graces.reload()
    expect(graces.get_by_role("heading", level=1)).to_have_text("Sign in")
    press(adas, "Allow sign-in")
    expect(adas.get_by_role("link", name="Block sign-in…")).to_be_visible()


def test_a_call_to_a_number_that_nobody_took_says_so(adas: Page, office: Office) -> None:
    of_grace(office)
    caller = office.registered(office.extension(number="1900"))
    adas.goto("/extensions/1001/leave/")
    press(adas, "Continue")
    expect(adas.get_by_role("main")).to_contain_text("callers hear that the number does not exist")
    press(adas, "Offboard and Apply")
    expect(adas.get_by_role("main")).to_contain_text("Grace Hopper is offboarded")
    assert refusal(caller.call("1001")) == 404
