from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from accounts import sealer
from accounts.models import User
from extensions import validators

if TYPE_CHECKING:
    from pbxportal.models import Preferences


class SipExtensionQuerySet(models.QuerySet["SipExtension"]):
    def visible_to(self, user: User) -> Self:
        return self if user.sees_extensions else self.filter(user=user)

    def enabled(self) -> Self:
        return self.filter(enabled=True)

    def search(self, text: str) -> Self:
        found = self
        for word in text.casefold().split():
            found = found.filter(search_text__contains=word)
        return found

    def _free_from(self, first: int) -> int:
        """The lowest number from `first` on that nobody has."""
        if not self.filter(position=first).exists():
            return first
        followed = self.filter(position=models.OuterRef("position") + 1)
        ends = self.filter(position__gte=first).filter(~models.Exists(followed)).order_by("position")
        return int(ends.values_list("position", flat=True)[0]) + 1

    def next_free_number(self, preferences: Preferences) -> str:
        """The lowest number of the range that can be given; "" where none is left."""
        number = self._free_from(preferences.first_number)
        while number <= preferences.last_number:
            emergency = validators.is_emergency_number(str(number), preferences.country)
            if not emergency and not self.filter(registration_name=str(number)).exists():
                return str(number)
            number = self._free_from(number + 1)
        return ""


class SipExtension(models.Model):
    """A person's number, and the account by which that person's phones register."""

    MAX_PHONES = (1, 2, 3)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, models.CASCADE, related_name="sip_extension")
    number = models.CharField(
        "Extension Number",
        max_length=8,
        unique=True,
        validators=[validators.extension_number],
        error_messages={"unique": "Another extension has this number."},
    )
    position = models.GeneratedField(
        expression=Cast("number", models.BigIntegerField()), output_field=models.BigIntegerField(), db_persist=True
    )
    caller_id = models.CharField("Caller ID", max_length=31, validators=[validators.caller_id])
    registration_name = models.CharField(
        "Registration Name",
        max_length=63,
        unique=True,
        validators=[validators.registration_name],
        error_messages={"unique": "Another extension registers with this name."},
    )
    sealed_password = models.TextField(editable=False)
    max_phones = models.PositiveSmallIntegerField(
        "IP Phone Concurrent Registrations", default=1, choices=[(n, str(n)) for n in MAX_PHONES]
    )
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    sort_name = models.CharField(max_length=127, editable=False)
    search_text = models.TextField(editable=False)

    objects = SipExtensionQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=models.Q(max_phones__in=(1, 2, 3)), name="one_to_three_phones"),
        ]
        indexes = [
            models.Index(F("position"), F("id"), name="by_position"),
            models.Index(fields=["sort_name", "id"], name="by_name"),
        ]

    def __str__(self) -> str:
        return f"Extension {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        user = self.user
        self.sort_name = user.full_name.casefold()[:127]
        self.search_text = " ".join(
            [self.number, user.full_name, user.email or "", user.mobile, self.caller_id, user.job_title]
        ).casefold()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("extensions:detail", args=[self.number])

    @property
    def registration_password(self) -> str:
        return sealer.unseal("registration password", self.pk, self.sealed_password)

    @registration_password.setter
    def registration_password(self, text: str) -> None:
        self.sealed_password = sealer.seal("registration password", self.pk, text)


class ChangeQuerySet(models.QuerySet["Change"]):
    def waiting(self) -> Self:
        return self.filter(applied_at=None, discarded_at=None)

    def of(self, numbers: Iterable[str]) -> Self:
        return self.filter(number__in=numbers)

    def numbers(self) -> list[str]:
        return list(self.order_by("number").values_list("number", flat=True).distinct())


class Change(models.Model):
    """One saved wish about one extension, until the PBX has been shown to fulfil it."""

    class Kind(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        DELETED = "deleted"

    number = models.CharField(max_length=8, db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    fields = models.JSONField(default=dict)  # name -> [before, after]; secrets masked
    former = models.JSONField(null=True)  # the wish before, whole, as extensions.wish keeps it; None: no extension
    applied_at = models.DateTimeField(null=True, editable=False)
    discarded_at = models.DateTimeField(null=True, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["number"], condition=models.Q(applied_at=None, discarded_at=None), name="waiting_changes"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
