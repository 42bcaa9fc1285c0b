"""Preferences > Email with a real mail server, and Maintenance > Mail, for the tour."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Role, User
from core.mail import outbox
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.browser.tour import Tour, press, stop
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.people import make_user

State = Email.State
URL = "/preferences/mail/"


def postbox(tour: Tour) -> Postbox:
    box = Postbox()
    box.start()
    tour.stack.callback(box.stop)
    use(box)
    return box


def email(user: User, kind: str, state: Email.State, answer: str = "", tries: int = 1, **more: object) -> None:
    made = outbox.send(kind, user)
    assert made
    Email.objects.filter(pk=made.pk).update(state=state, answer=answer, tries=tries, **more)


def several() -> None:
    grace = make_user("Grace", email="grace.brewster.murray.hopper@a-company-with-a-long-name.example.com")
    vic = make_user("Vic")
    now = timezone.now()
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")
    email(vic, "welcome", State.TAKEN, "250 2.0.0 Ok: queued as 4bXk2p", settled_at=now)
    email(vic, "reset", State.VOID, answer_code="nothing", settled_at=now)
    email(grace, "extension_changed", State.REFUSED, "550 5.1.1 <grace>: Recipient address rejected", settled_at=now)
    email(grace, "new_device", State.UNCERTAIN, answer_code="cut_off")
    soon = now + timedelta(minutes=4)
    since = now - timedelta(minutes=20)
    email(
        vic,
        "new_network",
        State.WAITING,
        "Connection refused",
        4,
        answer_code="unreachable",
        due_at=soon,
        delayed_since=since,
    )


@stop
def mail_preferences(tour: Tour) -> Page:
    return tour.ada(URL)


@stop
def mail_preferences_with_errors(tour: Tour) -> Page:
    page = mail_preferences(tour)
    page.get_by_label("Mail server").fill("mail.example.com")
    page.get_by_label("Security").select_option("none")
    page.get_by_label("User Name").fill("portal")
    page.get_by_label("Sender Address").fill("nobody")
    press(page, "Save").locator("#error-summary").wait_for()
    return page


@stop
def mail_preferences_tested(tour: Tour) -> Page:
    postbox(tour)
    page = mail_preferences(tour)
    press(page, "Send test e-mail").get_by_role("heading", name="Test e-mail sent").wait_for()
    return page


@stop
def mail_preferences_tested_in_vain(tour: Tour) -> Page:
    postbox(tour).moods.always["RCPT"] = "550 5.7.1 <ada@example.com>: Relay access denied"
    page = mail_preferences(tour)
    press(page, "Send test e-mail").get_by_role("heading", name="Test e-mail not sent").wait_for()
    return page


@stop
def mail_preferences_to_look_at(tour: Tour) -> Page:
    postbox(tour)
    looks = Role.objects.create(name="Looks", granted=["preferences.view"])
    return tour.opened(make_user("Olga", custom=looks), URL)


@stop
def mails(tour: Tour) -> Page:
    several()
    return tour.ada("/mail/")


@stop
def mails_none_yet(tour: Tour) -> Page:
    return tour.ada("/mail/")


@stop
def mails_none_of_that_kind(tour: Tour) -> Page:
    several()
    return tour.ada("/mail/?person=nobody&state=refused")
