"""The rows of the list, and the links of its heads and pages."""

from collections import defaultdict
from functools import cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from core.keyset_pagination import Page, page
from extensions import pbx
from extensions.models import Change, SipExtension, SipExtensionQuerySet

PAGE_SIZE = 25
SORTS = {"number": "position", "name": "sort_name", "email": "sort_email"}


ANY_NUMBER = "99999999"


@cache
def pattern(name: str) -> str:
    return reverse(f"extensions:{name}", args=[ANY_NUMBER])


def address(name: str, number: str) -> str:
    """reverse(), which a page of 25 rows would call 125 times, is asked once."""
    return pattern(name).replace(ANY_NUMBER, number)


class Row:
    """An extension as the list shows it."""

    def __init__(
        self, extension: SipExtension, organizations: list[str], waiting: set[str], line: pbx.Line | None
    ) -> None:
        user = extension.user
        self.number, self.enabled, self.caller_id = extension.number, extension.enabled, extension.caller_id
        self.name, self.email, self.role = user.full_name, user.email or "", str(user.role or gettext("None"))
        self.has_role = user.role is not None
        self.mobile = user.mobile_shown
        self.organizations = ", ".join(organizations)
        self.signs_in = bool(user.email) and user.is_active
        self.left_on, self.delete_on = extension.left_on, extension.delete_on
        self.rings = extension.handed_to.number if extension.handed_to else ""
        self.waiting = extension.number in waiting
        self.phones = line.phones if line else None
        self.offline = line.offline if line else None
        self.state = line.state.name.lower() if line else "unknown"
        self.state_words = str(line.state.words) if line else gettext("Unknown")
        self.url = address("detail", self.number)
        self.edit_url = address("edit", self.number)
        self.delete_url = address("delete", self.number)
        self.leave_url = address("leave", self.number)
        self.toggle_url = address("toggle", self.number)
        self.menu_words = gettext("Actions for %(number)s") % {"number": self.number}
        self.choose_words = gettext("Select %(number)s") % {"number": self.number}


def rows_of(found: list[SipExtension]) -> list[Row]:
    numbers = [each.number for each in found]
    try:
        lines = pbx.get().lines(numbers)
    except pbx.PbxError:
        lines = {}
    waiting = set(Change.objects.waiting().of(numbers).numbers())
    organizations = organizations_of(found)
    return [Row(each, organizations[each.user_id], waiting, lines.get(each.number)) for each in found]


def organizations_of(found: list[SipExtension]) -> dict[int, list[str]]:
    """User -> names. A third of the cost of prefetching them."""
    members = User.objects.filter(pk__in=[each.user_id for each in found], organizations__isnull=False)
    names = defaultdict(list)
    for user, name in members.order_by("organizations__name").values_list("pk", "organizations__name"):
        names[user].append(name)
    return names


def link(parameters: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


def sort_links(kept: dict[str, str], sort: str) -> dict[str, dict[str, str]]:
    links = {}
    for name in SORTS:
        now = "asc" if sort == name else "desc" if sort == f"-{name}" else ""
        links[name] = {"direction": now, "url": link({**kept, "sort": f"-{name}" if now == "asc" else name})}
    return links


def sorted_page(found: SipExtensionQuerySet, sort: str, cursor: str) -> Page[SipExtension]:
    return page(found, SORTS[sort.removeprefix("-")], descending=sort.startswith("-"), cursor=cursor, size=PAGE_SIZE)
