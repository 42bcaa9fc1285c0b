"""What is looked for while the portal runs: a row for each kind of event."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from asterisk import nodes
from asterisk.live import store as live
from asterisk.models import ApplyRun, BlockedAddress, CheckRun
from backup import making, places
from backup.models import Backup, BackupSettings, CopySettings
from core import clock, disk
from core.coded_text import CodedText
from core.events.look import Condition, Finding
from core.https import Certificate
from core.localization import in_english
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import pbx
from pbxportal.front import certificates
from pbxportal.supervisor import STEADY_SECONDS, Child

TOO_LONG = timedelta(minutes=1)  # for an apply to wait
STUCK = timedelta(minutes=5)  # for e-mail that is due
LISTENER_SECONDS = 60.0  # without a word of it
# What the supervisor runs -> its code; Asterisk, which is more than a part, aside.
PARTS = {
    "The portal": "portal",
    "The mail worker": "mail_worker",
    "The PBX listener": "listener",
    "The front server": "front_server",
}
ASTERISK = "Asterisk"
BACKUP_OLD = timedelta(days=2)

Outcome = ApplyRun.Outcome


def of(children: Sequence[Child], *, has_pbx: bool) -> dict[str, Condition]:
    """`children`: what the supervisor keeps running."""
    jumps = clock.Jumps()
    found: dict[str, Condition] = {
        "disk": disks,
        "certificate": certificate,
        "mail": mail,
        "worker": lambda: workers(children),
        "clock": unsynchronized,
        "clock_jump": lambda: jumped(jumps),
        "backup": backups,
    }
    if has_pbx:
        found |= {
            "pbx": lambda: pbx_down(children),
            "apply_refused": refused,
            "apply_waiting": waiting,
            "drift": drift,
            "attack": attack,
        }
    return found


def is_unsteady(child: Child) -> bool:
    """Whether it ended, and has not run for long since."""
    return child.delay > 0 and (child.process is None or time.monotonic() - child.started < STEADY_SECONDS)


def pbx_down(children: Sequence[Child]) -> Iterator[Finding]:
    if any(child.name == ASTERISK and is_unsteady(child) for child in children):
        yield Finding(CodedText("event.pbx_ended"), at_once=True)
        return
    state = pbx.get().state()
    if not state.up:
        yield Finding(CodedText("event.pbx", why=in_english(state.detail)))


def refused() -> Iterator[Finding]:
    """While what was refused waits on."""
    changes = Q(changes__applied_at=None, changes__discarded_at=None, changes__isnull=False)
    preferences = Q(system_changes__applied_at=None, system_changes__discarded_at=None, system_changes__isnull=False)
    run = ApplyRun.objects.filter(changes | preferences, outcome=Outcome.REFUSED).order_by("-id").first()
    if run:
        yield Finding(CodedText("event.apply_refused", run=str(run.pk)))


def waiting() -> Iterator[Finding]:
    late = ApplyRun.objects.filter(outcome=Outcome.WAITING, started_at__lt=timezone.now() - TOO_LONG)
    if run := late.order_by("id").first():
        yield Finding(CodedText("event.apply_waiting", run=str(run.pk)))


def drift() -> Iterator[Finding]:
    if differing := CheckRun.objects.exclude(finished_at=None).values_list("differing", flat=True).first():
        yield Finding(CodedText("event.drift", count=differing))


def disks() -> Iterator[Finding]:
    if space := disk.scarcest():
        yield Finding(CodedText("event.disk", path=str(space.path), share=int(100 * space.share)))


def certificate() -> Iterator[Finding]:
    address = settings.FIND_ADDRESS()
    if address.certificate == Certificate.NONE:
        return
    held = certificates.held(address)
    if held is None:
        yield Finding(CodedText("event.no_certificate"))
    elif held.until - timezone.now() < certificates.WARN_BEFORE:
        said = {"names": ", ".join(held.names), "until": f"{held.until:%Y-%m-%d}"}
        yield Finding(CodedText("event.certificate_expires", **said), at_once=True)


def backups() -> Iterator[Finding]:
    """Where a passphrase is set: without one, nobody expects any."""
    chosen, now = BackupSettings.load(), timezone.now()
    if not chosen.sealed_passphrase:
        return
    ended = Backup.objects.exclude(state=Backup.State.RUNNING)
    if (last := ended.first()) and last.state == Backup.State.FAILED:
        yield Finding(CodedText("event.backup_failed", started=minute(last.started_at)))
        return
    # Not those of a clock that was ahead: they would be new for years.
    good = ended.filter(state=Backup.State.VERIFIED, started_at__lte=now).first()
    if good and good.started_at < now - BACKUP_OLD:
        yield Finding(CodedText("event.backup_old", started=minute(good.started_at)))
    elif good is None and chosen.since and chosen.since < now - BACKUP_OLD:
        yield Finding(CodedText("event.backup_none", since=minute(chosen.since)))
    elif good and good.copy_why and CopySettings.load().place and not making.is_running(places.from_settings()):
        yield Finding(CodedText("event.backup_not_copied", started=minute(good.started_at)))


def minute(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def attack() -> Iterator[Finding]:
    if count := BlockedAddress.objects.in_force().count():
        yield Finding(CodedText("event.attack", count=count))


def mail() -> Iterator[Finding]:
    if not Preferences.now("mail_host"):
        return
    emails = Email.objects.filter(state=Email.State.WAITING)
    late = emails.filter(delayed_since__isnull=False).order_by("delayed_since").values_list("delayed_since", flat=True)
    due = emails.filter(due_at__lt=timezone.now() - STUCK).order_by("due_at").values_list("due_at", flat=True)
    if since := late.first() or due.first():
        yield Finding(CodedText("event.mail", since=minute(since)))


def workers(children: Sequence[Child]) -> Iterator[Finding]:
    """All that the supervisor runs, but for Asterisk."""
    for child in children:
        part = PARTS.get(child.name)
        if part and is_unsteady(child):
            yield Finding(CodedText("event.worker", part=CodedText(f"event.part.{part}")), part)
        elif part == "listener" and is_silent(child):
            yield Finding(CodedText("event.listener"), part)


def is_silent(listener: Child) -> bool:
    """Whether it runs, and has not said so for long."""
    if listener.process is None or time.monotonic() - listener.started < LISTENER_SECONDS:
        return False
    with suppress(sqlite3.Error, OSError), live.opened(nodes.from_settings().live_file) as db:
        beat = live.last_beat(db)
        return beat is None or abs(time.time() - beat) > LISTENER_SECONDS
    return True


def unsynchronized() -> Iterator[Finding]:
    if not clock.is_synchronized():
        yield Finding(CodedText("event.clock_unset"))


def jumped(jumps: clock.Jumps) -> Iterator[Finding]:
    if seconds := jumps.recent():
        yield Finding(CodedText("event.clock_jumped", seconds=round(seconds)))
