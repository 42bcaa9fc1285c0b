from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import phonenumbers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from accounts.organization_tree import Tree
from core import localization
from core.access.permissions import BY_ORGANIZATION, DEFAULT_ROLES, VIEW_OF, Permission, with_views
from core.constraints import ConstraintsOfFields
from core.forms.fields import NormalizedEmailField, PhoneNumberField, SingleLineField
from core.preferences.models import NameFormat, Preferences

# Rows that every installation has, in English: pages show a default role's name translated.
# A default role's key is its row in `permissions`.
DEFAULT_ROLE_NAMES = {
    "super_administrator": gettext_noop("Super Administrator"),
    "administrator": gettext_noop("Administrator"),
    "supervisor": gettext_noop("Supervisor"),
    "operator": gettext_noop("Operator"),
    "employee": gettext_noop("Employee"),
    "human_resource": gettext_noop("Human Resources"),
    "accounting": gettext_noop("Accounting"),
}


def custom_key() -> str:
    return f"custom-{uuid.uuid4().hex}"


class NoSuperAdministrator(Exception):
    """Nobody would be left who may do everything."""


class Role(ConstraintsOfFields):
    """A set of permissions, and whose extensions it reaches. A default role's are in the table, by its key."""

    SUPER_ADMINISTRATOR = "super_administrator"
    constraint_fields: ClassVar[dict[str, str]] = {"same_name": "name"}

    class Reach(models.TextChoices):
        ALL = "all", _("All extensions")
        ORGANIZATIONS = "organizations", _("Extensions in selected departments")

    name = SingleLineField(max_length=63)
    key = models.SlugField(max_length=40, unique=True, editable=False, default=custom_key)
    position = models.PositiveSmallIntegerField(default=100, editable=False)
    granted = models.JSONField(default=list, editable=False)  # of a custom role
    reach = models.CharField(max_length=16, choices=Reach, default=Reach.ALL)
    organizations: models.ManyToManyField[Organization, Any] = models.ManyToManyField(
        "Organization", related_name="reached_by", blank=True
    )
    below = models.BooleanField(_("Include sub-departments"), default=True)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="one_role_of_a_name",
                violation_error_code="same_name",
                violation_error_message=_("A role with this name already exists. Choose another name."),
            )
        ]

    def __str__(self) -> str:
        """As it is shown: a default role's name is translated."""
        return gettext(DEFAULT_ROLE_NAMES[self.key]) if self.is_default else self.name

    @property
    def is_default(self) -> bool:
        return self.key in DEFAULT_ROLES

    @property
    def reaches_everybody(self) -> bool:
        return self.reach == self.Reach.ALL

    @property
    def permissions(self) -> frozenset[Permission]:
        """Of a module that concerns the whole system, a role of some organizations has nothing."""
        if self.is_default:
            return DEFAULT_ROLES[self.key]
        granted = with_views(frozenset(each for each in Permission if each in self.granted))
        return granted if self.reaches_everybody else granted & BY_ORGANIZATION

    @property
    def manages_anything(self) -> bool:
        return not self.permissions.isdisjoint(VIEW_OF)

    @property
    def reaches_extensions(self) -> bool:
        return bool(self.permissions & BY_ORGANIZATION)

    def reached_organizations(self) -> frozenset[int]:
        """Primary keys; none while Organization Management is off, and none of a role that reaches everybody."""
        if self.reaches_everybody or not Preferences.current().organization_management:
            return frozenset()
        chosen = self.organizations.values_list("pk", flat=True)
        return frozenset(Organization.tree().with_all_below(chosen) if self.below else chosen)


class Organization(models.Model):
    """A department. The one without a parent is the company itself."""

    name = SingleLineField(max_length=63)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("parent", Lower("name"), name="one_name_among_siblings"),
            models.UniqueConstraint(Coalesce("parent", 0), condition=Q(parent=None), name="one_company"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def company(cls) -> Organization:
        return cls.objects.get(parent=None)

    @classmethod
    def company_name(cls) -> str:
        """On every page: without the tree around it."""
        return str(cls.objects.filter(parent=None).values_list("name", flat=True)[0])

    @classmethod
    def tree(cls) -> Tree:
        return Tree(cls.objects.order_by().values_list("pk", "parent_id", "name"))

    @classmethod
    @contextmanager
    def locked_tree(cls) -> Iterator[Tree]:
        """For whoever changes it: one after the other, each with the tree as the one before has left it."""
        with transaction.atomic():
            cls.objects.select_for_update(no_key=True).get(parent=None)
            yield cls.tree()


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username)

    def super_administrators(self) -> models.QuerySet[User]:
        return self.filter(role__key=Role.SUPER_ADMINISTRATOR, is_active=True)

    def who_may(self, permission: Permission) -> list[User]:
        """Those with an e-mail address."""
        roles = [role.pk for role in Role.objects.all() if permission in role.permissions]
        return list(self.filter(role__in=roles, is_active=True).exclude(email=None).select_related("role"))

    def keep_a_super_administrator(self) -> None:
        """After whatever may take one away, in its transaction: two such deeds wait here for each other.

        Raises NoSuperAdministrator where none is left; the transaction is then to be rolled back.
        """
        Role.objects.select_for_update().get(key=Role.SUPER_ADMINISTRATOR)
        if not self.super_administrators().exists():
            raise NoSuperAdministrator


