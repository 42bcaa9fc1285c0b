"""Every deed that is recorded: the module that it belongs to, in the menu's words, and what it is called."""

from dataclasses import dataclass

from accounts.permissions import MODULES


@dataclass(frozen=True)
class Deed:
    module: str
    words: str


# What is recorded, and has no page of its own in the menu.
BESIDE_THE_MENU = ("My account", "Sign-in", "Set-up")
MODULE_NAMES = [*(module.name for module in MODULES), *BESIDE_THE_MENU]

DEEDS = {
    "apply.proved": Deed("Apply History", "applied"),
    "apply.waiting": Deed("Apply History", "applied; kept until the PBX answers"),
    "apply.refused": Deed("Apply History", "tried to apply"),
    "apply.undone": Deed("Apply History", "wished an apply back"),
    "apply.taken_back": Deed("Apply History", "went back to a moment"),
    "engine.checked": Deed("Engine Check", "started a check"),
    "engine.repaired": Deed("Engine Check", "repaired the engine"),
    "extension.added": Deed("Extension", "added an extension"),
    "extension.changed": Deed("Extension", "changed an extension"),
    "extension.deleted": Deed("Extension", "deleted an extension"),
    "extension.discarded": Deed("Extension", "discarded a waiting change"),
    "extension.left": Deed("Extension", "let a person leave"),
    "extension.came_back": Deed("Extension", "let a person come back"),
    "extension.password_revealed": Deed("Extension", "revealed the registration password"),
    "extension.phone_removed": Deed("Extension", "removed a phone"),
    "extension.attempts_forgotten": Deed("Extension", "cleared the refused registrations"),
    "log.exported": Deed("Operation Log", "exported the log"),
    "organization.added": Deed("Organization", "added an organization"),
    "organization.renamed": Deed("Organization", "renamed an organization"),
    "organization.deleted": Deed("Organization", "deleted an organization"),
    "organization.moved": Deed("Organization", "moved an organization"),
    "page.refused": Deed("Sign-in", "was refused a page"),
    "person.changed": Deed("My account", "changed their own account"),
    "person.email_asked": Deed("My account", "asked for another e-mail address"),
    "person.email_confirmed": Deed("My account", "confirmed another e-mail address"),
    "person.email_cancelled": Deed("My account", "cancelled the change of an e-mail address"),
    "preferences.changed": Deed("Preferences", "changed the preferences"),
    "role.added": Deed("Role", "added a role"),
    "role.changed": Deed("Role", "changed a role"),
    "role.deleted": Deed("Role", "deleted a role"),
    "setup": Deed("Set-up", "set up the portal"),
    "sign_in.done": Deed("Sign-in", "signed in"),
    "sign_in.failed": Deed("Sign-in", "failed to sign in"),
    "sign_in.not_confirmed": Deed("Sign-in", "failed to confirm who it is"),
    "sign_in.ended": Deed("Sign-in", "signed out"),
    "sign_in.password_changed": Deed("Sign-in", "set a user password"),
}


def words(deed: str) -> str:
    """Of a deed that this version no longer knows: its name."""
    known = DEEDS.get(deed)
    return known.words if known else deed
