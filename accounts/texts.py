"""What the operation log says of people's accounts, roles and departments."""

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from core.access.permissions import MODULES, Permission
from core.audit.fields import RecordedField, one_of

TEXTS = {
    "second_factor.app": _("Authenticator app"),
    "second_factor.passkeys": ngettext_lazy("%(count)s passkey", "%(count)s passkeys", "count"),
    "second_factor.unknown_passkey": _("an unknown passkey"),
    "sign_in.no_account": _("an address without an account"),
    "sign_in.by_mail": _("by e-mail"),
    "sign_in.account_disabled": _("the account is disabled"),
    "sign_in.too_many_passwords": _("too many wrong passwords"),
    "password.by_welcome_link": _("with the link in the welcome e-mail"),
    "password.by_reset_link": _("with a password reset link"),
}


def show_permissions(names: list[str]) -> str:
    granted = frozenset(each for each in Permission if each in names)
    levels = ((module, module.level(granted)) for module in MODULES)
    return ", ".join(f"{gettext(level)} {gettext(module.name)}" for module, level in levels if level)


FIELDS = {
    "permissions": RecordedField(_("Permissions"), show_permissions),
    "reach": RecordedField(_("Scope"), one_of(dict(Role.Reach.choices))),
    "organizations": RecordedField(_("Departments")),
    "below": RecordedField(_("Include sub-departments")),
    "department": RecordedField(_("Department Name")),
    "parent": RecordedField(_("Parent")),
    "people": RecordedField(_("People")),
    "departments": RecordedField(_("Departments")),
    "roles": RecordedField(_("Roles")),
    "factors": RecordedField(_("Two-step verification")),
    "address": RecordedField(_("Address")),
    "browser": RecordedField(_("Browser")),
    "sessions": RecordedField(_("Sessions")),
}
