"""The rows of the list, and the links of its heads and pages."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from core.keyset_pagination import LAST, page
from core.validators import digits
from extensions import pbx
from extensions.listing import registrations
from extensions.listing.columns import SORTS, Column, Layout
from extensions.listing.filters import Filters
from extensions.listing.search import Found
from extensions.models import Change, SipExtension, SipExtensionQuerySet

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
        self,
        extension: SipExtension,
        organizations: list[str],
        waiting: set[str],
        line: pbx.Line | None,
        *,
        fails: bool,
    ) -> None:
        user = extension.user
        self.user_id = extension.user_id
        self.number, self.enabled, self.voicemail = extension.number, extension.enabled, extension.voicemail
        self.caller_id, self.job_title = extension.caller_id, user.job_title
        self.fails = fails and extension.enabled
        self.name, self.email, self.role = user.full_name, user.email or "", str(user.role or gettext("None"))
        self.has_role = user.role is not None
        self.mobile = user.mobile_shown
        self.has_other_caller_id = extension.caller_id not in (self.name, self.number)
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
        self.leave_url = address("leave", self.number)
        self.menu = ""  # see menus.py
        self.choose_words = gettext("Select %(number)s") % {"number": self.number}

    def __getitem__(self, name: str) -> object:
        """What a template tries first; a page of 25 rows would go wrong with it 800 times."""
        return vars(self)[name]


def rows_of(found: list[SipExtension]) -> list[Row]:
    numbers = [each.number for each in found]
    try:
        lines = pbx.get().lines(numbers)
        failing = registrations.failing(found)
    except pbx.PbxError:
        lines, failing = {}, set()
    waiting = set(Change.objects.waiting().of(numbers).numbers())
    organizations = organizations_of(found)
    return [
        Row(
            each,
            organizations[each.user_id],
            waiting,
            lines.get(each.number),
            fails=each.position in failing,
        )
        for each in found
    ]


def organizations_of(found: list[SipExtension]) -> dict[int, list[str]]:
    """User -> names. A third of the cost of prefetching them."""
    members = User.objects.filter(pk__in=[each.user_id for each in found], organizations__isnull=False)
    names = defaultdict(list)
    for user, name in members.order_by("organizations__name").values_list("pk", "organizations__name"):
        names[user].append(name)
    return names


def link(parameters: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


@dataclass(frozen=True)
class Shown:
    """A page of the list. `first`: the place of its first row, from 1 on; None where nobody can tell."""

    rows: list[SipExtension]
    first: int | None
    first_url: str
    previous_url: str
    next_url: str
    last_url: str

    @property
    def last(self) -> int | None:
        return self.first + len(self.rows) - 1 if self.first else None

    def is_part_of(self, found: Found) -> bool:
        """Whether others match that are not on this page."""
        return found.more or found.total > len(self.rows)


@dataclass(frozen=True)
class Order:
    """`name`: of the column, with "-" where it falls."""

    name: str

    @property
    def column(self) -> str:
        return self.name.removeprefix("-")

    @property
    def is_falling(self) -> bool:
        return self.name.startswith("-")

    def link_of(self, column: str, kept: dict[str, str]) -> str:
        again = self.column == column and not self.is_falling
        return link({**kept, "sort": f"-{column}" if again else column})

    def direction_of(self, column: str) -> str:
        if self.column != column:
            return ""
        return "desc" if self.is_falling else "asc"


def order(text: str) -> Order:
    return Order(text if text.removeprefix("-") in SORTS else "number")


@dataclass(frozen=True)
class Head:
    column: Column
    url: str
    direction: str


def heads(layout: Layout, by: Order, kept: dict[str, str]) -> list[Head]:
    return [
        Head(each, by.link_of(each.name, kept) if each.sort else "", by.direction_of(each.name))
        for each in layout.columns
    ]


def page_of(
    found: Found, whole: SipExtensionQuerySet, by: Order, filters: Filters, data: QueryDict, size: int
) -> Shown:
    """`whole`: all that the person may see, of which `found` is a part."""
    key = "sort_role" if filters.role and by.column == "number" else SORTS[by.column]  # the order of numbers, too
    cursor = data.get("page", "")
    shown = page(found.rows, key, descending=by.is_falling, cursor=cursor, size=size, whole=whole)
    kept = {**filters.parameters, "sort": by.name}
    first: int | None = 1
    if cursor == LAST:
        first = None if found.more else max(1, found.total - len(shown.rows) + 1)
    elif shown.previous:
        first = digits(data.get("at", ""), 2**31)
    before, after = (max(1, first - size), first + len(shown.rows)) if first else ("", "")
    return Shown(
        shown.rows,
        first,
        link(kept) if shown.previous else "",
        link({**kept, "page": shown.previous, "at": str(before)}) if shown.previous else "",
        link({**kept, "page": shown.next, "at": str(after)}) if shown.next else "",
        link({**kept, "page": LAST}) if shown.next else "",
    )
