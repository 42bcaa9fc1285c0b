"""What somebody chose in the list: single numbers, or all that match its filters. Any page that acts on many reads it.

All that match are sent as the filters, and not as rows; with them how many the page had said that they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.requests import SignedInRequest
from core import localization
from core.validators import digits
from extensions.access import managed
from extensions.listing.filters import Filters, asked_for
from extensions.models import SipExtensionQuerySet
from extensions.validators import is_extension_number


@dataclass(frozen=True)
class Selection:
    """`rows`: of those whom the person may manage. `filters`: None where `numbers` were chosen one by one.

    `seen`: how many there were when they were chosen; None where nobody was told. `trouble`: why none can be found now.
    """

    rows: SipExtensionQuerySet
    filters: Filters | None
    numbers: tuple[str, ...] = ()
    seen: int | None = None
    trouble: str = ""

    @property
    def is_all(self) -> bool:
        return self.filters is not None

    @cached_property
    def count(self) -> int:
        return self.rows.count()

    @property
    def has_changed(self) -> bool:
        return self.seen is not None and self.seen != self.count

    @property
    def change(self) -> str:
        """What has changed since they were chosen, in words: a page then asks again, and does nothing. "": nothing."""
        if self.trouble or not self.has_changed:
            return self.trouble
        now = ngettext("%(count)s extension", "%(count)s extensions", self.count)
        known = {"now": now % {"count": localization.count(self.count)}, "before": localization.count(self.seen or 0)}
        return _("Your selection now has %(now)s. It had %(before)s when you made it.") % known

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Hidden fields of a form, or parameters of an address, that choose the same again, as many as now."""
        if self.filters is None:
            return [("n", number) for number in self.rows.order_by("position").values_list("number", flat=True)]
        return [("all", "yes"), ("filter", self.filters.query), ("count", str(self.count))]

    @property
    def query(self) -> str:
        return urlencode(self.fields)


def chosen(request: SignedInRequest) -> Selection:
    """Of the fields of a POST, or else of the address. Raises Http404 as asked_for() does."""
    data = request.POST if request.method == "POST" else request.GET
    if data.get("all") == "yes":
        filters = asked_for(request.user, QueryDict(data.get("filter", "")))
        found = filters.found_in(managed(request))
        return Selection(found.rows, filters, seen=digits(data.get("count", "")), trouble=found.trouble)
    numbers = tuple(dict.fromkeys(each for each in data.getlist("n") if is_extension_number(each)))
    return Selection(managed(request).filter(number__in=numbers), None, numbers, len(numbers))
