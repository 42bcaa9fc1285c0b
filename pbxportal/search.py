"""What the search in the header finds: people, numbers, departments, roles, lines, settings, and pages of the menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise, StrPromise

from accounts.models import Organization, Role, User
from core import folding
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions.access import without_extension
from extensions.listing.search import first_of
from extensions.models import SipExtension
from pbxportal.pbx_settings.alert_forms import AlertForm
from pbxportal.pbx_settings.attack_forms import AttackForm
from pbxportal.pbx_settings.forms import PreferencesForm, SettingsForm
from pbxportal.pbx_settings.hold_music_forms import HoldMusicForm
from pbxportal.pbx_settings.https_forms import HttpsForm
from pbxportal.pbx_settings.mail_forms import MailForm
from pbxportal.pbx_settings.network_forms import NetworkForm
from pbxportal.pbx_settings.page import TABS
from pbxportal.pbx_settings.voicemail_forms import VoicemailForm
from trunks.models import Announcement, InboundRoute, OutboundRoute, RingGroup, Trunk

MOST = 6  # of each kind
MOST_TYPED = 100
MANY = 10_000
FORMS: dict[str, type[SettingsForm] | type[HoldMusicForm]] = {
    "preferences": PreferencesForm,
    "voicemail": VoicemailForm,
    "hold_music": HoldMusicForm,
    "network": NetworkForm,
    "https": HttpsForm,
    "mail": MailForm,
    "attacks": AttackForm,
    "alerts": AlertForm,
}


@dataclass(frozen=True)
class Hit:
    """`note`: what tells it from others of its name."""

    words: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    label: str
    hits: list[Hit]


@dataclass(frozen=True)
class MenuPage:
    """`permission`: None for what each person has."""

    label: StrPromise
    url_name: str
    permission: Permission | None


MENU = (
    MenuPage(gettext_lazy("Dashboard"), "dashboard", None),
    MenuPage(gettext_lazy("Extension"), "extensions:list", Permission.VIEW_EXTENSIONS),
    MenuPage(gettext_lazy("People without an extension"), "extensions:people", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Bulk Add"), "extensions:bulk_add", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Import extensions"), "extensions:import_new", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Export extensions"), "extensions:export", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Send welcome e-mail"), "extensions:welcome", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Bulk actions"), "extensions:bulk_actions", Permission.MANAGE_EXTENSIONS),
    MenuPage(gettext_lazy("Role"), "roles:list", Permission.VIEW_ROLES),
    MenuPage(gettext_lazy("Organization"), "organizations:list", Permission.VIEW_ORGANIZATIONS),
    MenuPage(gettext_lazy("Trunk"), "trunks:list", Permission.VIEW_TRUNKS),
    MenuPage(gettext_lazy("Outbound Route"), "outbound_routes:list", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Inbound Route"), "inbound_routes:list", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Business Hours and Holidays"), "hours:edit", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Emergency"), "emergency", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Ring Group"), "ring_groups:list", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Announcement"), "announcements:list", Permission.VIEW_ROUTES),
    MenuPage(gettext_lazy("Apply History"), "history:list", Permission.VIEW_HISTORY),
    MenuPage(gettext_lazy("Engine Check"), "history:checks", Permission.VIEW_CHECK),
    MenuPage(gettext_lazy("Blocked Addresses"), "blocked", Permission.VIEW_BLOCKED),
    MenuPage(gettext_lazy("Mail"), "mail:list", Permission.VIEW_MAIL),
    MenuPage(gettext_lazy("Backup"), "backup:list", Permission.VIEW_BACKUP),
    MenuPage(gettext_lazy("Events"), "events:list", Permission.VIEW_EVENTS),
    MenuPage(gettext_lazy("Operation Log"), "log:list", Permission.VIEW_LOG),
    MenuPage(gettext_lazy("My account"), "account", None),
    MenuPage(gettext_lazy("Security"), "account_security", None),
)


@dataclass(frozen=True)
class Wanted:
    """What was typed."""

    text: str

    @property
    def words(self) -> list[str]:
        return folding.words(self.text)

    def is_in(self, *texts: StrOrPromise) -> bool:
        folded = " ".join(folding.fold(str(text)) for text in texts)
        return all(word in folded for word in self.words)


def find(user: User, text: str) -> list[Group]:
    wanted = Wanted(" ".join(text.replace("\0", "").split())[:MOST_TYPED])
    if not wanted.words:
        return []
    kinds: list[tuple[str, Callable[[User, Wanted], Iterable[Hit]]]] = [
        (_("People and numbers"), people),
        (_("People without an extension"), people_without),
        (_("Departments"), departments),
        (_("Roles"), roles),
        (_("Trunks and routes"), lines),
        (_("Settings"), settings),
        (_("Pages"), pages),
    ]
    groups = (Group(label, _first(hits(user, wanted))) for label, hits in kinds)
    return [group for group in groups if group.hits]


def _first(hits: Iterable[Hit]) -> list[Hit]:
    return [hit for hit, _place in zip(hits, range(MOST), strict=False)]


def people(user: User, wanted: Wanted) -> Iterator[Hit]:
    if not user.sees_extensions:
        return
    for each in first_of(SipExtension.objects.visible_to(user).select_related("user"), wanted.text, MOST):
        yield Hit(each.user.full_name, each.get_absolute_url(), each.number)


def people_without(user: User, wanted: Wanted) -> Iterator[Hit]:
    if not user.manages_extensions:
        return
    found = without_extension(user).select_related("role").order_by("pk")
    if SipExtension.objects.count() > MANY:  # to find those without a role, everybody would be looked at
        found = found.exclude(role=None)
    for each in found:
        if wanted.is_in(each.full_name, each.email or ""):
            yield Hit(each.full_name, reverse("extensions:person", args=[each.pk]), each.email or "")


def departments(user: User, wanted: Wanted) -> Iterator[Hit]:
    if not Preferences.current().organization_management:
        return
    sees_all = user.can(Permission.VIEW_ORGANIZATIONS)
    if not (sees_all or user.sees_extensions):
        return
    for each in Organization.tree():
        is_reached = sees_all or user.reaches_everybody or each.pk in user.reached_organizations
        if not (is_reached and wanted.is_in(each.name)):
            continue
        members = f"{reverse('extensions:list')}?{urlencode({'organization': str(each.pk), 'below': 'yes'})}"
        page = reverse("organizations:detail", args=[each.pk]) if sees_all else members
        yield Hit(each.name, page, each.place if sees_all else "")


def roles(user: User, wanted: Wanted) -> Iterator[Hit]:
    if user.can(Permission.VIEW_ROLES):
        for each in Role.objects.all():
            if wanted.is_in(str(each)):
                yield Hit(str(each), reverse("roles:detail", args=[each.pk]))


def lines(user: User, wanted: Wanted) -> Iterator[Hit]:
    kinds: list[tuple[QuerySet[Any], str, str]] = []
    if user.can(Permission.VIEW_TRUNKS):
        kinds += [(Trunk.objects.all(), "trunks:detail", _("Trunk"))]
    if user.can(Permission.VIEW_ROUTES):
        kinds += [
            (OutboundRoute.objects.all(), "outbound_routes:edit", _("Outbound Route")),
            (InboundRoute.objects.all(), "inbound_routes:edit", _("Inbound Route")),
            (RingGroup.objects.all(), "ring_groups:edit", _("Ring Group")),
            (Announcement.objects.all(), "announcements:edit", _("Announcement")),
        ]
    for rows, page, kind in kinds:
        for each in rows.order_by("name"):
            number = getattr(each, "number", "")
            if wanted.is_in(each.name, number):
                yield Hit(each.name, reverse(page, args=[each.pk]), f"{kind} {number}".strip())


def anchor(name: str, field: forms.Field) -> str:
    """The id of the field on its page; of several boxes that of the first."""
    several = isinstance(field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple))
    return f"id_{name}_0" if several else f"id_{name}"


def settings(user: User, wanted: Wanted) -> Iterator[Hit]:
    if not user.can(Permission.VIEW_PREFERENCES):
        return
    for tab in TABS:
        place = f"{_('Preferences')} / {tab.label}"
        if wanted.is_in(_("Preferences"), tab.label):
            yield Hit(str(tab.label), reverse(tab.url_name), _("Preferences"))
        for name, field in FORMS[tab.name].base_fields.items():
            if field.label and wanted.is_in(field.label):
                yield Hit(str(field.label), f"{reverse(tab.url_name)}#{anchor(name, field)}", place)


def pages(user: User, wanted: Wanted) -> Iterator[Hit]:
    for each in MENU:
        is_open = each.permission is None or user.can(each.permission)
        if each.url_name == "dashboard":
            is_open = user.role is not None and user.role.manages_anything
        if each.url_name == "extensions:bulk_add":
            is_open = user.adds_extensions
        if each.url_name == "organizations:list":
            is_open = is_open and Preferences.current().organization_management
        if is_open and wanted.is_in(each.label):
            yield Hit(str(each.label), reverse(each.url_name))
