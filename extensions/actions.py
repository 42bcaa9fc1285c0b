"""What is done to an extension as a whole, by pages and commands alike: each records itself, and none applies."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from django.utils.timezone import localdate
from django.utils.translation import gettext, gettext_lazy

from accounts.models import NoSuperAdministrator, User
from accounts.sessions import active as active_sessions
from core.audit import log
from extensions import handover
from extensions.calls.voicemail import messages as voicemail
from extensions.changes import record as changes
from extensions.fields import MessagesThen
from extensions.models import Change, SipExtension

OWN = {
    "delete": gettext_lazy("This is your own extension. Another administrator must delete it."),
    "disable": gettext_lazy("This is your own extension. Another administrator must disable it."),
    "leave": gettext_lazy("This is your own extension. Another administrator must offboard you."),
    "undo": gettext_lazy("This would remove your own extension. Another administrator must do it."),
}


# Of what lies above: says in words what needs an extension, which is therefore not deleted; "" where nothing does.
USES: list[Callable[[SipExtension], str]] = []
# Of what lies above: the numbers of all extensions that something may need. What needs each, USES says.
USED: list[Callable[[], set[str]]] = []
# Where that is changed: names with pages, for who looks.
USERS: list[Callable[[User, SipExtension], list[tuple[str, str]]]] = []


class ActionRefusedError(Exception):
    """Something stands in the way of an action: what, and what to do, in the reader's language."""


def refusal(action: str, extension: SipExtension, by: User | None) -> str:
    """Why `by` may not do that to the extension; "" where nothing is in the way. `action`: a key of OWN."""
    user = extension.user
    if user == by:
        return str(OWN[action])
    if action != "disable" and user.is_last_super_administrator():
        return last_super_administrator(user)
    return in_use(extension) if action in ("delete", "undo") else ""


def refusals(action: str, extensions: Iterable[SipExtension], by: User) -> dict[str, str]:
    """As refusal() of each that may not be done: number -> why."""
    used = {number for numbers in USED for number in numbers()}
    every = {
        each.number: refusal(action, each, by)
        for each in extensions
        if each.number in used or each.user == by or each.user.is_super_administrator
    }
    return {number: why for number, why in every.items() if why}


def in_use(extension: SipExtension) -> str:
    """What needs the extension, and what to do, in words; "" where nothing does."""
    return next(filter(None, (use(extension) for use in USES)), "")


def last_super_administrator(user: User) -> str:
    return gettext("%(name)s is the last Super Administrator. Give someone else this role first.") % {"name": user}


def lost_by_deleting(extension: SipExtension, by: User) -> list[str]:
    """What goes with the extension, in words."""
    user = extension.user
    more = [words for words in (handover.words(extension, by), voicemail.lost_words(extension)) if words]
    known = {"number": extension.number, "name": user.full_name, "email": user.email}
    sign_in = [gettext("The sign-in account of %(name)s (%(email)s)") % known] if user.email else []
    return [
        gettext("Number %(number)s and its registration. Phones that use it stop working") % known,
        *sign_in,
        *more,
        gettext("%(name)s in every list. Past values remain only in Apply History") % known,
    ]


def gone() -> str:
    return gettext("Someone else has deleted this extension.")


class UnseenError(Exception):
    """Somebody else saved a change of it after it was looked at."""


@contextmanager
def _editing(number: str, by: User | None, action: str = "changed") -> Iterator[SipExtension]:
    """As changes.edit, with what may have become otherwise since a page was made said as an ActionRefusedError."""
    try:
        with changes.edit(number, by, action) as extension:
            yield extension
    except SipExtension.DoesNotExist:
        raise ActionRefusedError(gone()) from None
    except NoSuperAdministrator:
        raise ActionRefusedError(last_super_administrator(extension.user)) from None


def enable(number: str, by: User | None) -> None:
    """Raises ActionRefusedError, also where the person has left."""
    with _editing(number, by) as extension:
        if extension.left_on:
            words = gettext("%(name)s is offboarded. Restore this person, or delete the extension.")
            raise ActionRefusedError(words % {"name": extension.user})
        extension.enabled = True


def disable(number: str, by: User | None) -> None:
    """Raises ActionRefusedError."""
    with _editing(number, by) as extension:
        extension.enabled = False


