from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords import rules as password_rules
from core import encryption
from core.folding import fold
from core.forms.fields import SingleLineField
from core.preferences.models import MediaEncryption, NameFormat, Preferences, Transport
from extensions import validators
from extensions.fields import AfterVoicemailEmail, MessagesThen, OutboundCalls, VoicemailEmail
from extensions.pbx import Folder

NARROW = 256
# Of what lies above: code -> the numbers that are something else's, and so no extension's.
TAKEN: dict[str, Callable[[], set[str]]] = {}
MOST_OUTBOUND_CALLS = 100
MINUTES_A_DAY = 24 * 60
PLACES_OF_A_ROLE = 100_000_000  # more than there are numbers
# The orders of the list: the index of each also has what the list is narrowed down by, and no row is read for it.
ORDERS = {
    "by_position": "position",
    "by_name": "sort_name",
    "by_email": "sort_email",
    "by_mobile": "sort_mobile",
    "by_role": "sort_role",
    "by_caller_id": "caller_id",
}
# What few may be without: those are found at once, and need not be met on a walk.
WITHOUT = {
    "by_position_disabled": "enabled",
    "by_position_no_mailbox": "voicemail",
    "by_position_no_password": "has_password",
    "by_position_no_phone": "has_phone",
}
FILTERED_BY = ("enabled", "voicemail", "has_password", "sort_role", "user")
MOST_DAY_MINUTES = 9_999


def sort_name(name: str) -> str:
    return name.casefold()[:127]


def first_of_role(role: int | None) -> int:
    """Where those of the role begin in their order; None: of none."""
    return (role or 0) * PLACES_OF_A_ROLE


def search_text(*found_by: str | None) -> str:
    return " ".join(fold(each or "") for each in found_by)


class SipExtensionQuerySet(models.QuerySet["SipExtension"]):
    def reached_by(self, user: User) -> Self:
        """Those that the person's role is about."""
        if not user.sees_extensions:
            return self.none()
        if user.reaches_everybody:
            return self
        members = User.organizations.through.objects.filter(organization__in=user.reached_organizations)
        return self.filter(user__in=members.values("user"))

    def visible_to(self, user: User) -> Self:
        """Those, and the person's own."""
        if not user.sees_extensions:
            return self.filter(user=user)
        if user.reaches_everybody:
            return self
        return self.filter(models.Q(user=user) | models.Q(pk__in=SipExtension.objects.reached_by(user).values("pk")))

    def enabled(self) -> Self:
        return self.filter(enabled=True)

    def handed_over(self) -> Self:
        """Those without phones of their own whose calls ring somebody else's."""
        return self.filter(enabled=False, handed_to__isnull=False)

    def to_be_deleted(self, today: date) -> Self:
        return self.filter(left_on__isnull=False, delete_on__lte=today)

    def containing(self, words: Iterable[str]) -> Self:
        found = self
        for word in words:
            found = found.filter(search_text__contains=word)
        return found

    def _free_from(self, first: int) -> int:
        """The lowest number from `first` on that nobody has.

        A stretch is full if it has as many as fit: without a gap one look at the ends tells, else they are counted in
        stretches that grow, and the one with the gap is halved until it is worth reading.
        """
        width = NARROW
        if self._are_taken(first, width):
            last: int = self.aggregate(last=models.Max("position"))["last"]
            if self.count() - self.filter(position__lt=first).count() == last - first + 1:
                return last + 1
            first, width = first + width, 2 * width
        while self._are_taken(first, width):
            first, width = first + width, 2 * width
        while width > NARROW:
            width //= 2
            if self._are_taken(first, width):
                first += width
        taken = set(self.filter(position__range=(first, first + width - 1)).values_list("position", flat=True))
        gaps = (number for number in range(first, first + width) if number not in taken)
        return next(gaps, first + width)  # somebody else has just taken the last of them

    def _are_taken(self, first: int, many: int) -> bool:
        return self.filter(position__range=(first, first + many - 1)).count() == many

    def refusal_of(self, number: str, preferences: Preferences) -> str:
        """Return the code of what forbids to give the number, were it free; "" where nothing does."""
        if not preferences.first_number <= int(number) <= preferences.last_number:
            return "number_range"
        if validators.is_emergency_number(number, preferences.country):
            return "emergency"
        if self.filter(registration_name=number).exists():
            return "registration_name"
        return next((code for code, numbers in TAKEN.items() if number in numbers()), "")

    def next_free_number(self, preferences: Preferences) -> str:
        """The lowest number of the range that can be given; "" where none is left."""
        number = self._free_from(preferences.first_number)
        while number <= preferences.last_number:
            if not self.refusal_of(str(number), preferences):
                return str(number)
            number += 1
            while validators.is_emergency_number(str(number), preferences.country):
                number += 1  # without a query: a country may have hundreds in a row
            number = self._free_from(number)
        return ""


