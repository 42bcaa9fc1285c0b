"""Compares what is wrong now with the events that are open. It begins and solves events, and tells nobody."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from core.coded_text import CodedText, to_json
from core.events.kinds import KINDS
from core.events.models import Event

SETTLED_SECONDS = 15.0  # that something has to be over before its event is solved
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """Something that is wrong now. `at_once`: without the patience of its kind."""

    detail: CodedText
    subject: str = ""
    at_once: bool = False


Condition = Callable[[], Iterable[Finding]]
Key = tuple[str, str]  # kind and subject


def begin(kind: str, detail: CodedText, subject: str = "") -> None:
    """Where one is open already, it says what is wrong now."""
    said = to_json(detail)
    with transaction.atomic():
        if not Event.objects.open().filter(kind=kind, subject=subject, is_test=False).update(detail=said):
            Event.objects.create(kind=kind, subject=subject, detail=said)


def solve(kind: str, subject: str = "") -> None:
    now = timezone.now()
    for event in Event.objects.open().filter(kind=kind, subject=subject):
        event.solved_at = max(now, event.began_at)  # the clock may have been set back
        event.save(update_fields=["solved_at"])


@dataclass
class Look:
    """One look after the other, for the kinds in `conditions`. Events of other kinds are begun by whoever knows."""

    conditions: Mapping[str, Condition]
    first_seen: dict[Key, float] = field(default_factory=dict)
    last_seen: dict[Key, float] = field(default_factory=dict)

    def __call__(self) -> None:
        """A condition that cannot be asked changes nothing of its kind."""
        for kind, condition in self.conditions.items():
            try:
                found = {each.subject[:254]: each for each in condition()}
            except Exception:
                logger.exception("Events of type %s could not be looked for", kind)
            else:
                self._compare(kind, found)

    def _compare(self, kind: str, found: Mapping[str, Finding]) -> None:
        now = time.monotonic()
        there = {event.subject: event for event in Event.objects.open().filter(kind=kind)}
        for subject, finding in found.items():
            self.last_seen[kind, subject] = now
            began = self.first_seen.setdefault((kind, subject), now)
            if subject in there:
                if there[subject].detail != to_json(finding.detail):
                    begin(kind, finding.detail, subject)
            elif finding.at_once or now - began >= KINDS[kind].patience:
                begin(kind, finding.detail, subject)
        for subject in there.keys() - found.keys():
            if now - self.last_seen.setdefault((kind, subject), now) >= SETTLED_SECONDS:
                solve(kind, subject)
        for key in [key for key in self.first_seen if key[0] == kind and key[1] not in found]:
            del self.first_seen[key]
