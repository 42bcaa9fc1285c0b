"""Whether all is well: each part in a word, why it is not, and the page that says more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from asterisk.models import CheckRun
from backup.models import Backup, BackupSettings
from core import disk, localization
from core.access.permissions import Permission
from core.https import Certificate
from core.mail.labels import MailState
from core.preferences.models import Preferences
from extensions import pbx
from pbxportal import monitor
from pbxportal.front import status

GOOD, WAIT, BAD, NONE = "good", "wait", "bad", "none"
BACKUP_OLD = timedelta(days=2)
GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Part:
    """`dot`: how it is. `url`: "" where whoever looks may not open its page."""

    label: str
    dot: str
    words: str
    why: str = ""
    url: str = ""


def parts(user: User) -> list[Part]:
    """Those whose module the person may see, and the PBX."""
    return [*_pbx(user), *_mail(user), *_disk(user), *_certificate(user), *_check(user), *_backup(user)]


def _page(user: User, permission: Permission, name: str) -> str:
    return reverse(name) if user.can(permission) else ""


def _pbx(user: User) -> Iterator[Part]:
    state = pbx.get().state()
    checks = _page(user, Permission.VIEW_CHECK, "history:checks")
    yield Part(_("PBX"), GOOD if state.up else BAD, str(state.words), "" if state.up else str(state.detail), checks)
    if monitor.listener_is_heard():
        yield Part(_("PBX listener"), GOOD, _("Following the phones"))
    else:
        why = _("The states of phones may be old. The listener starts again by itself, together with the PBX.")
        yield Part(_("PBX listener"), BAD, _("Not following the phones"), why, _events(user))


def _events(user: User) -> str:
    return _page(user, Permission.VIEW_EVENTS, "events:list")


def _mail(user: User) -> Iterator[Part]:
    if not (user.can(Permission.VIEW_MAIL) or user.can(Permission.VIEW_PREFERENCES)):
        return
    settings_page = _page(user, Permission.VIEW_PREFERENCES, "mail_preferences")
    page = _page(user, Permission.VIEW_MAIL, "mail:list") or settings_page
    state = MailState.now()
    if not Preferences.current().mail_host:
        yield Part(_("Mail"), NONE, _("No mail server"), _("No e-mail is sent."), settings_page or page)
    elif state.words:
        yield Part(_("Mail"), BAD, state.words, state.why, page)
    else:
        yield Part(_("Mail"), GOOD, _("Nothing delayed"), url=page)


def _disk(user: User) -> Iterator[Part]:
    if not (user.can(Permission.VIEW_CHECK) or user.can(Permission.VIEW_PREFERENCES)):
        return
    space = min(disk.spaces(disk.places()), key=lambda each: each.free, default=None)
    if space is None:
        return
    free = localization.count(space.free // GIGABYTE)
    words = _("%(free)s GB free") % {"free": free}
    if not space.is_low:
        yield Part(_("Disk"), GOOD, words)
        return
    why = _("Free up space on the disk that holds %(directory)s.") % {"directory": space.path}
    yield Part(_("Disk"), BAD if space.is_out else WAIT, words, why, _events(user))


def _certificate(user: User) -> Iterator[Part]:
    if not user.can(Permission.VIEW_PREFERENCES):
        return
    page, address = reverse("https_preferences"), settings.ADDRESS
    if address.certificate == Certificate.NONE:
        yield Part(_("Certificate"), NONE, _("HTTPS is off"), url=page)
        return
    state = status.of(address)
    if state.warning:
        yield Part(_("Certificate"), BAD, state.warning, state.reason, page)
    elif state.until:
        until = {"day": localization.day(timezone.localdate(state.until))}
        yield Part(_("Certificate"), GOOD, _("Valid until %(day)s") % until, url=page)


def _check(user: User) -> Iterator[Part]:
    if not user.can(Permission.VIEW_CHECK):
        return
    page = reverse("history:checks")
    last = CheckRun.objects.exclude(finished_at=None).first()
    if last is None or last.finished_at is None:
        yield Part(_("Engine Check"), NONE, _("Not run yet"), url=page)
        return
    when = localization.moment(last.finished_at)
    if last.differing:
        words = ngettext("%(count)s extension differs", "%(count)s extensions differ", last.differing)
        yield Part(_("Engine Check"), BAD, words % {"count": localization.count(last.differing)}, when, page)
    elif last.lines_differ:
        yield Part(_("Engine Check"), BAD, _("Outside lines differ"), when, page)
    else:
        yield Part(_("Engine Check"), GOOD, _("No differences"), when, page)


def _backup(user: User) -> Iterator[Part]:
    if not user.can(Permission.VIEW_BACKUP):
        return
    page = reverse("backup:list")
    if not BackupSettings.load().sealed_passphrase:
        yield Part(_("Backup"), NONE, _("Not set up"), url=page)
        return
    ended = Backup.objects.exclude(state=Backup.State.RUNNING)
    last, good = ended.first(), ended.filter(state=Backup.State.VERIFIED).first()
    when = localization.moment(good.started_at) if good else ""
    if last and last.state == Backup.State.FAILED:
        yield Part(
            _("Backup"), BAD, _("The last one failed"), _("Last good one: %(when)s") % {"when": when or "-"}, page
        )
    elif good is None:
        yield Part(_("Backup"), WAIT, _("None yet"), url=page)
    elif good.started_at < timezone.now() - BACKUP_OLD:
        yield Part(_("Backup"), BAD, _("Out of date"), _("Last good one: %(when)s") % {"when": when}, page)
    else:
        yield Part(_("Backup"), GOOD, when, url=page)
