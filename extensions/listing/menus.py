"""The menus of the list's rows."""

from collections.abc import Collection, Iterable
from functools import cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.models import User
from extensions.listing.rows import ANY_NUMBER, Row


def put_menus(rows: Iterable[Row], managed: Collection[str], user: User) -> None:
    """`managed`: the numbers that the person may change."""
    language, may_copy = get_language(), user.adds_extensions
    for row in rows:
        is_own = row.user_id == user.pk
        has_left, toggles = bool(row.left_on), ""
        if row.enabled:
            toggles = "" if is_own else "no"
        elif not has_left:
            toggles = "yes"
        pattern = _menu(language, row.number in managed, may_copy, toggles, has_left, not is_own)
        row.menu = mark_safe(pattern.replace(ANY_NUMBER, row.number))  # noqa: S308 (a number has digits alone)


@cache
def _menu(
    _language: str | None, may_edit: bool, may_copy: bool, toggles: str, has_left: bool, may_end: bool
) -> SafeString:
    """Of one kind of rows, which are few; a page of 200 rows would write as many."""
    its = {"number": ANY_NUMBER, "may_edit": may_edit, "may_copy": may_copy, "toggles": toggles, "has_left": has_left}
    return render_to_string("extensions/listing/_menu.html", its | {"may_end": may_end})
