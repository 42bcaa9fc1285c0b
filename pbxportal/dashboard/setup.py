"""What is still undone of the set-up, in the order in which one would do it, for who may do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.second_factor.factors import Factors
from backup.models import BackupSettings
from core import localization
from core.access.permissions import Permission
from core.https import Certificate
from core.preferences.models import Preferences
from extensions.models import SipExtension
from trunks.models import Trunk


@dataclass(frozen=True)
class Step:
    """What to do, what for, and where."""

    title: str
    why: str
    url: str


def undone(user: User) -> list[Step]:
    return [*_preferences(user), *_own(user), *_lines(user), *_backup(user), *_people(user), *_passwords(user)]


def _preferences(user: User) -> Iterator[Step]:
    if not user.can(Permission.MANAGE_PREFERENCES):
        return
    preferences = Preferences.current()
    if not preferences.mail_host:
        yield Step(
            _("Set up the mail server"),
            _("For welcome e-mails, password resets, voicemail, and alerts."),
            reverse("mail_preferences"),
        )
    if not preferences.sip_host:
        yield Step(
            _("Enter the address that phones register with"),
            _("Welcome pages and phone guides name it."),
            reverse("preferences"),
        )
    if settings.ADDRESS.certificate == Certificate.NONE:
        yield Step(
            _("Turn on HTTPS"), _("Without it, others on the network can read passwords."), reverse("https_preferences")
        )
    if not preferences.second_factor:
        yield Step(
            _("Require two-step verification for administrators"),
            _("A stolen password alone is then not enough."),
            reverse("preferences"),
        )


def _own(user: User) -> Iterator[Step]:
    if not Factors.of(user).words:
        yield Step(
            _("Set up your own two-step verification"),
            _("An authenticator app or a passkey protects your account."),
            reverse("account_security"),
        )


def _lines(user: User) -> Iterator[Step]:
    if user.can(Permission.MANAGE_TRUNKS) and not Trunk.objects.exists():
        yield Step(_("Add a trunk"), _("For calls outside, and for emergency calls."), reverse("trunks:add"))
    elif user.can(Permission.MANAGE_ROUTES) and not Trunk.objects.for_emergencies().exists():
        yield Step(_("Let a trunk carry emergency calls"), _("No enabled trunk carries them."), reverse("emergency"))


def _backup(user: User) -> Iterator[Step]:
    if user.can(Permission.MANAGE_BACKUP) and not BackupSettings.load().sealed_passphrase:
        yield Step(
            _("Set up backups"), _("One file a day, with everything that cannot be made again."), reverse("backup:list")
        )


def _passwords(user: User) -> Iterator[Step]:
    if not user.manages_extensions:
        return
    to_renew = SipExtension.objects.visible_to(user).filter(renew_password_by__isnull=False)
    by = to_renew.order_by().aggregate(by=Min("renew_password_by"), count=Count("pk"))
    if by["count"]:
        words = ngettext("Renew %(count)s registration password", "Renew %(count)s registration passwords", by["count"])
        why = _("They were kept at an import, and are easy to guess. The first is due %(day)s.")
        yield Step(
            words % {"count": localization.count(by["count"])},
            why % {"day": localization.day(by["by"])},
            f"{reverse('extensions:list')}?renew=yes",
        )


def _people(user: User) -> Iterator[Step]:
    if user.adds_extensions and not SipExtension.objects.exists():
        yield Step(
            _("Add the first extension"), _("A number for a person and their phones."), reverse("extensions:add")
        )