class SipExtension(models.Model):
    """A person's number, and the account by which that person's phones register."""

    MAX_PHONES = (1, 2, 3)
    # Written by note_person, and where a person is saved alone by receivers.
    FOUND_BY = ("sort_name", "sort_email", "sort_mobile", "sort_role", "has_password", "search_text")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, models.CASCADE, related_name="sip_extension")
    number = models.CharField(
        _("Extension Number"),
        max_length=8,
        unique=True,
        validators=[validators.extension_number],
        error_messages={"unique": _("Another extension has this number.")},
    )
    position = models.GeneratedField(
        expression=Cast("number", models.BigIntegerField()), output_field=models.BigIntegerField(), db_persist=True
    )
    caller_id = models.CharField(_("Caller ID"), max_length=31, validators=[validators.caller_id])
    registration_name = models.CharField(
        _("Registration Name"),
        max_length=63,
        unique=True,
        validators=[validators.registration_name],
        error_messages={"unique": _("Another extension registers with this name.")},
    )
    sealed_password = models.TextField(editable=False)
    renew_password_by = models.DateField(null=True, editable=False)  # a kept one that is easy to guess
    max_phones = models.PositiveSmallIntegerField(
        _("IP Phone Concurrent Registrations"), default=1, choices=[(n, str(n)) for n in MAX_PHONES]
    )
    allowed_networks = models.CharField(_("Allowed Networks"), max_length=511, blank=True)
    transport = models.CharField(_("Transport"), max_length=3, choices=Transport, default=Transport.ANY)
    media_encryption = models.CharField(
        _("Media Encryption"), max_length=8, choices=MediaEncryption, default=MediaEncryption.OFFERED
    )
    outbound_number = models.CharField(_("Outbound Caller ID"), max_length=31, blank=True)
    emergency_number = models.CharField(_("Emergency Outbound Caller ID"), max_length=31, blank=True)
    location = SingleLineField(_("Location"), max_length=60, blank=True)
    outbound_calls = models.CharField(
        _("Outbound Calls"), max_length=8, choices=OutboundCalls, default=OutboundCalls.INTERNATIONAL
    )
    outbound_countries = models.CharField(_("Allowed Countries"), max_length=511, blank=True)  # ISO 3166, by commas
    outbound_calls_at_once = models.PositiveSmallIntegerField(
        _("Outbound Calls at Once"), default=0, blank=True, validators=[MaxValueValidator(MOST_OUTBOUND_CALLS)]
    )
    outbound_call_minutes = models.PositiveSmallIntegerField(
        _("Longest Outbound Call (minutes)"), default=0, blank=True, validators=[MaxValueValidator(MINUTES_A_DAY)]
    )
    outbound_day_minutes = models.PositiveSmallIntegerField(
        _("Outbound Minutes in 24 Hours"), default=0, blank=True, validators=[MaxValueValidator(MOST_DAY_MINUTES)]
    )
    outbound_in_hours = models.BooleanField(_("Outbound Calls in Business Hours Only"), default=False)
    voicemail = models.BooleanField(_("Voicemail"), default=True)
    sealed_voicemail_pin = models.TextField(editable=False, default="")
    voicemail_asks_pin = models.BooleanField(_("Ask for PIN on Own Phone"), default=True)
    voicemail_email = models.CharField(
        _("New Voicemail Notification"), max_length=9, choices=VoicemailEmail, default=VoicemailEmail.RECORDING
    )
    voicemail_after_email = models.CharField(
        _("After Notification"), max_length=6, choices=AfterVoicemailEmail, default=AfterVoicemailEmail.KEEP
    )
    voicemail_says_date = models.BooleanField(_("Announce Date and Time"), default=True)
    voicemail_says_caller = models.BooleanField(_("Announce Caller ID"), default=False)
    voicemail_says_length = models.BooleanField(_("Announce Message Length"), default=False)
    enabled = models.BooleanField(default=True)
    left_on = models.DateField(null=True, editable=False)
    delete_on = models.DateField(null=True, editable=False)  # None: kept until somebody deletes it
    handed_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="handed_over_to_it"
    )  # whose phones ring for the number of one who has left
    messages_then = models.CharField(
        max_length=6, choices=MessagesThen, default=MessagesThen.KEEP, editable=False
    )  # once one has left
    person_was_there = models.BooleanField(default=False, editable=False)  # before it: an undo leaves the person
    version = models.PositiveIntegerField(default=1, editable=False)
    sort_name = models.CharField(max_length=127, editable=False)
    sort_email = models.CharField(max_length=254, editable=False)
    sort_mobile = models.CharField(max_length=16, default="", editable=False)
    sort_role = models.BigIntegerField(default=0, editable=False)  # those without a role first; then by number
    has_password = models.BooleanField(default=False, editable=False)
    has_phone = models.BooleanField(default=False, editable=False)  # a moment ago, as extensions.listing noted it
    search_text = models.TextField(editable=False)

    objects = SipExtensionQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=models.Q(max_phones__in=(1, 2, 3)), name="one_to_three_phones"),
            models.CheckConstraint(
                condition=models.Q(left_on__isnull=False)
                | models.Q(delete_on=None, handed_to=None, messages_then="keep"),
                name="only_who_has_left_goes_or_hands_over",
            ),
            models.CheckConstraint(
                condition=models.Q(left_on=None) | models.Q(enabled=False), name="who_has_left_is_disabled"
            ),
            models.CheckConstraint(condition=~models.Q(handed_to=F("id")), name="handed_to_somebody_else"),
        ]
        indexes = [
            models.Index(fields=["delete_on"], condition=models.Q(delete_on__isnull=False), name="to_be_deleted"),
            *(
                models.Index("position", "id", condition=models.Q(**{field: False}), name=name)
                for name, field in WITHOUT.items()
            ),
            models.Index("position", "id", condition=models.Q(has_phone=True), name="by_position_with_phone"),
            models.Index(
                "position", "id", condition=models.Q(renew_password_by__isnull=False), name="by_position_to_renew"
            ),
            *(models.Index(key, "id", *FILTERED_BY, name=name) for name, key in ORDERS.items()),
        ]

    def __str__(self) -> str:
        return gettext("Extension %(number)s") % {"number": self.number}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.sealed_voicemail_pin:
            self.voicemail_pin = validators.random_pin(self.number)
        self.note_person()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("extensions:detail", args=[self.number])

    def note_person(self, names: NameFormat | None = None) -> None:
        """The columns that the list sorts and searches by. save() does it; what goes around save() must."""
        user = self.user
        name = user.name_in(names or NameFormat(Preferences.now("name_format")))
        self.sort_name = sort_name(name)
        self.sort_email = user.email or ""
        self.sort_mobile = str(user.mobile)
        self.sort_role = first_of_role(user.role_id) + int(self.number)
        self.has_password = password_rules.is_one(user.password)
        self.search_text = search_text(self.number, name, user.email, str(user.mobile), self.caller_id, user.job_title)

    @property
    def registration_password(self) -> str:
        return encryption.unseal("registration password", self.pk, self.sealed_password)

    @registration_password.setter
    def registration_password(self, text: str) -> None:
        self.sealed_password = encryption.seal("registration password", self.pk, text)
        self.renew_password_by = None

    @property
    def voicemail_pin(self) -> str:
        """ "" where none was ever set."""
        return self.sealed_voicemail_pin and encryption.unseal("voicemail PIN", self.pk, self.sealed_voicemail_pin)

    @voicemail_pin.setter
    def voicemail_pin(self, text: str) -> None:
        self.sealed_voicemail_pin = encryption.seal("voicemail PIN", self.pk, text)


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, user: User) -> Self:
        """Of the extensions that the role reaches; of one that is gone, to whom reaches all and to who deleted it."""
        if not user.sees_extensions:
            return self.none()
        if user.reaches_everybody:
            return self
        reached = SipExtension.objects.reached_by(user).values("number")
        deleted = Change.objects.waiting().filter(kind=Change.Kind.DELETED)
        theirs = deleted.filter(by=user).exclude(number__in=deleted.exclude(by=user).values("number"))
        gone = models.Q(number__in=theirs.values("number")) & ~models.Q(
            number__in=SipExtension.objects.values("number")
        )
        return self.filter(models.Q(number__in=reached) | gone)

    def waiting(self) -> Self:
        return self.filter(applied_at=None, discarded_at=None)

    def settled(self) -> Self:
        """Applied or discarded."""
        return self.exclude(applied_at=None, discarded_at=None)

    def of(self, numbers: Iterable[str]) -> Self:
        return self.filter(number__in=numbers)

    def only_by(self, user: User) -> bool:
        """Whether nobody else's change is among them. Asks the two ends of their order by author alone."""
        authors = self.values_list("by", flat=True)
        ends = [*authors.order_by("by")[:1], *authors.order_by("-by")[:1]]
        return all(author == user.pk for author in ends)

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
    former = models.JSONField(
        null=True
    )  # the wish before, whole, as extensions.changes.state keeps it; None: no extension
    applied_at = models.DateTimeField(null=True, editable=False)
    discarded_at = models.DateTimeField(null=True, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["number"], condition=models.Q(applied_at=None, discarded_at=None), name="waiting_changes"
            ),
            models.Index(fields=["by"], condition=models.Q(applied_at=None, discarded_at=None), name="waiting_authors"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class ExtensionTemplate(models.Model):
    """A named set of what Add and Bulk Add suggest. `values`: as forms.shared_values() has them."""

    name = SingleLineField(
        _("Template Name"),
        max_length=63,
        unique=True,
        error_messages={"unique": _("A template with this name already exists. Choose another name.")},
    )
    values = models.JSONField(default=dict)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class BulkAction(models.Model):
    """What was done to many extensions at once, to be undone at once.

    `sealed_credentials`: new passwords and PINs, until they are downloaded; "" then, and where there are none.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("Added")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        ENABLED = "enabled", _("Enabled")
        DISABLED = "disabled", _("Disabled")
        SIGN_IN_BLOCKED = "blocked", _("Sign-in blocked")
        PASSWORDS = "passwords", _("New registration passwords")

    KEPT = timedelta(days=30)  # so long it can be undone
    CREDENTIALS_KEPT = timedelta(days=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=9, choices=Kind)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    count = models.PositiveIntegerField()
    sealed_credentials = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

    def get_absolute_url(self) -> str:
        return reverse("extensions:bulk_action", args=[self.pk])

    @classmethod
    def forget_old(cls) -> None:
        now = timezone.now()
        cls.objects.filter(at__lt=now - cls.KEPT).delete()
        cls.objects.filter(at__lt=now - cls.CREDENTIALS_KEPT).exclude(sealed_credentials="").update(
            sealed_credentials=""
        )

    @property
    def credentials(self) -> list[list[str]]:
        """A row a person; none where there are none, or they were downloaded."""
        if not self.sealed_credentials:
            return []
        rows: list[list[str]] = json.loads(encryption.unseal("bulk credentials", self.pk, self.sealed_credentials))
        return rows

    @credentials.setter
    def credentials(self, rows: list[list[str]]) -> None:
        self.sealed_credentials = encryption.seal("bulk credentials", self.pk, json.dumps(rows)) if rows else ""


class BulkItem(models.Model):
    """One extension of a bulk action. `former`, `later`: what the action changed of its record, before and after it.

    None: no extension. Records as extensions.changes.state keeps them; see extensions.bulk.undo.
    """

    action = models.ForeignKey(BulkAction, models.CASCADE, related_name="items")
    number = models.CharField(max_length=8)
    former = models.JSONField(null=True)
    later = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number


class ListSettings(models.Model):
    """How a person wants the list of extensions. `columns`: names of extensions.listing.columns."""

    user = models.OneToOneField(User, models.CASCADE, related_name="list_settings")
    columns = models.JSONField(default=list)
    page_size = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.page_size}: {', '.join(self.columns)}"


class KnownNetwork(models.Model):
    """Where phones of the extension have registered from before: a /24, or a /64."""

    extension = models.ForeignKey(SipExtension, models.CASCADE, related_name="known_networks")
    network = models.CharField(max_length=43)
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["extension", "network"], name="one_row_of_a_network")]

    def __str__(self) -> str:
        return self.network


class VoicemailMessageQuerySet(models.QuerySet["VoicemailMessage"]):
    def there(self) -> Self:
        return self.filter(gone_at=None)

    def kept(self) -> Self:
        """Those that the person has not deleted."""
        return self.there().exclude(folder=Folder.DELETED)


class VoicemailMessage(models.Model):
    """A message in the mailbox of an extension, as it was found on the PBX. `message_id`: the PBX's, for good."""

    # The rows of an extension that is deleted stay, for when it is put back.
    extension = models.ForeignKey(
        SipExtension, models.DO_NOTHING, db_constraint=False, related_name="voicemail_messages"
    )
    message_id = models.CharField(max_length=64)
    folder = models.CharField(max_length=7, choices=Folder)
    caller_number = models.CharField(max_length=63)
    caller_name = models.CharField(max_length=255)
    left_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()  # of its sound, in bytes
    moved_at = models.DateTimeField(default=timezone.now)  # into this folder
    gone_at = models.DateTimeField(null=True)  # since when it is not on the PBX any more
    to_do = models.CharField(max_length=7, choices=AfterVoicemailEmail, blank=True)  # what the PBX is still to do

    objects = VoicemailMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-left_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["extension", "message_id"], name="one_row_of_a_message")]
        indexes = [
            models.Index(
                fields=["extension", "-left_at"], condition=models.Q(gone_at=None), name="messages_of_a_mailbox"
            ),
            models.Index(fields=["id"], condition=~models.Q(to_do=""), name="messages_to_be_moved"),
            models.Index(fields=["gone_at"], condition=models.Q(gone_at__isnull=False), name="messages_that_are_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.folder}"

    @property
    def is_new(self) -> bool:
        return self.folder == Folder.NEW

    @property
    def caller(self) -> str:
        """ "" where nobody knows."""
        return f"{self.caller_name} ({self.caller_number})" if self.caller_name else self.caller_number

    @property
    def length(self) -> str:
        return f"{self.seconds // 60}:{self.seconds % 60:02}"

    def move_to(self, folder: Folder) -> None:
        """As the PBX has just done."""
        self.folder, self.moved_at = folder, timezone.now()
        self.save(update_fields=["folder", "moved_at"])
