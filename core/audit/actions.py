"""Every action that is recorded: the module that it belongs to, and what both are called.

The codes are stored; pages show the labels.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from core.access.permissions import MODULES


@dataclass(frozen=True)
class Action:
    module: str
    label: StrOrPromise


MODULE_LABELS: dict[str, StrOrPromise] = {
    **{module.code: _(module.name) for module in MODULES},
    # What is recorded, and has no page of its own in the menu.
    "account": _("My account"),
    "sign_in": _("Sign-in"),
    "set_up": _("Setup"),
}

ACTIONS = {
    "apply.proved": Action("history", _("applied")),
    "apply.waiting": Action("history", _("applied, waiting for the PBX")),
    "apply.refused": Action("history", _("tried to apply")),
    "apply.undone": Action("history", _("prepared the undo of an apply")),
    "apply.went_back": Action("history", _("prepared the undo of everything applied after a time")),
    "backup.made": Action("backup", _("made a backup")),
    "backup.started": Action("backup", _("started a backup")),
    "backup.tried": Action("backup", _("tried to restore a backup")),
    "backup.downloaded": Action("backup", _("downloaded a backup")),
    "backup.settings_changed": Action("backup", _("changed the backup settings")),
    "blocked.added": Action("blocked", _("blocked an address")),
    "blocked.lifted": Action("blocked", _("unblocked an address")),
    "blocked.never": Action("blocked", _("set an address to be never blocked")),
    "engine.checked": Action("check", _("started a check")),
    "engine.repaired": Action("check", _("repaired the engine")),
    "extension.added": Action("extension", _("added an extension")),
    "extension.changed": Action("extension", _("changed an extension")),
    "extension.deleted": Action("extension", _("deleted an extension")),
    "extension.discarded": Action("extension", _("discarded an unapplied change")),
    "extension.left": Action("extension", _("offboarded a person")),
    "extension.came_back": Action("extension", _("restored a person")),
    "extension.password_revealed": Action("extension", _("revealed the registration password")),
    "extension.phone_removed": Action("extension", _("removed a phone")),
    "extension.pin_changed_by_phone": Action("extension", _("changed the voicemail PIN by phone")),
    "extension.greeting_by_phone": Action("extension", _("recorded a voicemail greeting by phone")),
    "extension.voicemail_locked": Action("extension", _("locked the voicemail after ten wrong PINs")),
    "extension.attempts_forgotten": Action("extension", _("cleared the refused registrations")),
    "extension.welcome_asked": Action("extension", _("sent a welcome e-mail")),
    "extension.greeting_changed": Action("extension", _("changed a voicemail greeting")),
    "extension.voicemail_heard": Action("extension", _("listened to a voicemail message of another person")),
    "event.tested": Action("event", _("sent a test alert")),
    "log.exported": Action("log", _("exported the log")),
    "mail.tested": Action("mail", _("sent a test e-mail")),
    "mail.sent_again": Action("mail", _("resent an e-mail")),
    "mail.discarded": Action("mail", _("discarded an e-mail")),
    "mail.looked_after": Action("mail", _("dismissed an e-mail with unknown delivery")),
    "organization.added": Action("organization", _("added a department")),
    "organization.renamed": Action("organization", _("renamed a department")),
    "organization.deleted": Action("organization", _("deleted a department")),
    "organization.moved": Action("organization", _("moved a department")),
    "page.refused": Action("sign_in", _("was denied access to a page")),
    "person.changed": Action("account", _("changed their own account")),
    "person.email_asked": Action("account", _("requested an e-mail address change")),
    "person.email_confirmed": Action("account", _("confirmed a new e-mail address")),
    "person.email_cancelled": Action("account", _("canceled an e-mail address change")),
    "ports.ran_out": Action("preferences", _("ran out of RTP ports")),
    "preferences.monitor_token": Action("preferences", _("created a monitor token")),
    "preferences.webhook_secret": Action("preferences", _("created a webhook secret")),
    "preferences.changed": Action("preferences", _("changed the preferences")),
    "role.added": Action("role", _("added a role")),
    "role.changed": Action("role", _("changed a role")),
    "role.deleted": Action("role", _("deleted a role")),
    "second_factor.app_added": Action("sign_in", _("set up an authenticator app")),
    "second_factor.app_removed": Action("sign_in", _("removed an authenticator app")),
    "second_factor.code_used": Action("sign_in", _("used a recovery code")),
    "second_factor.codes_made": Action("sign_in", _("created new recovery codes")),
    "second_factor.failed": Action("sign_in", _("failed two-step verification")),
    "second_factor.passkey_added": Action("sign_in", _("added a passkey")),
    "second_factor.passkey_removed": Action("sign_in", _("removed a passkey")),
    "second_factor.passkey_renamed": Action("sign_in", _("renamed a passkey")),
    "second_factor.removed": Action("sign_in", _("removed two-step verification")),
    "setup": Action("set_up", _("set up the portal")),
    "sign_in.done": Action("sign_in", _("signed in")),
    "sign_in.failed": Action("sign_in", _("failed to sign in")),
    "sign_in.not_confirmed": Action("sign_in", _("failed to confirm their identity")),
    "sign_in.blocked": Action("sign_in", _("was blocked after too many wrong passwords")),
    "sign_in.link_asked": Action("sign_in", _("requested a password reset link")),
    "sign_in.session_ended": Action("sign_in", _("ended a session")),
    "sign_in.ended_everywhere": Action("sign_in", _("signed a person out everywhere")),
    "sign_in.ended": Action("sign_in", _("signed out")),
    "sign_in.password_changed": Action("sign_in", _("set a user password")),
    "welcome.asked": Action("extension", _("sent welcome e-mails")),
}


def label(action: str) -> str:
    """Of an action that this version no longer knows: its code."""
    known = ACTIONS.get(action)
    return str(known.label) if known else action
