"""Preferences that the PBX is to follow: what waits, what it would do, taking it back."""

from copy import copy
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import localization
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from core.preferences.models import HoldMusic, Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.listing import display_names
from extensions.models import Change, SipExtension

Field = SystemChange.Field
# What the PBX has to be restarted for.
LISTENING = (
    Field.NETWORK_ADDRESSES,
    Field.NETWORK_SIP_PORT,
    Field.NETWORK_TLS_PORT,
    Field.NETWORK_RTP_FIRST,
    Field.NETWORK_RTP_LAST,
)


@dataclass(frozen=True)
class Waiting:
    """A change, and what its apply does."""

    change: SystemChange
    effect: str


def given(field: Field) -> str:
    """What the PBX has of it, or has been given: not what waits."""
    first = SystemChange.objects.waiting().filter(field=field).first()
    return first.old if first else str(Preferences.now(field))


def waiting(by: User) -> list[Waiting]:
    if not by.can(Permission.VIEW_PREFERENCES):
        return []
    found = SystemChange.objects.waiting().select_related("by")
    return [Waiting(each, effect(Field(each.field))) for each in found]


def saved_text(by: User) -> str:
    """What is said once some were saved."""
    return _("Preferences saved. Apply to update the PBX.") if waiting(by) else _("Preferences saved.")


def effect(field: Field) -> str:
    if field == Field.COUNTRY:
        return _("The PBX reloads its tones. Calls are not interrupted.")
    if field == Field.HOLD_MUSIC:
        return _("The PBX reloads its music. Anyone put on hold after that hears it. Calls are not interrupted.")
    if field in (Field.VOICEMAIL_MINUTES, Field.VOICEMAIL_MESSAGES):
        return _("New voicemail messages follow it. Calls are not interrupted, and no message is deleted.")
    if field in LISTENING:
        return _("The PBX restarts. Calls end. Phones that use another address or port must be set up again.")
    if field in SystemChange.OF_THE_NETWORK:
        return _("The PBX reloads its network settings. Calls are not interrupted.")
    new = Change.objects.waiting().filter(kind=Change.Kind.ADDED)
    named = SipExtension.objects.enabled().exclude(user__first_name="").exclude(user__last_name="")
    count = named.exclude(number__in=new.values("number")).count()
    if not count:
        return _("No caller names change. Calls are not interrupted.")
    words = ngettext(
        "The caller name of %(count)s extension changes. Calls are not interrupted.",
        "The caller names of %(count)s extensions change. Calls are not interrupted.",
        count,
    )
    return words % {"count": localization.count(count)}


def follow(by: User | None, before: Preferences, after: Preferences) -> None:
    """Inside the transaction of a save: the list follows at once, the PBX with the next apply."""
    if before.name_format != after.name_format:
        display_names.rewrite(after.names)
    for field in Field:
        _note(by, field, str(getattr(before, field)), str(getattr(after, field)))


def _note(by: User | None, field: Field, old: str, new: str) -> None:
    there = SystemChange.objects.waiting().filter(field=field).first()
    if old == new:
        return
    if there is None:
        SystemChange.objects.create(by=by, field=field, old=old, new=new)
    elif there.old == new:
        there.delete()
    else:
        there.by, there.new, there.at = by, new, timezone.now()
        there.save(update_fields=["by", "new", "at"])


def discard(by: User) -> int:
    """Every waiting one, back to what the PBX has. Gives how many."""
    with transaction.atomic():
        found = list(SystemChange.objects.waiting())
        for change in found:
            choose(by, Field(change.field), change.old)
    return len(found)


def choose(by: User | None, field: Field, text: str) -> bool:
    """Save a value, as a change keeps it. Whether it is another than now. Raises CannotPutBack."""
    if field == Field.HOLD_MUSIC and text and not HoldMusic.objects.filter(pk=text).exists():
        raise CannotPutBack(_("That music on hold is no longer stored. Upload it again."))
    with transaction.atomic():
        preferences = Preferences.objects.select_for_update().get(pk=1)
        before = copy(preferences)
        value = type(getattr(before, field))(text)
        if getattr(before, field) == value:
            return False
        setattr(preferences, field, value)
        preferences.version += 1
        preferences.save(update_fields=[field.value, "version"])
        fields = {field.value: [_recorded(field, getattr(before, field)), _recorded(field, value)]}
        log.record(by, "preferences.changed", CodedText("module.preferences"), fields=fields)
        follow(by, before, preferences)
    return True


def _recorded(field: Field, value: object) -> object:
    if field == Field.HOLD_MUSIC:
        return HoldMusic.name_of(str(value)) if value else CodedText("hold_music.built_in")
    return value
