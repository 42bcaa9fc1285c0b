"""Which numbers have a phone registered, which have none, and which have one that tries and fails."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import connections
from django.db.models import TextChoices
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from extensions import pbx
from extensions.models import SipExtension, SipExtensionQuerySet
from extensions.pbx import Attempt, Cause, Phone

LATELY = timedelta(days=1)  # a phone that still tries does so at least every hour


FEW = 1000  # of more phones what was noted a moment ago is good enough
AT_ONCE = 500


class Registration(TextChoices):
    REGISTERED = "registered", _("Registered")
    OFFLINE = "offline", _("Offline")
    GONE = "gone", _("Went offline today")
    FAILING = "failing", _("Failing to register")


def narrow(rows: SipExtensionQuerySet, registration: Registration) -> SipExtensionQuerySet:
    """Disabled ones have no phone, and are not offline. Raises PbxError."""
    if registration is Registration.FAILING:
        return rows.filter(enabled=True, position__in=_any_of(rows, failing()))
    if registration is Registration.GONE:
        return rows.filter(enabled=True, position__in=_any_of(rows, map(int, pbx.get().gone_since(today()))))
    numbers = pbx.get().registered(FEW)
    wanted = registration is Registration.REGISTERED
    rows = rows if wanted else rows.filter(enabled=True)
    if len(numbers) > FEW:
        return rows.filter(has_phone=wanted)
    registered = _any_of(rows, map(int, numbers))
    return rows.filter(position__in=registered) if wanted else rows.exclude(position__in=registered)


def today() -> datetime:
    """When it began."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def noted() -> set[int]:
    """The positions of numbers that had a phone when it was noted last."""
    return set(SipExtension.objects.order_by().filter(has_phone=True).values_list("position", flat=True))


def note(registered: set[int], before: set[int]) -> None:
    """Which positions have a phone now, and which had one as the database knows it."""
    for changed, has_phone in ((registered - before, True), (before - registered, False)):
        positions = sorted(changed)
        for at in range(0, len(positions), AT_ONCE):
            SipExtension.objects.filter(position__in=positions[at : at + AT_ONCE]).update(has_phone=has_phone)


def _any_of(rows: SipExtensionQuerySet, positions: Iterable[int]) -> RawSQL:
    """As one parameter: a list of a hundred thousand is more than a statement may have."""
    if connections[rows.db].vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(positions))])
    return RawSQL("SELECT unnest(%s::bigint[])", [list(positions)])


def failing(among: Collection[SipExtension] | None = None) -> set[int]:
    """The positions of numbers for which a phone tried to register lately, from where none has registered since.

    `among`: of these alone. Raises PbxError.
    """
    numbers = None if among is None else _numbers_among(among)
    attempts = pbx.get().failed_since(timezone.now() - LATELY, numbers)
    numbers = numbers or _numbers_of({each.account for each in attempts})
    attempts = [each for each in attempts if each.cause != Cause.SOUND and each.account in numbers]
    lines = pbx.get().lines({number for each in attempts for number in numbers[each.account]})
    return {
        int(number)
        for each in attempts
        for number in numbers[each.account]
        if not is_solved(each, lines[number].phones)
    }


def is_solved(attempt: Attempt, phones: Collection[Phone]) -> bool:
    """Whether a phone there has registered since. Of a call, a registration says nothing."""
    registers = any(phone.host == attempt.host and phone.since >= attempt.last_at for phone in phones)
    return registers and attempt.cause != Cause.SOUND


def _numbers_among(extensions: Collection[SipExtension]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for each in extensions:
        found[each.number].append(each.number)
        found[each.registration_name].append(each.number)
    return found


def _numbers_of(accounts: Collection[str]) -> dict[str, list[str]]:
    """Phones name themselves by the number, or by the registration name in its place."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in ("number", "registration_name"):
        for account, number in SipExtension.objects.filter(**{f"{name}__in": accounts}).values_list(name, "number"):
            found[account].append(number)
    return found
