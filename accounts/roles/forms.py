from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role, User
from accounts.organizations.picker import Picker
from core import localization
from core.access.permissions import BY_ORGANIZATION, MODULES, Module, Permission, with_views
from core.audit import log
from core.forms.fields import SeveralField
from core.forms.layout import finish
from core.preferences.models import Preferences

Values = dict[str, Any]
NAMED = 3


@dataclass(frozen=True)
class Box:
    permission: Permission
    ticked: bool


@dataclass(frozen=True)
class Line:
    """A module and the boxes of it that may be ticked."""

    module: Module
    view: Box | None
    manage: Box | None


def values(role: Role) -> Values:
    """Every field as it is recorded."""
    return {
        "name": role.name,
        "permissions": sorted(map(str, role.permissions)),
        "reach": str(role.reach),
        "organizations": ", ".join(map(str, role.organizations.order_by("name", "pk"))),
        "below": role.below,
    }


class RoleForm(forms.ModelForm[Role]):
    """What a role may do and whom it reaches, never more than who makes it."""

    granted = forms.MultipleChoiceField(
        label=_("Permissions"),
        required=False,
        error_messages={
            "invalid_choice": _("Clear the permissions you do not have. You can grant only your own permissions.")
        },
    )
    organizations = SeveralField(label=_("Departments"), queryset=Organization.objects.none(), required=False)

    class Meta:
        model = Role
        fields = ["name", "reach", "organizations", "below"]
        labels = {"name": _("Name"), "reach": _("Scope")}
        help_texts = {"name": _("Shown in the User Role list of an extension.")}
        widgets = {"reach": forms.RadioSelect}

    def __init__(self, data: Any = None, *, by: User, instance: Role | None = None, like: Role | None = None) -> None:
        self.by = by
        self.before = values(instance) if instance else {}
        super().__init__(data, instance=instance, initial=self._as(like) if like else {})
        self.offered = [each for each in Permission if by.can(each) or by.is_super_administrator]
        self.fields["granted"].choices = [(each.value, each.name) for each in self.offered]  # type: ignore[attr-defined]
        self.fields["reach"].error_messages |= {
            "invalid_choice": _("Choose one of the two options."),
            "required": _("Choose an option."),
        }
        self.fields["organizations"].queryset = Organization.objects.order_by()  # type: ignore[attr-defined]
        if not Preferences.current().organization_management:
            for name in ("reach", "organizations", "below"):
                del self.fields[name]
        if instance:
            self.initial["granted"] = [each.value for each in instance.permissions]
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.helper = finish(self)

    def _as(self, like: Role) -> dict[str, Any]:
        return {
            "name": gettext("%(name)s (copy)") % {"name": like.name[:56]},
            "granted": [each.value for each in like.permissions],
            "reach": like.reach,
            "organizations": list(like.organizations.values_list("pk", flat=True)),
            "below": like.below,
        }

    @property
    def picker(self) -> Picker:
        return Picker(list(Organization.tree()), self["organizations"].value() or (), self.data.get("find", ""))

    @property
    def opened(self) -> SafeString:
        """Tells, when it is posted, whether somebody else has saved the role since."""
        return format_html('<input type="hidden" name="opened" value="{}">', self._mark())

    def _mark(self) -> str:
        return sha256(repr(self.before).encode()).hexdigest()[:16]

    @property
    def whole_system_is_closed(self) -> bool:
        """Whether the reach, which cannot be chosen now, is by organization."""
        return "reach" not in self.fields and not self.instance.reaches_everybody

    def lines(self) -> Iterator[Line]:
        ticked = with_views(frozenset(each for each in self.offered if each.value in (self["granted"].value() or [])))
        for module in MODULES:
            boxes = [
                Box(each, each in ticked) if each in self.offered and self._is_open(module) else None
                for each in (module.view, module.manage)
            ]
            if any(boxes):
                yield Line(module, *boxes)

    def _is_open(self, module: Module) -> bool:
        return module.by_organization or not self.whole_system_is_closed

    def clean_granted(self) -> frozenset[Permission]:
        granted = with_views(frozenset(map(Permission, self.cleaned_data["granted"])))
        if self.instance.pk and self.instance.pk == self.by.role_id and Permission.MANAGE_ROLES not in granted:
            raise ValidationError(
                _("This is your own role, and you would lock yourself out. Select Manage for Role."), code="own_role"
            )
        return granted

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk and self.data.get("opened") != self._mark():
            self._say_that_it_was_saved()
        reach = cleaned.get("reach", self.instance.reach)
        if reach == Role.Reach.ORGANIZATIONS:
            self._keep_to_organizations(cleaned)
        elif "reach" in self.fields:
            cleaned["organizations"] = Organization.objects.none()
        return cleaned

    def _say_that_it_was_saved(self) -> None:
        words = _(
            "Someone else saved this role after you opened it. Your version is below. Compare it with the role's page,"
            " then save again."
        )
        self.add_error(None, ValidationError(words, code="conflict"))

    def _keep_to_organizations(self, cleaned: dict[str, Any]) -> None:
        beyond = cleaned.get("granted", frozenset()) - BY_ORGANIZATION
        if names := [gettext(module.name) for module in MODULES if module.level(beyond)]:
            words = gettext(
                "Clear %(names)s. Only Extension and Others' Voicemail can be limited to departments; other modules"
                " apply to the whole system."
            )
            if "reach" in self.fields:
                words = gettext(
                    "Clear %(names)s, or choose All extensions. Only Extension and Others' Voicemail can be limited to"
                    " departments; other modules apply to the whole system."
                )
            params = {"names": ", ".join(names)}
            self.add_error("granted", ValidationError(words, code="whole_system", params=params))
        if "organizations" in self.fields and "organizations" not in self.errors and not cleaned["organizations"]:
            self.add_error(
                "organizations", ValidationError(_("Choose at least one department."), code="no_organization")
            )

    def try_save(self) -> Role | None:
        """None where the name was taken, or the role saved or deleted, between the check and the save."""
        try:
            with transaction.atomic():
                return self.save() if self._is_as_before() else None
        except IntegrityError:
            self.full_clean()
            if not self.errors:
                raise
            return None

    def _is_as_before(self) -> bool:
        if not self.instance.pk:
            return True
        role = Role.objects.select_for_update().filter(pk=self.instance.pk).first()
        now = values(role) if role else {}
        if now != self.before:
            self.before = now
            self._say_that_it_was_saved()
        return not self.errors

    def save(self, commit: bool = True) -> Role:
        with transaction.atomic():
            self.instance.granted = sorted(self.cleaned_data["granted"])
            role = super().save(commit)
            after = values(role)
            fields = {
                name: [self.before.get(name, ""), value]
                for name, value in after.items()
                if value != self.before.get(name, "")
            }
            if fields:
                action = "role.changed" if self.before else "role.added"
                log.record(self.by, action, role.name, fields=fields)
        return role


