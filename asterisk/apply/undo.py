"""Each apply is a restore point: what it changed can be wished back, and applied like any other wish."""

from datetime import datetime

from django.db.models import Max, Min
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from asterisk.models import ApplyRun
from core import localization
from core.audit import log
from core.coded_text import CodedText
from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack, Record
from extensions.models import Change
from extensions.review import preferences as preference_changes
from extensions.review import review


def former_wishes(changes: list[Change]) -> dict[str, Record | None]:
    """number -> the wish before the first of these changes."""
    formers: dict[str, Record | None] = {}
    for change in sorted(changes, key=lambda change: change.pk):
        formers.setdefault(change.number, change.former)
    return formers


def undo(run: ApplyRun, by: User | None) -> list[str]:
    """Wish back what this apply changed. Gives the numbers that now wait. Raises CannotPutBack."""
    with log.together():
        _wish_back(list(run.system_changes.all()), by)
        numbers = review.restore(former_wishes(list(run.changes.all())), by)
        if numbers:
            log.record(by, "apply.undone", CodedText("apply.one", run=str(run.pk)), run=run.pk, numbers=numbers[:100])
    return numbers


def _wish_back(changes: list[SystemChange], by: User | None) -> None:
    """Each preference as it was before the first of these changes of it."""
    _refuse_what_is_anothers({preference_changes.Field(each.field) for each in changes}, by)
    formers: dict[str, str] = {}
    for change in sorted(changes, key=lambda change: change.pk):
        formers.setdefault(change.field, change.old)
    for field, value in formers.items():
        preference_changes.choose(by, preference_changes.Field(field), value)


def _refuse_what_is_anothers(fields: set[preference_changes.Field], by: User | None) -> None:
    kept = {field for field in fields if by and not preference_changes.may_change(by, field)}
    if kept - preference_changes.MANAGED_BY.keys():
        raise CannotPutBack(_("This apply also changed Preferences. Someone who can change Preferences must undo it."))
    if kept:
        raise CannotPutBack(_("This apply also changed outside lines. Someone who can change them must undo it."))


def back_to(moment: datetime, by: User | None) -> list[str]:
    """Wish back all that was applied after the moment. Gives the numbers that now wait. Raises CannotPutBack.

    From the first run that ended later on: the clock may have been set back since, the order of the runs was not.
    """
    _refuse_before_the_kept(moment)
    applied = Change.objects.exclude(applied_at=None).annotate(run=Max("runs"))
    first = applied.filter(applied_at__gt=moment).aggregate(first=Min("run"))["first"]
    with log.together():
        _wish_back(list(SystemChange.objects.filter(applied_at__gt=moment)), by)
        numbers = review.restore(former_wishes(list(applied.filter(run__gte=first))), by) if first else []
        if numbers:
            when = localtime(moment).strftime("%Y-%m-%d %H:%M:%S")
            log.record(by, "apply.went_back", when, numbers=numbers[:100])
    return numbers


def _refuse_before_the_kept(moment: datetime) -> None:
    first = ApplyRun.objects.order_by("pk")[:1].first()
    if first and moment < first.started_at and ApplyRun.objects.count() >= Preferences.load().restore_points:
        words = _("Apply History starts at %(when)s. Choose a later time.")
        raise CannotPutBack(words % {"when": localization.exact(first.started_at)})
