"""What the list of extensions is narrowed down to: by an address to share, and by a choice of all that match."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import Http404, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import Organization, Role, User
from accounts.organization_tree import Department
from accounts.organizations.member_counts import Memberships
from core.preferences.models import Preferences
from core.validators import digits
from extensions import pbx
from extensions.listing import registrations
from extensions.listing.registrations import Registration
from extensions.listing.search import COUNTED, FEW, Found, counted, search
from extensions.models import PLACES_OF_A_ROLE, Change, SipExtensionQuerySet, first_of_role

MOST_TYPED = 100
NO_ROLE = "none"
YES, NO = "yes", "no"
MANY = 50_000  # people of whom a list is made


@dataclass(frozen=True)
class Chip:
    """A filter in words; `url`: the list without it."""

    label: str
    text: str
    url: str


@dataclass(frozen=True)
class Filters:
    """Each narrows the list further; "", False or None does not.

    `department`: its members; with `below` also those of what is in it, `departments` being all of them that the reader
    reaches. `has_email`, `has_password`: no other than "no" can be asked for. `to_renew`: their registration passwords
    came from elsewhere, are easy to guess, and were kept.
    """

    text: str = ""
    department: Department | None = None
    below: bool = False
    departments: frozenset[int] = frozenset()
    reaches_all: bool = False
    role: str = ""
    registration: Registration | None = None
    enabled: str = ""
    unapplied: bool = False
    has_email: str = ""
    has_password: str = ""
    to_renew: bool = False
    voicemail: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """Of the address."""
        every = {
            "q": self.text,
            "organization": str(self.department.pk) if self.department else "",
            "below": YES if self.department and self.below else "",
            "role": self.role,
            "registration": self.registration.value if self.registration else "",
            "enabled": self.enabled,
            "unapplied": YES if self.unapplied else "",
            "email": self.has_email,
            "password": self.has_password,
            "renew": YES if self.to_renew else "",
            "voicemail": self.voicemail,
        }
        return {name: value for name, value in every.items() if value}

    @property
    def chips(self) -> list[Chip]:
        """Each that narrows, in words."""
        words = {
            "organization": (_("Department"), self._department_words),
            "role": (_("Role"), self._role_words),
            "registration": (_("Phones"), str(self.registration.label) if self.registration else ""),
            "enabled": (_("Extension"), _("Enabled") if self.enabled == YES else _("Disabled")),
            "voicemail": (_("Voicemail"), _("On") if self.voicemail == YES else _("Off")),
            "unapplied": ("", _("Not applied")),
            "email": ("", _("No e-mail address")),
            "password": ("", _("No password chosen yet")),
            "renew": ("", _("Registration password to renew")),
            "q": (_("Search"), self.text),
        }
        kept = self.parameters
        return [Chip(label, text, self._without(name)) for name, (label, text) in words.items() if name in kept]

    def _without(self, name: str) -> str:
        gone = {name, "below"} if name == "organization" else {name}
        return "?" + urlencode({each: value for each, value in self.parameters.items() if each not in gone})

    @property
    def _department_words(self) -> str:
        if self.department and self.department.below and self.below:
            return _("%(name)s and sub-departments") % {"name": self.department.name}
        return self.department.name if self.department else ""

    @property
    def _role_words(self) -> str:
        if self.role == NO_ROLE:
            return _("None")
        return str(Role.objects.get(pk=self.role)) if self.role else ""

    @property
    def query(self) -> str:
        return urlencode(self.parameters)

    def __bool__(self) -> bool:
        return bool(self.parameters)

    def narrow(self, rows: SipExtensionQuerySet) -> SipExtensionQuerySet:
        """Those that match; none where the PBX cannot say which phones are registered."""
        return self.found_in(rows).rows

    def found_in(self, rows: SipExtensionQuerySet) -> Found:
        """Those that match, and how many; with `trouble` none where the PBX cannot say which phones are registered."""
        try:
            if self.department and self == self._of_department_alone:
                narrowed = self._of_department(rows)
                return counted(narrowed, COUNTED, of=rows.filter(user__in=self._members.values("user")).order_by())
            return search(self._by_columns(self._of_department(rows)), self.text, *self._orders)
        except pbx.PbxError as error:
            return Found(rows.none(), 0, trouble=str(error))

    def _by_columns(self, rows: SipExtensionQuerySet) -> SipExtensionQuerySet:
        if self.role:
            first = first_of_role(None if self.role == NO_ROLE else int(self.role))
            rows = rows.filter(sort_role__range=(first, first + PLACES_OF_A_ROLE - 1))
        if self.has_password:
            rows = rows.filter(has_password=False)
        if self.to_renew:
            rows = rows.filter(renew_password_by__isnull=False)
        if self.enabled:
            rows = rows.filter(enabled=self.enabled == YES)
        if self.voicemail:
            rows = rows.filter(voicemail=self.voicemail == YES)
        if self.has_email:
            rows = rows.filter(sort_email="")
        if self.unapplied:
            rows = self._unapplied(rows)
        return registrations.narrow(rows, self.registration) if self.registration else rows

    def _unapplied(self, rows: SipExtensionQuerySet) -> SipExtensionQuerySet:
        """Not so many are looked up; of more the order of the list is walked, where one is soon met."""
        waiting = Change.objects.waiting()
        if waiting.values("number")[: COUNTED + 1].count() <= COUNTED:
            return rows.filter(number__in=waiting.values("number"))
        return rows.filter(Exists(waiting.filter(number=OuterRef("number"))))

    @property
    def _orders(self) -> list[str]:
        """By whose index those that match are counted soonest; none where their numbers are known first."""
        if self.unapplied or self.registration in (Registration.GONE, Registration.FAILING):
            return []
        return ["sort_role"] if self.role else ["sort_email"] if self.has_email else ["position"]

    def _of_department(self, rows: SipExtensionQuerySet) -> SipExtensionQuerySet:
        """Few members are found first; of more the order of the list is walked, where one is soon met."""
        if not self.department or self.is_of_all:
            return rows
        members = self._members
        many = members[: MANY + 1].count()
        if many <= FEW:
            return rows.filter(user__in=members.values("user"))
        if many <= MANY:  # the sum keeps a database from looking up each of them
            return rows.alias(person=F("user_id") + 0).filter(person__in=members.values("user"))
        return rows.filter(Exists(members.filter(user=OuterRef("user"))))

    @property
    def _members(self) -> QuerySet[Any]:
        return Memberships.objects.filter(organization__in=self.departments)

    @property
    def _of_department_alone(self) -> Filters:
        found = (self.department, self.below, self.departments, self.reaches_all)
        return Filters("", *found)

    @property
    def is_of_all(self) -> bool:
        """Whether it is the company with all in it: nobody is outside."""
        return self.department is not None and self.below and self.department.above is None and self.reaches_all


def typed(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:MOST_TYPED]


def asked_for(user: User, data: QueryDict) -> Filters:
    """Raises Http404 for a department or a role that is not there; a department out of reach is not."""
    registration = data.get("registration", "")
    filters = Filters(
        text=typed(data.get("q", "")),
        role=_role(data.get("role", "")),
        registration=Registration(registration) if registration in set(Registration) else None,
        enabled=_one_of(data.get("enabled", ""), YES, NO),
        unapplied=data.get("unapplied") == YES,
        has_email=_one_of(data.get("email", ""), NO),
        has_password=_one_of(data.get("password", ""), NO),
        to_renew=data.get("renew") == YES,
        voicemail=_one_of(data.get("voicemail", ""), YES, NO),
    )
    return _with_department(filters, user, data)


def _one_of(text: str, *values: str) -> str:
    return text if text in values else ""


def _role(text: str) -> str:
    if text and text != NO_ROLE and not Role.objects.filter(pk=digits(text) or 0).exists():
        raise Http404("No such role.")
    return text


def _with_department(filters: Filters, user: User, data: QueryDict) -> Filters:
    text = data.get("organization", "")
    if not text or not Preferences.current().organization_management:
        return filters
    found = Organization.tree().get(digits(text) or 0)
    if found is None or not (user.reaches_everybody or found.pk in user.reached_organizations):
        raise Http404("No such department.")
    below = data.get("below") == YES
    pks = frozenset(each.pk for each in found.with_all_below()) if below else frozenset({found.pk})
    pks = pks if user.reaches_everybody else pks & user.reached_organizations
    return replace(filters, department=found, below=below, departments=pks, reaches_all=user.reaches_everybody)
