"""What programs that watch the portal are told: the state in detail, and numbers for Prometheus."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from asterisk import nodes
from asterisk.ami.client import AmiError
from asterisk.live import calls
from asterisk.live import store as live
from asterisk.models import ApplyRun
from backup.models import Backup, BackupSettings
from core import disk
from core.events.models import Event
from core.mail.models import Email
from core.preferences.models import Preferences, SystemChange
from core.version import VERSION
from extensions import pbx
from extensions.models import Change
from pbxportal.front import certificates

BEARER = "Bearer "


def token_hash(token: str) -> str:
    """Of 256 random bits nothing can be guessed: one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def shows_token(request: HttpRequest) -> bool:
    kept = Preferences.current().monitor_token_hash
    shown = request.headers.get("Authorization", "")
    if not kept or not shown.startswith(BEARER):
        return False
    return compare_digest(kept, token_hash(shown.removeprefix(BEARER).strip()))


def unapplied() -> int:
    return Change.objects.waiting().count() + SystemChange.objects.waiting().count()


def listener_is_heard() -> bool:
    with suppress(sqlite3.Error, OSError), live.opened(nodes.from_settings().live_file) as db:
        return live.is_fresh(db)
    return False


def detail() -> dict[str, Any]:
    space = disk.scarcest()
    held = certificates.held(settings.ADDRESS)
    emails = Email.objects.order_by().values("state").annotate(count=Count("pk"))
    opened = Event.objects.open().order_by("id")
    return {
        "version": VERSION,
        "pbx": pbx.get().state().up,
        "listener": listener_is_heard(),
        "mail": {row["state"]: row["count"] for row in emails.filter(state__in=("waiting", "sending", "uncertain"))},
        "disk": {"path": str(space.path), "share": round(space.share, 3), "free": space.free} if space else None,
        "unapplied": unapplied(),
        "backup": last_backup(),
        "certificate": held.until.isoformat() if held else None,
        "events": [
            {"kind": event.kind, "subject": event.subject, "began_at": event.began_at.isoformat(timespec="seconds")}
            for event in opened
        ],
    }


def last_backup() -> dict[str, Any] | None:
    """When the last good one was begun, and what became of the last one at all; None: no passphrase is set."""
    if not BackupSettings.load().sealed_passphrase:
        return None
    ended = Backup.objects.exclude(state=Backup.State.RUNNING)
    good, last = ended.filter(state=Backup.State.VERIFIED).first(), ended.first()
    return {
        "verified_at": good.started_at.isoformat(timespec="seconds") if good else None,
        "state": str(last.state) if last else None,
    }


# --- metrics ---

RESPONSES = Histogram(
    "pbxportal_response_seconds",
    "Time until the portal answered",
    ["method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Portal(Collector):
    """What is true at this moment."""

    def collect(self) -> Iterator[Metric]:
        yield one("pbxportal_pbx_up", "Whether the PBX is running", pbx.get().state().up)
        yield from live_numbers()
        yield from calls_now()
        yield by("pbxportal_applies", "Applies kept in Apply History", "outcome", counts(ApplyRun, "outcome"))
        yield one("pbxportal_unapplied_changes", "Saved changes that are not applied", unapplied())
        yield by("pbxportal_emails", "E-mails of the last 90 days", "state", counts(Email, "state"))
        yield by("pbxportal_open_events", "Open events", "kind", counts(Event, "kind", solved_at=None))


def live_numbers() -> Iterator[Metric]:
    with suppress(sqlite3.Error, OSError), live.opened(nodes.from_settings().live_file) as db:
        phones, states = live.count_of_phones(db), live.count_by_state(db)
        yield one("pbxportal_phones", "Registered phones", phones)
        yield by("pbxportal_extensions", "Extensions that the PBX watches, by device state", "state", states)


def calls_now() -> Iterator[Metric]:
    with suppress(AmiError):
        yield one("pbxportal_calls", "Calls in progress", calls.count(nodes.from_settings()))


def one(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))


def by(name: str, words: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, words, labels=[label])
    for text, value in values.items():
        found.add_metric([text], value)
    return found


def counts(model: Any, field: str, **only: Any) -> dict[str, int]:
    rows = model.objects.filter(**only).order_by().values_list(field).annotate(count=Count("pk"))
    return dict(rows)


def metrics() -> bytes:
    """Response times of all processes that serve pages, and what is true now."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(RESPONSES)
    registry.register(Portal())
    return generate_latest(registry)
