"""Numbers of people who have left that ring a colleague's phones: which those are, and the end of it."""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext

from accounts.models import User
from extensions.changes import record as changes
from extensions.models import Change, SipExtension


def end(of: SipExtension, by: User | None) -> list[str]:
    """Inside the transaction in which `of` goes. Gives the numbers that ring nobody now."""
    numbers = list(SipExtension.objects.filter(handed_to=of).order_by("pk").values_list("number", flat=True))
    for number in numbers:
        with changes.edit(number, by) as extension:
            extension.handed_to = None
    return sorted(numbers, key=int)


def seen(of: SipExtension, by: User) -> list[str]:
    """The numbers that ring its phones, of those that `by` sees."""
    return list(SipExtension.objects.visible_to(by).filter(handed_to=of).values_list("number", flat=True))


def words(of: SipExtension, by: User) -> str:
    """What is lost when `of` goes; of numbers that `by` does not see, only how many."""
    numbers = list(SipExtension.objects.filter(handed_to=of).values_list("number", flat=True))
    if not numbers:
        return ""
    named = seen(of, by)
    others = len(numbers) - len(named)
    if others:
        named = [*named, gettext("%(count)s more that you cannot see") % {"count": others}]
    words = ngettext(
        "Call redirection from %(count)s number (%(numbers)s). Its calls no longer ring anyone",
        "Call redirection from %(count)s numbers (%(numbers)s). Their calls no longer ring anyone",
        len(numbers),
    )
    return words % {"count": len(numbers), "numbers": ", ".join(named)}


def without_others(numbers: Iterable[str], by: User | None) -> list[str]:
    """Those of which nobody else's change waits: an apply takes none along unseen."""
    wanted = list(numbers)
    others = set(Change.objects.waiting().of(wanted).exclude(by=by).numbers())
    return [number for number in wanted if number not in others]
