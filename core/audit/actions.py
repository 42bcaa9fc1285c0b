"""Every deed that is recorded: the module that it belongs to, in the menu's words, and what it is called.

The module is stored; of both, pages show the translation.
"""

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from core.access.permissions import MODULES


@dataclass(frozen=True)
class Deed:
    module: str
    words: str


# What is recorded, and has no page of its own in the menu.
BESIDE_THE_MENU = (gettext_noop("My account"), gettext_noop("Sign-in"), gettext_noop("Set-up"))
MODULE_NAMES = [*(module.name for module in MODULES), *BESIDE_THE_MENU]

DEEDS = {
    "apply.proved": Deed("Apply History", gettext_noop("applied")),
    "apply.waiting": Deed("Apply History", gettext_noop("applied; kept until the PBX answers")),
    "apply.refused": Deed("Apply History", gettext_noop("tried to apply")),
    "apply.undone": Deed("Apply History", gettext_noop("wished an apply back")),
    "apply.taken_back": Deed("Apply History", gettext_noop("went back to a moment")),
    "engine.checked": Deed("Engine Check", gettext_noop("started a check")),
    "engine.repaired": Deed("Engine Check", gettext_noop("repaired the engine")),
    "extension.added": Deed("Extension", gettext_noop("added an extension")),
    "extension.changed": Deed("Extension", gettext_noop("changed an extension")),
    "extension.deleted": Deed("Extension", gettext_noop("deleted an extension")),
    "extension.discarded": Deed("Extension", gettext_noop("discarded a waiting change")),
    "extension.left": Deed("Extension", gettext_noop("let a person leave")),
    "extension.came_back": Deed("Extension", gettext_noop("let a person come back")),
    "extension.password_revealed": Deed("Extension", gettext_noop("revealed the registration password")),
    "extension.phone_removed": Deed("Extension", gettext_noop("removed a phone")),
    "extension.attempts_forgotten": Deed("Extension", gettext_noop("cleared the refused registrations")),
    "extension.welcome_asked": Deed("Extension", gettext_noop("asked for a welcome mail")),
    "log.exported": Deed("Operation Log", gettext_noop("exported the log")),
    "mail.tested": Deed("Mail", gettext_noop("sent a test mail")),
    "mail.sent_again": Deed("Mail", gettext_noop("sent a mail again")),
    "mail.discarded": Deed("Mail", gettext_noop("discarded a mail")),
    "mail.looked_after": Deed("Mail", gettext_noop("looked after an uncertain mail")),
    "organization.added": Deed("Organization", gettext_noop("added an organization")),
    "organization.renamed": Deed("Organization", gettext_noop("renamed an organization")),
    "organization.deleted": Deed("Organization", gettext_noop("deleted an organization")),
    "organization.moved": Deed("Organization", gettext_noop("moved an organization")),
    "page.refused": Deed("Sign-in", gettext_noop("was refused a page")),
    "person.changed": Deed("My account", gettext_noop("changed their own account")),
    "person.email_asked": Deed("My account", gettext_noop("asked for another e-mail address")),
    "person.email_confirmed": Deed("My account", gettext_noop("confirmed another e-mail address")),
    "person.email_cancelled": Deed("My account", gettext_noop("cancelled the change of an e-mail address")),
    "preferences.changed": Deed("Preferences", gettext_noop("changed the preferences")),
    "role.added": Deed("Role", gettext_noop("added a role")),
    "role.changed": Deed("Role", gettext_noop("changed a role")),
    "role.deleted": Deed("Role", gettext_noop("deleted a role")),
    "second_factor.app_added": Deed("Sign-in", gettext_noop("set up an authenticator app")),
    "second_factor.app_removed": Deed("Sign-in", gettext_noop("removed an authenticator app")),
    "second_factor.code_used": Deed("Sign-in", gettext_noop("used a recovery code")),
    "second_factor.codes_made": Deed("Sign-in", gettext_noop("made new recovery codes")),
    "second_factor.failed": Deed("Sign-in", gettext_noop("failed to give the second factor")),
    "second_factor.passkey_added": Deed("Sign-in", gettext_noop("added a passkey")),
    "second_factor.passkey_removed": Deed("Sign-in", gettext_noop("removed a passkey")),
    "second_factor.passkey_renamed": Deed("Sign-in", gettext_noop("renamed a passkey")),
    "second_factor.removed": Deed("Sign-in", gettext_noop("removed the second factor")),
    "setup": Deed("Set-up", gettext_noop("set up the portal")),
    "sign_in.done": Deed("Sign-in", gettext_noop("signed in")),
    "sign_in.failed": Deed("Sign-in", gettext_noop("failed to sign in")),
    "sign_in.not_confirmed": Deed("Sign-in", gettext_noop("failed to confirm who it is")),
    "sign_in.blocked": Deed("Sign-in", gettext_noop("was stopped after too many wrong passwords")),
    "sign_in.link_asked": Deed("Sign-in", gettext_noop("asked for a link to choose a password")),
    "sign_in.session_ended": Deed("Sign-in", gettext_noop("ended a session")),
    "sign_in.ended_everywhere": Deed("Sign-in", gettext_noop("signed somebody out everywhere")),
    "sign_in.ended": Deed("Sign-in", gettext_noop("signed out")),
    "sign_in.password_changed": Deed("Sign-in", gettext_noop("set a user password")),
    "welcome.asked": Deed("Extension", gettext_noop("asked for welcome mails")),
}


def words(deed: str) -> str:
    """Of a deed that this version no longer knows: its name."""
    known = DEEDS.get(deed)
    return gettext(known.words) if known else deed
