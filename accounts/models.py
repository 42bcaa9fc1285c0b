from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import phonenumbers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from tree_queries.models import TreeNode

from accounts.fields import LowercaseEmailField, SingleLineField
from accounts.permissions import DEFAULT_ROLES, Permission


class Role(models.Model):
    """A set of permissions. A default role has a key, by which `permissions` finds its row of the table."""

    SUPER_ADMINISTRATOR = "super_administrator"

    name = SingleLineField(max_length=63, unique=True)
    key = models.SlugField(max_length=40, unique=True, editable=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def permissions(self) -> frozenset[Permission]:
        return DEFAULT_ROLES[self.key]


class Organization(TreeNode):  # type: ignore[misc]
    """A department. The one without a parent is the company itself."""

    name = SingleLineField(max_length=63)

    class Meta(TreeNode.Meta):  # type: ignore[misc]
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="one_name_among_siblings",
                violation_error_message="There is a department of this name here.",
            ),
            models.UniqueConstraint(Coalesce("parent", 0), condition=Q(parent=None), name="one_company"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def company(cls) -> Organization:
        root: Organization = cls.objects.get(parent=None)
        return root

    @classmethod
    def company_name(cls) -> str:
        """On every page: without the tree around it."""
        return str(cls.objects.filter(parent=None).values_list("name", flat=True)[0])


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=username.lower() if username else None)

    def super_administrators(self) -> models.QuerySet[User]:
        return self.filter(role__key=Role.SUPER_ADMINISTRATOR, is_active=True)


class User(AbstractBaseUser):
    """A person. Signs in with the e-mail address; without one, has a number only."""

    first_name = SingleLineField(max_length=63, blank=True)
    last_name = SingleLineField(max_length=63, blank=True)
    email = LowercaseEmailField(
        max_length=254,
        unique=True,
        null=True,
        blank=True,
        error_messages={"unique": "Another person has this e-mail address. Each address is one person's sign-in."},
    )
    mobile = models.CharField(max_length=16, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="users")
    organizations = models.ManyToManyField(Organization, related_name="users", blank=True)
    job_title = SingleLineField(max_length=63, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(first_name="") | ~Q(last_name=""),
                name="a_person_has_a_name",
                violation_error_message="Enter a first name or a last name.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def mobile_shown(self) -> str:
        if not self.mobile:
            return ""
        number = phonenumbers.parse(self.mobile)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    @property
    def permissions(self) -> frozenset[Permission]:
        return self.role.permissions if self.role and self.is_active else frozenset()

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    def reaches_up_to(self, role: Role | None) -> bool:
        """Whether this person may do all that the role may: nobody changes, or makes, a mightier person."""
        return role is None or role.permissions <= self.permissions

    @property
    def sees_extensions(self) -> bool:
        return self.can(Permission.VIEW_EXTENSIONS)

    @property
    def manages_extensions(self) -> bool:
        return self.can(Permission.MANAGE_EXTENSIONS)

    @property
    def manages_preferences(self) -> bool:
        return self.can(Permission.MANAGE_PREFERENCES)

    def is_last_super_administrator(self) -> bool:
        if self.role is None or self.role.key != Role.SUPER_ADMINISTRATOR:
            return False
        return not User.objects.super_administrators().exclude(pk=self.pk).exists()

    def words(self) -> Iterator[str]:
        """What others know of this person, and would try as the password."""
        yield from f"{self.first_name} {self.last_name}".split()
        if self.email:
            yield self.email
            yield self.email.partition("@")[0]


class AuditRecord(models.Model):
    """A deed, recorded with it in the same transaction. `detail` never holds a secret."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    deed = models.CharField(max_length=40)
    on = models.CharField(max_length=254)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.deed} {self.on}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("An audit record is written once.")
        super().save(*args, **kwargs)
