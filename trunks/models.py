"""Lines to the world: trunks, which numbers go out and come in by them, and emergency calls."""

import hashlib
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import encryption
from core.forms.fields import SingleLineField
from core.preferences.models import HOST, MediaEncryption, Preferences, known_zone
from extensions.validators import extension_number
from trunks import call_destinations
from trunks.call_destinations import CallDestination, Kind

MOST_CALLS = 500
MOST_MEMBERS = 100
SHORTEST_RING, LONGEST_RING = 5, 300  # seconds
E164 = RegexValidator(
    r"\A\+[1-9][0-9]{5,14}\Z", _("Enter the number with + and country code, such as +493012345678."), code="e164"
)
ACCOUNT = RegexValidator(
    r"\A[A-Za-z0-9._+@~*-]{1,63}\Z",
    _("Use up to 63 letters, digits, and . _ + @ ~ * -. This is not what a provider gives."),
    code="account",
)


class Line(models.Model):
    """What an administrator names, orders, and applies as a whole with the others."""

    name = SingleLineField(
        _("Name"), max_length=40, unique=True, error_messages={"unique": _("Another one has this name.")}
    )
    enabled = models.BooleanField(_("Enabled"), default=True)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class CallDestinationField(models.CharField[str, str]):
    """The text of a CallDestination. What one of them goes to is not deleted (trunks.usage)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": call_destinations.LONGEST, **kwargs})


class TrunkQuerySet(models.QuerySet["Trunk"]):
    def for_emergencies(self) -> Self:
        """Those that carry emergency calls, in the order in which they are tried."""
        return self.filter(enabled=True, carries_emergency=True)


class Trunk(Line):
    """A line to a telephone company, or to another PBX."""

    class Transport(models.TextChoices):
        UDP = "udp", "UDP"
        TCP = "tcp", "TCP"
        TLS = "tls", "TLS"

    class CallerId(models.TextChoices):
        EXTENSION = "extension", _("The extension's, or else the trunk's")
        TRUNK = "trunk", _("Always the trunk's")

    class NumberFormat(models.TextChoices):
        PLUS = "plus", _("With + (+493012345678)")
        DIGITS = "digits", _("Without + (493012345678)")
        DIALED = "dialed", _("As dialed")

    class Codecs(models.TextChoices):
        EUROPE = "alaw,ulaw", _("G.711 A-law, then µ-law")
        AMERICA = "ulaw,alaw", _("G.711 µ-law, then A-law")
        WIDE = "g722,alaw,ulaw", _("G.722 (HD), then G.711")

    registers = models.BooleanField(_("Registers at the provider"), default=True)
    host = models.CharField(_("Server"), max_length=253, validators=[HOST])
    port = models.PositiveIntegerField(
        _("Port"), default=0, blank=True, validators=[MinValueValidator(0), MaxValueValidator(65535)]
    )
    transport = models.CharField(_("Transport"), max_length=3, choices=Transport, default=Transport.UDP)
    media_encryption = models.CharField(
        _("Media Encryption"), max_length=8, choices=MediaEncryption, default=MediaEncryption.OFF
    )
    username = models.CharField(_("User Name"), max_length=63, blank=True, validators=[ACCOUNT])
    auth_name = models.CharField(_("Authentication Name"), max_length=63, blank=True, validators=[ACCOUNT])
    sealed_password = models.TextField(editable=False, default="", blank=True)
    number = models.CharField(_("Number"), max_length=16, blank=True, validators=[E164])
    caller_id = models.CharField(_("Caller ID"), max_length=9, choices=CallerId, default=CallerId.EXTENSION)
    number_format = models.CharField(
        _("Format of Numbers"), max_length=6, choices=NumberFormat, default=NumberFormat.PLUS
    )
    codecs = models.CharField(_("Codecs"), max_length=20, choices=Codecs, default=Codecs.EUROPE)
    max_calls = models.PositiveSmallIntegerField(
        _("Calls at once"), default=0, blank=True, validators=[MaxValueValidator(MOST_CALLS)]
    )
    keep_alive = models.PositiveSmallIntegerField(
        _("Check every (seconds)"), default=30, blank=True, validators=[MaxValueValidator(3600)]
    )
    carries_emergency = models.BooleanField(_("Carries emergency calls"), default=True)

    objects = TrunkQuerySet.as_manager()

    @property
    def asterisk_name(self) -> str:
        return f"trunk-{self.pk}"

    @property
    def password(self) -> str:
        return self.sealed_password and encryption.unseal("trunk password", self.pk, self.sealed_password)

    @password.setter
    def password(self, text: str) -> None:
        """Of one that is saved: the seal is bound to its row."""
        self.sealed_password = encryption.seal("trunk password", self.pk, text) if text else ""


class OutboundRoute(Line):
    """Which dialed numbers go out, and over which trunks."""

    class Hours(models.TextChoices):
        ALWAYS = "", _("Always")
        OPEN = "open", _("In business hours")
        CLOSED = "closed", _("Outside business hours and on holidays")

    patterns = models.TextField(_("Numbers"), blank=True)  # one a line; none: every outside number
    strip = models.PositiveSmallIntegerField(
        _("Remove digits"), default=0, blank=True, validators=[MaxValueValidator(10)]
    )
    prepend = models.CharField(
        _("Put in front"), max_length=16, blank=True, validators=[RegexValidator(r"\A\+?[0-9*#]{0,15}\Z")]
    )
    hours = models.CharField(_("Used"), max_length=6, choices=Hours, default=Hours.ALWAYS, blank=True)

    class Picks(models.TextChoices):
        ORDER = "order", _("In this order")
        LEAST = "least", _("The one with the fewest calls first")

    trunks = models.JSONField(default=list)  # primary keys, in the order in which they are tried
    picks = models.CharField(_("Which trunk"), max_length=5, choices=Picks, default=Picks.ORDER)
    sealed_pin = models.TextField(editable=False, default="", blank=True)
    # Who may use it: everyone, or who has one of the roles, is in one of the organizations or below, or is an extension
    # of the text ("1000,1100-1199"). Primary keys, as an undo brings back what has been deleted meanwhile.
    restricted = models.BooleanField(_("Who may use it"), default=False)
    roles = models.JSONField(default=list, blank=True)
    organizations = models.JSONField(default=list, blank=True)
    extensions = models.CharField(_("Extensions"), max_length=511, blank=True)

    @property
    def pin(self) -> str:
        return self.sealed_pin and encryption.unseal("route PIN", self.pk, self.sealed_pin)

    @pin.setter
    def pin(self, text: str) -> None:
        """Of one that is saved: the seal is bound to its row."""
        self.sealed_pin = encryption.seal("route PIN", self.pk, text) if text else ""


class InboundRoute(Line):
    """Where calls to a number of ours go."""

    number = models.CharField(_("Called Number"), max_length=16, blank=True)  # E.164, "": any other
    goes_to = CallDestinationField(_("Goes to"))
    closed_goes_to = CallDestinationField(_("Outside Business Hours"), blank=True)  # "": the same
    holiday_goes_to = CallDestinationField(_("On Holidays"), blank=True)  # "": the same as outside business hours

    class Meta(Line.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["number"], name="one_route_of_a_number")]


class RingGroup(Line):
    """A number by which several extensions are called."""

    class Strategy(models.TextChoices):
        ALL = "all", _("Ring all")
        IN_ORDER = "order", _("One after another")

    number = models.CharField(
        _("Number"),
        max_length=8,
        unique=True,
        validators=[extension_number],
        error_messages={"unique": _("Another ring group has this number.")},
    )
    members = models.JSONField(_("Members"), default=list)  # numbers of extensions, in the order in which they ring
    strategy = models.CharField(_("Strategy"), max_length=5, choices=Strategy, default=Strategy.ALL)
    ring_seconds = models.PositiveSmallIntegerField(
        _("Ring Time (seconds)"),
        default=30,
        validators=[MinValueValidator(SHORTEST_RING), MaxValueValidator(LONGEST_RING)],
    )
    goes_to = CallDestinationField(_("If nobody answers"))

    class Meta(Line.Meta):
        abstract = False
        ordering = ["number"]

    @property
    def destination(self) -> str:
        """By which others go to it."""
        return str(CallDestination(Kind.GROUP, str(self.pk)))


class AnnouncementSound(models.Model):
    """A sound that was uploaded, as the PBX plays it."""

    version = models.CharField(max_length=16, primary_key=True)  # by what it sounds like
    name = models.CharField(max_length=60)  # of the file
    wav = models.BinaryField()
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def store(cls, wav: bytes, name: str) -> str:
        """Gives its version. The same sound twice is one."""
        version = hashlib.sha256(wav).hexdigest()[:16]
        values = {"name": name[:60], "wav": wav, "added_at": timezone.now()}
        cls.objects.update_or_create(version=version, defaults=values)
        return version


class Announcement(Line):
    """What callers hear before their call goes on."""

    sound = models.CharField(_("Audio file"), max_length=16)  # version of an AnnouncementSound
    goes_to = CallDestinationField(_("Afterwards"))

    class Meta(Line.Meta):
        abstract = False
        ordering = ["name"]

    @property
    def destination(self) -> str:
        """By which others go to it."""
        return str(CallDestination(Kind.ANNOUNCEMENT, str(self.pk)))


class Emergency(models.Model):
    """One row: what is an emergency number besides the country's own, and who is told of a call to one."""

    more_numbers = models.TextField(_("More emergency numbers"), blank=True)  # one a line
    people = models.JSONField(_("People to tell"), default=list)  # primary keys
    phones = models.CharField(_("Extensions to ring"), max_length=120, blank=True)  # numbers, by commas

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_emergency")]

    def __str__(self) -> str:
        return "Emergency"

    @classmethod
    def load(cls) -> "Emergency":
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def phone_numbers(self) -> list[str]:
        return [number for number in self.phones.split(",") if number]


