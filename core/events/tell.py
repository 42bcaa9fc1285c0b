"""Tells of events: each once when it begins and once when it is solved, several in one message."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from core.coded_text import CodedText, to_json
from core.events import recipients
from core.events.models import Delivery, Event
from core.localization import ENGLISH
from core.mail import outbox
from core.preferences.models import Preferences

GATHERED = timedelta(seconds=15)  # for so long the first of several waits for others
KEPT_EVENTS, KEPT_DELIVERIES = timedelta(days=365), timedelta(days=90)
News = Sequence[tuple[Event, bool]]  # and whether it is solved


def tell() -> None:
    """What is due to be told by now."""
    if not Event.objects.news().exists():  # as a rule: nobody who saves waits for this
        return
    preferences = Preferences.load()
    now = timezone.now()
    with transaction.atomic():
        found = list(Event.objects.news().select_for_update().order_by("id"))
        if is_quiet(preferences, now):
            found = [event for event in found if event.is_urgent]
        news = [(event, solved) for event in found for solved in untold(event)]
        if news and min(moment(*each) for each in news) <= now - GATHERED:
            send(news, preferences, now)


def untold(event: Event) -> list[bool]:
    told = [] if event.told_at else [False]
    return [*told, True] if event.solved_at and not event.solved_told_at else told


def moment(event: Event, solved: bool) -> datetime:
    return event.solved_at if solved and event.solved_at else event.began_at


def is_quiet(preferences: Preferences, now: datetime) -> bool:
    begin, end = preferences.alert_quiet_from, preferences.alert_quiet_until
    if begin is None or end is None or begin == end:
        return False
    time = now.astimezone(preferences.zone).time()
    return begin <= time < end if begin < end else time >= begin or time < end


def send(news: News, preferences: Preferences, now: datetime) -> None:
    """Inside of a transaction: it is told if and only if it is known to be."""
    keys = [[event.pk, solved] for event, solved in news]
    emails = [outbox.send("alert", person, news=keys) for person in recipients.chosen(preferences)]
    reached = [email.to for email in emails if email]
    if preferences.webhook_url and preferences.sealed_webhook_secret:
        delivery = Delivery()
        delivery.body = body(str(delivery.id), news)
        delivery.save()
        reached.append(urlsplit(preferences.webhook_url).netloc)
    for event, solved in news:
        if solved:
            event.solved_told_at = now
        else:
            event.told_at = now
        event.told_to = list(dict.fromkeys([*event.told_to, *reached]))
        event.save(update_fields=["told_at", "solved_told_at", "told_to"])


def body(delivery: str, news: News) -> str:
    return json.dumps(
        {"id": delivery, "portal": settings.PORTAL_URL, "events": [as_json(*each) for each in news]},
        ensure_ascii=False,
        indent=2,
    )


def as_json(event: Event, solved: bool) -> dict[str, object]:
    with translation.override(ENGLISH):
        text = event.detail_text
    return {
        "event": event.pk,
        "kind": event.kind,
        "state": "solved" if solved else "began",
        "subject": event.subject,
        "test": event.is_test,
        "began_at": event.began_at.isoformat(timespec="seconds"),
        "solved_at": event.solved_at.isoformat(timespec="seconds") if solved and event.solved_at else None,
        "text": text,
    }


def send_test(kind: str) -> Event:
    """One of that kind that began and was solved at once, told now."""
    now = timezone.now()
    with transaction.atomic():
        event = Event.objects.create(
            kind=kind, detail=to_json(CodedText("event.test")), is_test=True, began_at=now, solved_at=now
        )
        send([(event, False), (event, True)], Preferences.load(), now)
    return event


def forget_old() -> None:
    now = timezone.now()
    Event.objects.filter(solved_at__lt=now - KEPT_EVENTS, solved_told_at__isnull=False).delete()
    Delivery.objects.filter(created_at__lt=now - KEPT_DELIVERIES).delete()