def delete(number: str, by: User | None, seen: int | None = None) -> list[str]:
    """Delete the extension and its person. Gives the numbers whose calls had rung it, and ring nobody now.

    `seen`: its version when somebody looked at what goes. Raises ActionRefusedError, and UnseenError where that is
    another one now.
    """
    with log.together():
        extension = changes.locked([number]).get(number)
        if extension is None:
            raise ActionRefusedError(gone())
        if seen not in (None, extension.version):
            raise UnseenError
        if why := in_use(extension):
            raise ActionRefusedError(why)
        before = changes.picture_of_deleted(extension)
        lost = handover.end(extension, by)
        try:
            extension.user.delete()
        except NoSuperAdministrator:
            raise ActionRefusedError(last_super_administrator(extension.user)) from None
        changes.record(by, Change.Kind.DELETED, number, before, changes.NOTHING)
    return lost


def block_sign_in(number: str, by: User | None) -> None:
    """Of its person, everywhere and at once. Raises ActionRefusedError."""
    with _editing(number, by) as extension:
        extension.user.is_active = False
    active_sessions.end(extension.user)


def allow_sign_in(number: str, by: User | None) -> None:
    """Sessions of before do not come to life again. Raises ActionRefusedError, also where the person has left."""
    with _editing(number, by) as extension:
        if extension.left_on:
            words = gettext("%(name)s is offboarded. Restore this person first.")
            raise ActionRefusedError(words % {"name": extension.user})
        active_sessions.end(extension.user)
        extension.user.is_active = True


def leave(
    number: str, by: User, to: str | None, until: date | None, messages: MessagesThen = MessagesThen.KEEP
) -> list[str]:
    """End phones and sign-in of somebody who leaves; calls ring the number `to`, and the extension goes on that day.

    Also changes what was said of it before. Gives the numbers that had rung this one's phones, and ring nobody now.
    Raises ActionRefusedError.
    """
    with log.together():
        extension, colleague = _held(number, by, to)
        first = extension.left_on is None
        lost = handover.end(extension, by) if first else []
        with _editing(number, by, "left" if first else "changed") as extension:
            extension.left_on = extension.left_on or localdate()
            extension.enabled, extension.handed_to, extension.delete_on = False, colleague, until
            extension.messages_then = messages
            extension.user.is_active = extension.user.is_active and not first
    active_sessions.end(extension.user)
    return lost


def _held(number: str, by: User, to: str | None) -> tuple[SipExtension, SipExtension | None]:
    """The two as they are now, and stay until the transaction ends."""
    found = changes.locked([number, *([to] if to else [])])
    if number not in found:
        raise ActionRefusedError(gone())
    if why := refusal("leave", found[number], by):
        raise ActionRefusedError(why)
    colleague = found.get(to) if to else None
    if to and (colleague is None or colleague.left_on or not colleague.enabled):
        words = gettext("Choose someone else. %(number)s has been disabled or deleted.")
        raise ActionRefusedError(words % {"number": to})
    return found[number], colleague


def come_back(number: str, by: User) -> bool:
    """Enabled, signing in again, the number's calls one's own. False where the person had not left (any more)."""
    with log.together():
        extension = changes.locked([number]).get(number)
        if extension is None or extension.left_on is None:
            return False
        active_sessions.end(extension.user)
        with changes.edit(number, by, "came_back") as extension:
            extension.enabled, extension.left_on, extension.delete_on, extension.handed_to = True, None, None, None
            extension.messages_then = MessagesThen.KEEP
            extension.user.is_active = True
    return True


def delete_due(today: date) -> list[str]:
    """Delete those whose time is over, and that nothing needs.

    Gives the numbers to apply, also of those deleted so that still wait.
    """
    numbers: list[str] = []
    for number in list(SipExtension.objects.to_be_deleted(today).values_list("number", flat=True)):
        with log.together():
            one = changes.locked([number]).get(number)
            is_due = one and one.left_on and one.delete_on and one.delete_on <= today
            if one and is_due and not refusal("delete", one, None):
                numbers += [number, *delete(number, None)]
    deleted = Change.objects.waiting().filter(by=None, kind=Change.Kind.DELETED).numbers()
    again = set(SipExtension.objects.filter(number__in=deleted).values_list("number", flat=True))
    return sorted({*deleted} - again | {*handover.without_others(numbers, None)}, key=int)