def system_zone() -> str:
    return str(Preferences.now("time_zone"))


class BusinessHours(models.Model):
    """One row: when the office is open. With no hours of any day it always is, but for holidays."""

    monday = models.CharField(_("Monday"), max_length=40, blank=True)  # as trunks.hours.week writes them
    tuesday = models.CharField(_("Tuesday"), max_length=40, blank=True)
    wednesday = models.CharField(_("Wednesday"), max_length=40, blank=True)
    thursday = models.CharField(_("Thursday"), max_length=40, blank=True)
    friday = models.CharField(_("Friday"), max_length=40, blank=True)
    saturday = models.CharField(_("Saturday"), max_length=40, blank=True)
    sunday = models.CharField(_("Sunday"), max_length=40, blank=True)
    time_zone = models.CharField(_("Time Zone"), max_length=63, default=system_zone, validators=[known_zone])
    country = models.CharField(_("Country"), max_length=2, blank=True)  # whose holidays
    region = models.CharField(_("Region"), max_length=40, blank=True)  # as the package holidays names it

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_hours")]

    def __str__(self) -> str:
        return "Business hours"

    @classmethod
    def load(cls) -> "BusinessHours":
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class Holiday(models.Model):
    """Days on which the office is closed, once or every year."""

    name = SingleLineField(_("Name"), max_length=60)
    first_day = models.DateField(_("First Day"))
    last_day = models.DateField(_("Last Day"))
    every_year = models.BooleanField(_("Every Year"), default=False)

    class Meta:
        ordering = ["first_day", "id"]

    def __str__(self) -> str:
        return self.name


class LinesVersion(models.Model):
    """All lines as they were wished at one time. `version`: by what it says, as SystemChange has it."""

    version = models.CharField(max_length=16, primary_key=True)
    record = models.JSONField(default=dict)
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.version


Record = dict[str, list[dict[str, Any]]]