class DeleteRoleForm:
    """The rule about deleting, and the deleting."""

    def __init__(self, role: Role, by: User) -> None:
        self.role, self.by = role, by

    def refusal(self) -> str:
        """Whom it would leave without; the first few by name, for who may see people."""
        holders = self.role.users.order_by("pk")
        count = holders.count()
        if not count:
            return ""
        named = ", ".join(each.full_name for each in holders[:NAMED]) if self.by.sees_extensions else ""
        known = {"count": localization.count(count), "names": named, "more": localization.count(max(0, count - NAMED))}
        if not named:
            words = ngettext(
                "%(count)s person has this role. Assign that person another role first.",
                "%(count)s people have this role. Assign them another role first.",
                count,
            )
        elif count > NAMED:
            words = gettext("%(names)s and %(more)s more have this role. Assign them another role first.")
        else:
            words = ngettext(
                "%(names)s has this role. Assign that person another role first.",
                "%(names)s have this role. Assign them another role first.",
                count,
            )
        return words % known

    def delete(self) -> bool:
        """False where somebody was given the role a moment ago."""
        try:
            with transaction.atomic():
                was = {name: [value, ""] for name, value in values(self.role).items()}
                self.role.delete()
                log.record(self.by, "role.deleted", self.role.name, fields=was)
        except (ProtectedError, IntegrityError):
            return False
        return True
