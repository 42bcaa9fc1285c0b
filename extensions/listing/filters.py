"""The list of one department's people. Few members are fetched; of many the order of the list is walked."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.http import Http404

from accounts.models import Organization
from accounts.organization_tree import Department
from accounts.organizations.member_counts import Memberships
from accounts.requests import SignedInRequest
from core.preferences.models import Preferences
from core.validators import digits
from extensions.listing.search import FEW, Found, search
from extensions.models import SipExtensionQuerySet


@dataclass(frozen=True)
class Filter:
    """Members of the department; and with `below` of those in it, as far as the role reaches."""

    department: Department
    below: bool
    pks: frozenset[int]

    @property
    def parameters(self) -> dict[str, str]:
        return {"organization": str(self.department.pk), "below": "yes" if self.below else ""}


def asked_for(request: SignedInRequest) -> Filter | None:
    """None where no department is asked for, or there are none to ask for. One out of reach does not exist."""
    text, user = request.GET.get("organization", ""), request.user
    if not text or not Preferences.current().organization_management:
        return None
    found = Organization.tree().get(digits(text) or 0)
    if found is None or not (user.reaches_everybody or found.pk in user.reached_organizations):
        raise Http404("No such department.")
    below = request.GET.get("below") == "yes"
    pks = frozenset(each.pk for each in found.with_all_below()) if below else frozenset({found.pk})
    return Filter(found, below, pks if user.reaches_everybody else pks & user.reached_organizations)


def search_in(rows: SipExtensionQuerySet, asked: Filter | None, text: str) -> Found:
    if asked is None:
        return search(rows, text)
    memberships = Memberships.objects.filter(organization__in=asked.pks)
    users = list(memberships.values_list("user", flat=True).distinct()[: FEW + 1])
    if len(users) <= FEW:
        return search(rows.filter(user__in=users), text)
    many = rows.filter(Exists(memberships.filter(user=OuterRef("user"))))
    if text:
        return search(many, text)
    total = many.order_by("position").values("position")[: FEW + 1].count()
    return Found(many, min(total, FEW), total > FEW)
