"""The welcome mail, for the tour."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.welcome import invitations
from tests.browser import company
from tests.browser.tour import Tour, ada, press, stop

State = Email.State
UNREACHABLE = {"answer_code": "unreachable", "answer": "Connection refused"}
TROUBLES: dict[int, dict[str, Any]] = {
    1: {
        "state": State.REFUSED,
        "answer": "550 5.1.1 <person1@example.com>: Recipient address rejected: User unknown in virtual mailbox",
    },
    2: {"state": State.UNCERTAIN, "answer_code": "stopped"},
    3: {"state": State.VOID, "answer_code": "nothing"},
    4: {"state": State.REFUSED, "given_up": True, **UNREACHABLE},
}


def mail_is_set_up() -> None:
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")


def people(count: int) -> list[SipExtension]:
    """Some of them have a password, no address, have left or are disabled."""
    mail_is_set_up()
    found = company.people(count)
    User.objects.filter(sip_extension__in=found).update(password="!none")
    User.objects.filter(sip_extension__number__in=("1003", "1010")).update(password="argon2$something")
    return found


def batch(*, done: bool = False) -> uuid.UUID:
    """Some of each outcome."""
    people(80)
    key = uuid.uuid4()
    invitations.ask(SipExtension.objects.all(), ada(), batch=key)
    for n, email in enumerate(Email.objects.order_by("id")):
        said = TROUBLES.get(n, {"state": State.TAKEN, "answer": "250 2.0.0 Ok"})
        if n > 30 and not done:
            said = {"state": State.WAITING, **(UNREACHABLE if n < 40 else {})}
        settled_at = timezone.now() - timedelta(seconds=60 - n) if said["state"] != State.WAITING else None
        Email.objects.filter(pk=email.pk).update(**said, settled_at=settled_at, tries=1 if len(said) > 1 else 0)
    return key


@stop
def list_with_some_chosen(tour: Tour) -> Page:
    people(30)
    page = tour.ada("/extensions/")
    for number in ("1000", "1002", "1003"):
        page.get_by_role("checkbox", name=f"Select {number}").check()
    return page


@stop
def list_with_its_menu_open(tour: Tour) -> Page:
    people(6)
    page = tour.ada("/extensions/")
    page.locator("summary", has_text="More actions").click()
    return page


@stop
def welcome_to_chosen(tour: Tour) -> Page:
    people(20)
    return tour.ada("/extensions/welcome/?" + "&".join(f"n={1000 + n}" for n in range(16)))


@stop
def welcome_to_everybody(tour: Tour) -> Page:
    people(40)
    return tour.ada("/extensions/welcome/?all=yes&filter=q%3Dperson")


@stop
def welcome_to_nobody(tour: Tour) -> Page:
    batch(done=True)
    return tour.ada("/extensions/welcome/")


@stop
def welcome_without_a_mail_server(tour: Tour) -> Page:
    people(3)
    Preferences.objects.update(mail_host="")
    return tour.ada("/extensions/welcome/?n=1000&n=1002")


@stop
def welcome_batch(tour: Tour) -> Page:
    return tour.ada(f"/extensions/welcome/{batch()}/")


@stop
def welcome_batch_done(tour: Tour) -> Page:
    return tour.ada(f"/extensions/welcome/{batch(done=True)}/")


@stop
def add_with_a_mail_server(tour: Tour) -> Page:
    mail_is_set_up()
    page = tour.ada("/extensions/add/")
    page.locator("#strength .strength").wait_for()
    return page


@stop
def detail_with_the_welcome_mail_next(tour: Tour) -> Page:
    mail_is_set_up()
    page = tour.ada("/extensions/add/")
    page.locator("#id_first_name").fill("Grace")
    page.locator("#id_email").fill("grace@example.com")
    page.get_by_label("Send welcome e-mail").uncheck()
    press(page, "Save and Apply")
    page.get_by_role("heading", name="is live").wait_for()
    return page


@stop
def detail_with_a_welcome_mail_refused(tour: Tour) -> Page:
    page = detail_with_the_welcome_mail_next(tour)
    press(page, "Send welcome e-mail")
    page.locator(".alert-success").wait_for()
    Email.objects.update(state=State.REFUSED, answer=TROUBLES[1]["answer"], tries=1)
    page.goto("/extensions/1000/")
    return page


@stop
def detail_without_an_address(tour: Tour) -> Page:
    people(1)
    User.objects.filter(sip_extension__number="1000").update(email=None)
    return tour.ada("/extensions/1000/")
