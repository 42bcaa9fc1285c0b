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
    "backup.copied": Action("backup", _("copied a backup")),
    "backup.copies_changed": Action("backup", _("changed where backups are copied")),
    "backup.copies_tested": Action("backup", _("tested the copying of backups")),
    "backup.settings_changed": Action("backup", _("changed the backup settings")),
    "bulk.credentials_downloaded": Action("extension", _("downloaded new credentials")),
    "bulk.undone": Action("extension", _("undid a bulk action")),
    "blocked.added": Action("blocked", _("blocked an address")),
    "blocked.lifted": Action("blocked", _("unblocked an address")),
    "blocked.never": Action("blocked", _("set an address to be never blocked")),
    "emergency.changed": Action("route", _("changed emergency calls")),
    "emergency.called": Action("route", _("called an emergency number")),
    "engine.checked": Action("check", _("started a check")),
    "engine.repaired": Action("check", _("repaired the engine")),
    "hours.changed": Action("route", _("changed the business hours")),
    "hours.holiday_added": Action("route", _("added a holiday")),
    "hours.holiday_changed": Action("route", _("changed a holiday")),
    "hours.holiday_deleted": Action("route", _("deleted a holiday")),
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
    "extension.outbound_locked": Action("extension", _("locked outbound calls")),
    "extension.outbound_released": Action("extension", _("allowed calls outside again")),
    "extension.voicemail_damaged": Action("extension", _("found a damaged voicemail message")),
    "extension.attempts_forgotten": Action("extension", _("cleared the refused registrations")),
    "extension.welcome_asked": Action("extension", _("sent a welcome e-mail")),
    "extension.greeting_changed": Action("extension", _("changed a voicemail greeting")),
    "extension.voicemail_heard": Action("extension", _("listened to a voicemail message of another person")),
    "person.edited": Action("extension", _("changed a person without an extension")),
    "person.removed": Action("extension", _("removed a person without an extension")),
    "extensions.imported": Action("extension", _("imported extensions")),
    "extensions.import_undone": Action("extension", _("undid an import of extensions")),
    "extensions.exported": Action("extension", _("exported extensions")),
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
    "announcement.added": Action("route", _("added an announcement")),
    "announcement.changed": Action("route", _("changed an announcement")),
    "announcement.deleted": Action("route", _("deleted an announcement")),
    "group.added": Action("route", _("added a ring group")),
    "group.changed": Action("route", _("changed a ring group")),
    "group.deleted": Action("route", _("deleted a ring group")),
    "route.inbound_added": Action("route", _("added an inbound route")),
    "route.inbound_changed": Action("route", _("changed an inbound route")),
    "route.inbound_deleted": Action("route", _("deleted an inbound route")),
    "route.outbound_added": Action("route", _("added an outbound route")),
    "route.outbound_changed": Action("route", _("changed an outbound route")),
    "route.outbound_deleted": Action("route", _("deleted an outbound route")),
    "route.outbound_moved": Action("route", _("moved an outbound route")),
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
    "trunk.added": Action("trunk", _("added a trunk")),
    "trunk.changed": Action("trunk", _("changed a trunk")),
    "trunk.deleted": Action("trunk", _("deleted a trunk")),
    "trunk.moved": Action("trunk", _("moved a trunk")),
    "template.added": Action("extension", _("added an extension template")),
    "template.changed": Action("extension", _("changed an extension template")),
    "template.deleted": Action("extension", _("deleted an extension template")),
    "welcome.asked": Action("extension", _("sent welcome e-mails")),
}


def label(action: str) -> str:
    """Of an action that this version no longer knows: its code."""
    known = ACTIONS.get(action)
    return str(known.label) if known else action
