"""What can be done to the tree of departments: each form has the rule and the verb. Made inside `locked_tree`."""

from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role, User
from accounts.organization_tree import LEVELS, MOST, Department, Tree
from accounts.organizations.member_counts import Memberships
from core import localization
from core.audit import log
from core.forms.fields import SingleLineFormField
from core.forms.layout import finish
from core.validators import digits, single_line


def name_field() -> SingleLineFormField:
    return SingleLineFormField(
        label=_("Department Name"),
        max_length=63,
        validators=[single_line],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ParentField(forms.Field):
    """A department of the tree, by its primary key."""

    default_error_messages = {"required": _("Choose a parent department.")}
    tree: Tree

    def to_python(self, value: Any) -> Department | None:
        if value in self.empty_values:
            return None
        found = self.tree.get(digits(str(value)) or 0)
        if found is None:
            raise ValidationError(_("That department no longer exists. Choose another one."), code="gone")
        return found


def refuse_same_name(parent: Department, name: str, besides: Department | None = None, message: str = "") -> None:
    if parent.has_below(name, besides=besides):
        message = message or gettext("%(parent)s already has a department named %(name)s. Choose another name.")
        raise ValidationError(message, code="same_name", params={"parent": parent.name, "name": name})


class AddForm(forms.Form):
    name = name_field()
    parent = ParentField(label=_("Parent"))

    def __init__(self, data: Any = None, *, tree: Tree, by: User, parent: int | None = None) -> None:
        self.tree, self.by = tree, by
        super().__init__(data, initial={"parent": parent if parent in tree.departments else tree.company.pk})
        self.fields["parent"].tree = tree  # type: ignore[attr-defined]
        self.helper = finish(self)

    def offered(self) -> Collection[Department]:
        return [each for each in self.tree if each.level < LEVELS]

    def clean_parent(self) -> Department:
        parent: Department = self.cleaned_data["parent"]
        if parent.level >= LEVELS:
            raise ValidationError(
                _("%(parent)s is at level %(most)s, the deepest. Choose a department above it."),
                code="too_deep",
                params={"parent": parent.name, "most": LEVELS},
            )
        return parent

    def clean(self) -> None:
        if self.tree.is_full:
            raise ValidationError(
                _("You have %(most)s departments, the maximum. To add another, delete one you no longer need."),
                code="full",
                params={"most": localization.count(MOST)},
            )
        if not self.errors:
            try:
                refuse_same_name(self.cleaned_data["parent"], self.cleaned_data["name"])
            except ValidationError as error:
                self.add_error("name", error)

    def save(self) -> Organization:
        parent: Department = self.cleaned_data["parent"]
        made: Organization = Organization.objects.create(name=self.cleaned_data["name"], parent_id=parent.pk)
        fields = {"department": ["", made.name], "parent": ["", parent.path]}
        log.record(self.by, "organization.added", made, fields=fields)
        return made


class RenameForm(forms.Form):
    name = name_field()

    def __init__(self, data: Any = None, *, department: Department, by: User) -> None:
        self.department, self.by = department, by
        super().__init__(data, initial={"name": department.name})
        self.helper = finish(self)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        assert self.department.above  # noqa: S101 (the company is renamed in Preferences)
        refuse_same_name(self.department.above, name, besides=self.department)
        return name

    def save(self) -> None:
        before, after = self.department.name, self.cleaned_data["name"]
        if before == after:
            return
        Organization.objects.filter(pk=self.department.pk).update(name=after)
        log.record(self.by, "organization.renamed", after, fields={"department": [before, after]})


class MoveForm(forms.Form):
    parent = ParentField(label=_("Parent"))

    def __init__(self, data: Any = None, *, tree: Tree, department: Department, by: User) -> None:
        self.tree, self.department, self.by = tree, department, by
        self.height = department.deepest - department.level
        assert department.above  # noqa: S101 (the company is in nothing)
        super().__init__(data, initial={"parent": department.above.pk})
        self.fields["parent"].tree = tree  # type: ignore[attr-defined]
        self.helper = finish(self)

    def offered(self) -> Collection[Department]:
        own = set(self.department.with_all_below())
        return [each for each in self.tree if each not in own and each.level + 1 + self.height <= LEVELS]

    def clean_parent(self) -> Department:
        parent: Department = self.cleaned_data["parent"]
        if parent in set(self.department.with_all_below()):
            raise ValidationError(
                _("%(department)s cannot be moved into itself or its sub-departments. Choose another one."),
                code="ring",
                params={"department": self.department.name},
            )
        if parent.level + 1 + self.height > LEVELS:
            raise ValidationError(
                _("Under %(parent)s, there would be more than %(most)s levels. Choose a department above it."),
                code="too_deep",
                params={"parent": parent.name, "most": LEVELS},
            )
        rename = gettext("%(parent)s already has a department named %(name)s. Rename one of them first.")
        refuse_same_name(parent, self.department.name, self.department, rename)
        return parent

    def save(self) -> None:
        parent: Department = self.cleaned_data["parent"]
        if parent is self.department.above:
            return
        assert self.department.above  # noqa: S101 (the company is in nothing)
        Organization.objects.filter(pk=self.department.pk).update(parent_id=parent.pk)
        fields = {"parent": [self.department.above.path, parent.path]}
        log.record(self.by, "organization.moved", self.department, fields=fields)


class DeleteForm:
    """Its people and the departments in it move to the one above."""

    def __init__(self, department: Department, by: User) -> None:
        assert department.above  # noqa: S101 (the company stays)
        self.department, self.parent, self.by = department, department.above, by
        self.people = Memberships.objects.filter(organization=department.pk).count()
        self.reaching = list(Role.objects.filter(organizations=department.pk))

    def refusal(self) -> str:
        twice = [each for each in self.department.below if self.parent.has_below(each.name, besides=self.department)]
        if not twice:
            return ""
        words = gettext(
            "%(parent)s and %(department)s both have a department named %(name)s. Rename one of them first."
        )
        return words % {"parent": self.parent, "name": twice[0], "department": self.department}

    @property
    def deeper(self) -> int:
        """How many lie in the departments that lie in it."""
        return len(list(self.department.with_all_below())) - len(self.department.below) - 1

    def left_with_nothing(self) -> list[Role]:
        """Roles that would reach nobody."""
        return [
            role
            for role in self.reaching
            if not role.reaches_everybody and not role.organizations.exclude(pk=self.department.pk).exists()
        ]

    def delete(self) -> None:
        pk, above = self.department.pk, self.parent.pk
        Organization.objects.select_for_update().get(pk=pk)  # waits for who is just being put into it
        there = Memberships.objects.filter(organization=above).values("user")
        moved = Memberships.objects.filter(organization=pk)
        moved.exclude(user__in=there).update(organization=above)
        Organization.objects.filter(pk=pk).update(name=str(uuid4()))  # one in it may have its name
        Organization.objects.filter(parent=pk).update(parent=above)
        Organization.objects.filter(pk=pk).delete()
        log.record(
            self.by,
            "organization.deleted",
            self.department,
            fields={"department": [self.department.name, ""], "parent": [self.parent.path, ""]},
            people=self.people,
            departments=len(self.department.below),
            roles=[role.name for role in self.reaching],
        )
