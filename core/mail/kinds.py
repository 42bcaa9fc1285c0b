"""Every kind of mail, once: what it is called, what writes it, its templates, and whether people may switch it off."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.access.permissions import Permission


@dataclass(frozen=True)
class Kind:
    """`writer`: the path of a function that gives the Words of a queued mail, or None where there is nothing to tell.

    `template`: without its ending. `wish`: how people choose it in My account; None: it is always sent.
    """

    label: Promise
    writer: str
    template: str
    wish: Promise | None = None
    needs: Permission | None = None  # whom it is for
    taken: str = ""  # the path of a function that is told of each that the mail server has accepted


KINDS = {
    "welcome": Kind(_("Welcome"), "extensions.welcome.emails.welcome", "extensions/welcome/emails/welcome"),
    "reset": Kind(_("Password reset"), "accounts.passwords.emails.reset", "accounts/passwords/emails/reset"),
    "password_changed": Kind(
        _("Password changed"),
        "accounts.security.emails.password_changed",
        "accounts/security/emails/password_changed",
        _("My password is changed"),
    ),
    "new_device": Kind(
        _("New device signed in"),
        "accounts.security.emails.new_device",
        "accounts/security/emails/new_device",
        _("Someone signs in to my account from a new device"),
    ),
    "second_factor_changed": Kind(
        _("Two-step verification changed"),
        "accounts.security.emails.second_factor_changed",
        "accounts/security/emails/second_factor_changed",
        _("My two-step verification is changed"),
    ),
    "extension_changed": Kind(
        _("Extension changed"),
        "extensions.changes.emails.extension_changed",
        "extensions/changes/emails/extension_changed",
        _("An administrator changes my extension"),
    ),
    "new_network": Kind(
        _("Phone on a new network"),
        "extensions.phones.emails.new_network",
        "extensions/phones/emails/new_network",
        _("A phone registers with my extension from a new network"),
    ),
    "voicemail": Kind(
        _("New voicemail"),
        "extensions.calls.voicemail.emails.new_message",
        "extensions/voicemail/emails/new_message",
        taken="extensions.calls.voicemail.emails.taken",
    ),
    "voicemail_locked": Kind(
        _("Voicemail locked"),
        "extensions.phones.emails.voicemail_locked",
        "extensions/phones/emails/voicemail_locked",
        _("Wrong PINs lock my voicemail"),
    ),
    "addresses_blocked": Kind(
        _("Addresses blocked"),
        "asterisk.live.emails.addresses_blocked",
        "asterisk/emails/addresses_blocked",
        _("The PBX blocks an attacker"),
        needs=Permission.MANAGE_BLOCKED,
    ),
    "emergency_call": Kind(
        _("Emergency call"), "asterisk.live.emails.emergency_call", "asterisk/emails/emergency_call"
    ),
    "alert": Kind(_("Alert"), "core.events.emails.alert", "core/events/emails/alert", needs=Permission.VIEW_EVENTS),
    "email_change_old": Kind(
        _("Address change, to the old address"),
        "extensions.my_account.emails.to_the_old",
        "extensions/my_account/emails/email_change_old",
    ),
    "email_change_new": Kind(
        _("Address change, to the new address"),
        "extensions.my_account.emails.to_the_new",
        "extensions/my_account/emails/email_change_new",
    ),
    "email_changed": Kind(
        _("E-mail address changed"), "extensions.my_account.emails.done", "extensions/my_account/emails/email_changed"
    ),
    "test": Kind(_("Test e-mail"), "core.mail.diagnostics.written", "core/mail/emails/test"),
}
NOTIFICATIONS = [name for name, kind in KINDS.items() if kind.wish is not None]


def label(name: str) -> str:
    return str(KINDS[name].label) if name in KINDS else name
