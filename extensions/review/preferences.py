"""Preferences that the PBX is to follow: what waits, what it would do, taking it back."""

from collections.abc import Callable, Collection
from copy import copy
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import localization
from core.access.permissions import VIEW_OF, Permission
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
# Whose pages have it, and who may therefore save, apply, discard and undo it.
MANAGED_BY = {Field.LINES: (Permission.MANAGE_TRUNKS, Permission.MANAGE_ROUTES)}
OF_PREFERENCES = [field for field in Field if field not in MANAGED_BY]
# Of what lies above, and is kept as versions: field -> what makes the wish that version again (it raises CannotPutBack,
# and gives the version that it then is), and what tells two versions apart.
RESTORE: dict[str, Callable[[str], str]] = {}
DETAILS: dict[str, Callable[[str, str], list["Detail"]]] = {}


@dataclass(frozen=True)
class Detail:
    """One thing that a change of a version changes.

    `noun`: what it is. `kind`: what becomes of it, as of an extension. `fields`: label, before and after.
    """

    name: str
    noun: str
    kind: str
    fields: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Waiting:
    """A change, and what its apply does."""

    change: SystemChange
    effect: str

    @property
    def details(self) -> list[Detail]:
        return details(self.change)


def details(change: SystemChange) -> list[Detail]:
    """What tells its two versions apart; none of what is no version, or is no longer stored."""
    found = DETAILS.get(change.field)
    return found(change.old, change.new) if found else []


def given(field: Field) -> str:
    """What the PBX has of it, or has been given: not what waits."""
    first = SystemChange.objects.waiting().filter(field=field).first()
    return first.old if first else str(Preferences.now(field))


def may_change(by: User, field: Field) -> bool:
    return any(map(by.can, MANAGED_BY.get(field, (Permission.MANAGE_PREFERENCES,))))


def may_see(by: User, field: Field) -> bool:
    managed_by = MANAGED_BY.get(field, ())
    return by.can(Permission.VIEW_PREFERENCES) or any(by.can(VIEW_OF[each]) for each in managed_by)


def changed_by(by: User) -> list[Field]:
    """Those that `by` may apply and discard."""
    return [field for field in Field if may_change(by, field)]


def waiting(by: User, *, lines: bool = False) -> list[Waiting]:
    """What waits of Preferences; or `lines`: of outside lines, which have pages of their own."""
    its = [field for field in Field if (field in MANAGED_BY) == lines and may_see(by, field)]
    found = SystemChange.objects.waiting().filter(field__in=its).select_related("by") if its else ()
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
    if field == Field.OUTBOUND_A_MINUTE:
        return _("Extensions follow it with their next outbound call. Calls are not interrupted.")
    if field == Field.LINES:
        return _("Trunks that change register again at their provider. Calls are not interrupted.")
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
        SystemChange.note(by, field, str(getattr(before, field)), str(getattr(after, field)))


def discard(by: User, fields: Collection[Field]) -> int:
    """Those that wait, back to what the PBX has. Gives how many. Raises CannotPutBack."""
    with transaction.atomic():
        found = list(SystemChange.objects.waiting().filter(field__in=fields))
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
        if field in RESTORE:
            value = RESTORE[field](text)
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
    if field in SystemChange.SHOWN:
        return SystemChange.SHOWN[field](str(value))
    return value
