"""Maintenance > Events."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.coded_text import CodedText, to_json
from core.events import kinds, look
from core.events.models import Delivery, Event
from core.mail import composition
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.pages import html_of
from tests.people import make_user

URL = "/events/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def solved(kind: str) -> Event:
    now = timezone.now()
    return Event.objects.create(
        kind=kind, began_at=now - timedelta(hours=1), solved_at=now, told_at=now, told_to=["olga@example.com"]
    )


def test_it_lists_what_is_wrong_and_what_was(signed_in: Client) -> None:
    look.begin("disk", CodedText("event.disk", path="/var", share=91))
    solved("pbx")
    page = html_of(signed_in, URL)
    assert "The disk that holds /var is 91% full." in page
    assert "Not yet" in page
    assert "olga@example.com" in page
    events = signed_in.get(URL).context["events"]
    assert [(event.kind, event.dot) for event in events] == [("pbx", "good"), ("disk", "bad")]
    assert [event.kind for event in signed_in.get(URL, {"state": "open"}).context["events"]] == ["disk"]


def test_it_leads_to_where_an_event_is_put_right(signed_in: Client) -> None:
    look.begin("outbound_locked", CodedText("event.outbound_locked", number="1001", dialed="0171"), "1001")
    look.begin("disk", CodedText("event.disk", path="/var", share=91))
    assert [event.url for event in signed_in.get(URL).context["events"]] == ["", "/extensions/1001/"]
    assert '<a href="/extensions/1001/"><strong>Outbound calls locked' in signed_in.get(URL).content.decode()


def test_an_empty_list_says_what_it_is_for(signed_in: Client) -> None:
    assert "No events yet" in html_of(signed_in, URL)
    assert "No open events" in html_of(signed_in, URL + "?state=open")


def test_more_than_a_page_goes_on_with_the_same_filter(signed_in: Client) -> None:
    for each in range(51):
        look.begin("disk", CodedText("event.disk", path="/var", share=91), f"/{each}")
    first = signed_in.get(URL, {"state": "open"})
    second = signed_in.get(URL + first.context["older"])
    assert (len(first.context["events"]), len(second.context["events"])) == (50, 1)
    assert second.context["newest"] == "?state=open&"


def test_what_a_webhook_was_sent_is_shown_as_it_is(signed_in: Client) -> None:
    Delivery.objects.create(body='{"text": "<b>"}', answer=to_json(CodedText("webhook.answer", status="500")))
    page = html_of(signed_in, URL)
    assert "{&quot;text&quot;: &quot;&lt;b&gt;&quot;}" in page
    assert "HTTP 500" in page


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_each_kind_can_be_tried(signed_in: Client, kind: str) -> None:
    Preferences.objects.update(webhook_url="https://monitor.example.com/", sealed_webhook_secret="sealed")
    answer = signed_in.post(URL + "test/", {"kind": kind}, follow=True)
    assert "Test alert sent to ada@example.com, monitor.example.com." in answer.content.decode()
    event = Event.objects.get()
    assert (event.is_test, event.dot) == (True, "none")
    assert event.solved_told_at
    mail = composition.written(Email.objects.get(), "portal@example.com")
    assert mail
    assert mail["Subject"] == f"Test alert: {kinds.label(kind)}"
    assert '"test": true' in Delivery.objects.get().body
    assert AuditRecord.objects.get(action="event.tested").on_text == kinds.label(kind)


def test_an_unknown_kind_is_no_kind(signed_in: Client) -> None:
    assert signed_in.post(URL + "test/", {"kind": "nonsense"}).status_code == 404
    assert not Event.objects.exists()


def test_a_test_in_quiet_hours_is_sent_at_once_and_touches_no_open_event(signed_in: Client) -> None:
    look.begin("drift", CodedText("event.drift", count=1))
    now = timezone.now()
    Preferences.objects.update(
        alert_quiet_from=(now - timedelta(hours=1)).time(), alert_quiet_until=(now + timedelta(hours=1)).time()
    )
    signed_in.post(URL + "test/", {"kind": "drift"})
    assert Email.objects.count() == 1
    assert Event.objects.open().get().told_at is None


def test_where_nobody_has_an_address_the_page_says_so(client: Client, db: None) -> None:
    keeper = make_user("Kim", custom=Role.objects.create(name="Keeper", granted=[Permission.MANAGE_EVENTS]))
    client.force_login(keeper)
    answer = client.post(URL + "test/", {"kind": "disk"}, follow=True)
    assert "There is nobody to alert. Choose recipients in Preferences &gt; Alerts." in answer.content.decode()


def test_whoever_may_only_look_is_offered_no_test(client: Client, db: None) -> None:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_EVENTS])
    client.force_login(make_user("Olga", custom=role))
    assert "Send test" not in html_of(client, URL)
    assert client.post(URL + "test/", {"kind": "disk"}).status_code == 403
