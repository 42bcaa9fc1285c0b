"""Preferences > Alerts and Maintenance > Events, for the tour."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Role
from core.access.permissions import Permission
from core.coded_text import CodedText, to_json
from core.events import look, tell
from core.events.models import Delivery, Event
from core.preferences.models import Preferences
from tests.browser.tour import Tour, press, stop
from tests.people import make_user

URL = "/preferences/alerts/"


def several() -> None:
    now = timezone.now()
    for kind, detail, minutes in (
        ("attack", CodedText("event.attack", count=3), 600),
        ("apply_refused", CodedText("event.apply_refused", run="17"), 90),
        ("pbx", CodedText("event.pbx_ended"), 30),
    ):
        began = now - timedelta(minutes=minutes)
        Event.objects.create(
            kind=kind, detail=to_json(detail), began_at=began, solved_at=began + timedelta(minutes=5), told_at=began,
            told_to=["ada.lovelace-of-the-long-name@subsidiary.example.com", "monitor.example.com"],
        )  # fmt: skip
    look.begin("disk", CodedText("event.disk", path="/var/lib/pbxportal/asterisk/db", share=97), "/var/lib/pbxportal")
    look.begin("worker", CodedText("event.worker", part=CodedText("event.part.mail_worker")), "mail_worker")
    Preferences.objects.update(mail_host="mail.example.com", alert_people=[])
    for answer, done in (("webhook.answer", None), ("webhook.answer", now)):
        status = "200" if done else "500"
        events = [(event, False) for event in Event.objects.open()]
        said = to_json(CodedText(answer, status=status))
        Delivery.objects.create(body=tell.body("0b9c3a52", events), answer=said, delivered_at=done)


@stop
def events(tour: Tour) -> Page:
    several()
    page = tour.ada("/events/")
    page.get_by_text("HTTP 500").click()
    return page


@stop
def no_events(tour: Tour) -> Page:
    return tour.ada("/events/?state=open")


@stop
def events_for_whoever_only_looks(tour: Tour) -> Page:
    several()
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_EVENTS])
    return tour.opened(make_user("Olga", custom=role), "/events/")


@stop
def alert_preferences(tour: Tour) -> Page:
    make_user("Olga", role="operator")
    return tour.ada(URL)


@stop
def alert_preferences_with_errors(tour: Tour) -> Page:
    page = alert_preferences(tour)
    page.get_by_label("Webhook address").fill("monitor")
    page.get_by_label("Quiet hours from").fill("22:00")
    page.get_by_label("Metrics for Prometheus").check()
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def a_webhook_secret_that_is_shown_once(tour: Tour) -> Page:
    page = tour.ada(URL)
    press(page, "Create new signing secret")
    page.get_by_text("Copy it now").wait_for()
    return page
