"""Every action that is recorded: the module that it belongs to, in the menu's words, and what it is called.

The module is stored; of both, pages show the translation.
"""

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from core.access.permissions import MODULES


@dataclass(frozen=True)
class Action:
    module: str
    words: str


# What is recorded, and has no page of its own in the menu.
BESIDE_THE_MENU = (gettext_noop("My account"), gettext_noop("Sign-in"), gettext_noop("Set-up"))
MODULE_NAMES = [*(module.name for module in MODULES), *BESIDE_THE_MENU]

ACTIONS = {
    "apply.proved": Action("Apply History", gettext_noop("applied")),
    "apply.waiting": Action("Apply History", gettext_noop("applied; kept until the PBX answers")),
    "apply.refused": Action("Apply History", gettext_noop("tried to apply")),
    "apply.undone": Action("Apply History", gettext_noop("wished an apply back")),
    "apply.taken_back": Action("Apply History", gettext_noop("went back to a moment")),
    "engine.checked": Action("Engine Check", gettext_noop("started a check")),
    "engine.repaired": Action("Engine Check", gettext_noop("repaired the engine")),
    "extension.added": Action("Extension", gettext_noop("added an extension")),
    "extension.changed": Action("Extension", gettext_noop("changed an extension")),
    "extension.deleted": Action("Extension", gettext_noop("deleted an extension")),
    "extension.discarded": Action("Extension", gettext_noop("discarded a waiting change")),
    "extension.left": Action("Extension", gettext_noop("let a person leave")),
    "extension.came_back": Action("Extension", gettext_noop("let a person come back")),
    "extension.password_revealed": Action("Extension", gettext_noop("revealed the registration password")),
    "extension.phone_removed": Action("Extension", gettext_noop("removed a phone")),
    "extension.attempts_forgotten": Action("Extension", gettext_noop("cleared the refused registrations")),
    "extension.welcome_asked": Action("Extension", gettext_noop("asked for a welcome mail")),
    "log.exported": Action("Operation Log", gettext_noop("exported the log")),
    "mail.tested": Action("Mail", gettext_noop("sent a test mail")),
    "mail.sent_again": Action("Mail", gettext_noop("sent a mail again")),
    "mail.discarded": Action("Mail", gettext_noop("discarded a mail")),
    "mail.looked_after": Action("Mail", gettext_noop("looked after an uncertain mail")),
    "organization.added": Action("Organization", gettext_noop("added an organization")),
    "organization.renamed": Action("Organization", gettext_noop("renamed an organization")),
    "organization.deleted": Action("Organization", gettext_noop("deleted an organization")),
    "organization.moved": Action("Organization", gettext_noop("moved an organization")),
    "page.refused": Action("Sign-in", gettext_noop("was refused a page")),
    "person.changed": Action("My account", gettext_noop("changed their own account")),
    "person.email_asked": Action("My account", gettext_noop("asked for another e-mail address")),
    "person.email_confirmed": Action("My account", gettext_noop("confirmed another e-mail address")),
    "person.email_cancelled": Action("My account", gettext_noop("cancelled the change of an e-mail address")),
    "preferences.changed": Action("Preferences", gettext_noop("changed the preferences")),
    "role.added": Action("Role", gettext_noop("added a role")),
    "role.changed": Action("Role", gettext_noop("changed a role")),
    "role.deleted": Action("Role", gettext_noop("deleted a role")),
    "second_factor.app_added": Action("Sign-in", gettext_noop("set up an authenticator app")),
    "second_factor.app_removed": Action("Sign-in", gettext_noop("removed an authenticator app")),
    "second_factor.code_used": Action("Sign-in", gettext_noop("used a recovery code")),
    "second_factor.codes_made": Action("Sign-in", gettext_noop("made new recovery codes")),
    "second_factor.failed": Action("Sign-in", gettext_noop("failed to give the second factor")),
    "second_factor.passkey_added": Action("Sign-in", gettext_noop("added a passkey")),
    "second_factor.passkey_removed": Action("Sign-in", gettext_noop("removed a passkey")),
    "second_factor.passkey_renamed": Action("Sign-in", gettext_noop("renamed a passkey")),
    "second_factor.removed": Action("Sign-in", gettext_noop("removed the second factor")),
    "setup": Action("Set-up", gettext_noop("set up the portal")),
    "sign_in.done": Action("Sign-in", gettext_noop("signed in")),
    "sign_in.failed": Action("Sign-in", gettext_noop("failed to sign in")),
    "sign_in.not_confirmed": Action("Sign-in", gettext_noop("failed to confirm who it is")),
    "sign_in.blocked": Action("Sign-in", gettext_noop("was stopped after too many wrong passwords")),
    "sign_in.link_asked": Action("Sign-in", gettext_noop("asked for a link to choose a password")),
    "sign_in.session_ended": Action("Sign-in", gettext_noop("ended a session")),
    "sign_in.ended_everywhere": Action("Sign-in", gettext_noop("signed somebody out everywhere")),
    "sign_in.ended": Action("Sign-in", gettext_noop("signed out")),
    "sign_in.password_changed": Action("Sign-in", gettext_noop("set a user password")),
    "welcome.asked": Action("Extension", gettext_noop("asked for welcome mails")),
}


def words(action: str) -> str:
    """Of an action that this version no longer knows: its name."""
    known = ACTIONS.get(action)
    return gettext(known.words) if known else action