class User(ConstraintsOfFields, AbstractBaseUser):
    """A person. Signs in with the e-mail address; without one, has a number only."""

    first_name = SingleLineField(max_length=63, blank=True)
    last_name = SingleLineField(max_length=63, blank=True)
    email = NormalizedEmailField(
        max_length=254,
        unique=True,
        null=True,
        blank=True,
        error_messages={
            "unique": _("Another person already signs in with this e-mail address. Enter a different one.")
        },
    )
    mobile: models.Field[PhoneNumber | str, PhoneNumber] = PhoneNumberField(max_length=16, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="users")
    organizations = models.ManyToManyField(Organization, related_name="users", blank=True)
    job_title = SingleLineField(max_length=63, blank=True)
    password_seen = models.BooleanField(default=False)  # by the administrator who typed it
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    language = models.CharField(max_length=10, blank=True)  # "": that of Preferences
    muted = models.JSONField(default=list)  # kinds of e-mails that the person does not want
    link_version = models.PositiveIntegerField(default=0)  # a link to choose a password works for its version alone

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name"]
    constraint_fields: ClassVar[dict[str, str]] = {"no_name": "first_name"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(first_name="") | ~Q(last_name=""),
                name="a_person_has_a_name",
                violation_error_code="no_name",
                violation_error_message=_("Enter a first name or a last name."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """A new password or another role ends the sessions at once."""
        return salted_hmac("accounts.session", f"{self.password} {self.role_id}", secret=secret).hexdigest()

    @property
    def full_name(self) -> str:
        return self.name_in(Preferences.current().names)

    def name_in(self, names: NameFormat) -> str:
        return names.of(self.first_name, self.last_name)

    @property
    def mobile_shown(self) -> str:
        """As people of the language's own country write their numbers, and others'."""
        if isinstance(self.mobile, str):  # cheaper than a number's own truth, of which a list asks for each row
            return ""
        if phonenumbers.region_code_for_number(self.mobile) == localization.region():
            return str(self.mobile.as_national)
        return self.mobile_typed

    @property
    def mobile_typed(self) -> str:
        """As it stands where it is typed or stored: the same in every language."""
        return "" if isinstance(self.mobile, str) else str(self.mobile.as_international)

    @property
    def must_change_password(self) -> bool:
        """Before anything else, at the next sign-in."""
        return self.password_seen and Preferences.current().change_seen_password

    @property
    def permissions(self) -> frozenset[Permission]:
        return self.role.permissions if self.role and self.is_active else frozenset()

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    @cached_property
    def may(self) -> dict[str, bool]:
        """For templates: user.may.view_roles."""
        return {each.name.lower(): each in self.permissions for each in Permission}

    @property
    def reaches_everybody(self) -> bool:
        return self.role is not None and self.role.reaches_everybody

    @cached_property
    def reached_organizations(self) -> frozenset[int]:
        return self.role.reached_organizations() if self.role else frozenset()

    def reaches_up_to(self, role: Role | None) -> bool:
        """Whether this person may do all that the role may: nobody changes, or makes, a mightier person.

        A Super Administrator changes those too who may do what that role does not do itself.
        """
        if role is None or self.is_super_administrator:
            return True
        if not role.permissions <= self.permissions:
            return False
        if self.reaches_everybody or not role.permissions:
            return True
        return not role.reaches_everybody and role.reached_organizations() <= self.reached_organizations

    @property
    def adds_extensions(self) -> bool:
        """Not one whose role reaches nobody: of whom that person adds, it would see nothing."""
        return self.manages_extensions and (self.reaches_everybody or bool(self.reached_organizations))

    def join_the_company(self) -> None:
        """Who is in no department, as while there are none to choose, is of the company."""
        if not self.organizations.exists():
            self.organizations.add(Organization.company())

    @property
    def sees_extensions(self) -> bool:
        return self.can(Permission.VIEW_EXTENSIONS)

    @property
    def manages_extensions(self) -> bool:
        return self.can(Permission.MANAGE_EXTENSIONS)

    @property
    def is_super_administrator(self) -> bool:
        return self.role is not None and self.role.key == Role.SUPER_ADMINISTRATOR and self.is_active

    def is_last_super_administrator(self) -> bool:
        if not self.is_super_administrator:
            return False
        return not User.objects.super_administrators().exclude(pk=self.pk).exists()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises NoSuperAdministrator where this is the last one."""
        with transaction.atomic():
            was_super = self.is_super_administrator
            deleted = super().delete(*args, **kwargs)
            if was_super:
                User.objects.keep_a_super_administrator()
        return deleted

    def words(self) -> Iterator[str]:
        """What others know of this person, and would try as the password."""
        yield from f"{self.first_name} {self.last_name}".split()
        if self.email:
            yield self.email
            yield self.email.partition("@")[0]
