"""From Add to a password that nobody else knows; and welcome mails for many, chosen in the list."""

import re

from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import Organization, User
from core.mail.models import Email
from tests.core.mail.postbox import Postbox
from tests.core.mail.test_composition import deliver
from tests.core.mail.test_welcome import path_in
from tests.people import PASSWORD, make_extension

NARROW: ViewportSize = {"width": 390, "height": 844}


def new(number: str) -> None:
    user = User(first_name=f"Person {number}", email=f"p{number}@example.com")
    user.set_unusable_password()
    user.save()
    user.organizations.add(Organization.company())
    make_extension(number, user=user)


def test_from_add_to_a_chosen_password(adas: Page, stranger: Page, postbox: Postbox) -> None:
    adas.goto("/extensions/add/")
    expect(adas.get_by_label("User Password (optional)")).to_have_value("")
    adas.locator("#id_first_name").fill("Grace")
    adas.locator("#id_email").fill("grace@example.com")
    expect(adas.get_by_label("Send welcome mail")).to_be_checked()
    adas.get_by_role("button", name="Save", exact=True).click()
    expect(adas.locator("#welcome-1000")).to_have_text("Waits to be sent")
    expect(adas.locator("#user-password-1000")).to_have_text("Not chosen yet")
    [got] = deliver(postbox)
    expect(adas.locator("#welcome-1000")).to_contain_text("Taken by the mail server")

    stranger.goto(path_in(got))
    stranger.get_by_label("New Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Set password and sign in").click()
    expect(stranger.get_by_role("heading", level=1)).to_contain_text("1000")
    expect(adas.locator("#user-password-1000")).to_have_text("Set")

    adas.get_by_role("button", name="Send again").click()
    expect(adas.locator(".alert-success")).to_contain_text("goes to grace@example.com")
    expect(adas.locator("#welcome-1000")).to_have_text("Waits to be sent")


def test_many_are_chosen_in_the_list_and_watched(adas: Page, postbox: Postbox) -> None:
    for number in range(1000, 1004):
        new(str(number))
    adas.goto("/extensions/")
    bar = adas.locator(".bulk-bar")
    expect(bar).to_be_hidden()
    adas.get_by_role("checkbox", name="Choose 1001").check()
    expect(bar).to_contain_text("Chosen: 1")
    every = bar.get_by_label("All on this page")
    every.check()
    expect(bar).to_contain_text("Chosen: 4")
    every.uncheck()
    expect(bar).to_be_hidden()
    adas.set_viewport_size(NARROW)
    for each in ("1001", "1003"):
        adas.get_by_role("checkbox", name=f"Choose {each}").check()
    with adas.expect_response(re.compile("/extensions/status/")):
        pass
    expect(bar).to_contain_text("Chosen: 2")
    bar.get_by_role("button", name="Send welcome mail").click()
    adas.get_by_role("button", name="Send welcome mail (2)").click()
    expect(adas.get_by_role("heading", name="0 of 2 done")).to_be_visible()
    postbox.refuses = lambda address: "550 5.1.1 No such user" if address == "p1003@example.com" else ""
    deliver(postbox)
    expect(adas.get_by_role("heading", name="2 mails: done")).to_be_visible()
    expect(adas.get_by_role("row", name="1003")).to_contain_text("Refused by the mail server: 550 5.1.1 No such user")
    expect(adas.get_by_role("row", name="1001")).to_contain_text("Taken by the mail server")
    adas.get_by_role("button", name="Send again to 1").click()
    expect(adas.get_by_role("heading", name="0 of 1 done")).to_be_visible()
    assert Email.objects.count() == 3
