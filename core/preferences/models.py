from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import localization, time_zones
from core.https import USUAL_PORT, Certificate, Choice

# A host name or address, as people type it into a phone.
HOST = RegexValidator(
    r"\A[A-Za-z0-9.:\[\]-]{1,253}\Z", _("Enter a host name or an address, such as pbx.example.com or 192.0.2.10.")
)


PORT = MaxValueValidator(65535)
# Networks that nobody reaches from outside.
PRIVATE = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 127.0.0.0/8, fc00::/7, fe80::/10"


def known_country(code: str) -> None:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(_("Choose a country from the list."), code="country")


def known_zone(name: str) -> None:
    if name != settings.TIME_ZONE and name not in time_zones.names():
        raise ValidationError(_("Choose a time zone from the list, such as America/New_York."), code="time_zone")


def known_language(code: str) -> None:
    if code not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose a language from the list."), code="language")


def default_zone() -> str:
    return str(settings.TIME_ZONE)


class NameFormat(models.TextChoices):
    """In which order a person's names stand."""

    FIRST_LAST = "first_last", _("First Last")
    LAST_FIRST = "last_first", _("Last First")
    LASTFIRST = "lastfirst", _("LastFirst")

    def of(self, first: str, last: str) -> str:
        match self:
            case NameFormat.FIRST_LAST:
                return f"{first} {last}".strip()
            case NameFormat.LAST_FIRST:
                return f"{last} {first}".strip()
            case NameFormat.LASTFIRST:
                return f"{last}{first}"


class MailSecurity(models.TextChoices):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls", _("STARTTLS")
    TLS = "tls", _("TLS")
    NONE = "none", _("None")


class Transport(models.TextChoices):
    """What SIP messages of a phone may travel over."""

    ANY = "any", _("UDP, TCP, or TLS")
    UDP = "udp", _("UDP")
    TCP = "tcp", _("TCP")
    TLS = "tls", _("TLS")


class MediaEncryption(models.TextChoices):
    """Of the sound between a phone and the PBX."""

    OFF = "off", _("Off")
    OFFERED = "offered", _("Offered")
    REQUIRED = "required", _("Required")


class CertificateKind(models.TextChoices):
    """Who signs the certificate of the portal's HTTPS."""

    NONE = Certificate.NONE, _("Off")
    ACME = Certificate.ACME, _("Let's Encrypt")
    AUTHORITY = Certificate.AUTHORITY, _("The portal's own authority")
    FILES = Certificate.FILES, _("A certificate of your own")


# What people may be allowed to change of themselves.
SELF_SERVICE = {
    "avatar": _("Picture"),
    "name": _("Name"),
    "mobile": _("Mobile Number"),
    "email": _("Email Address"),
    "registration_password": _("Registration Password"),
    "voicemail": _("Voicemail"),
}


def usual_self_service() -> list[str]:
    return ["avatar", "mobile", "email", "registration_password", "voicemail"]


def usual_agents() -> str:
    """What programs for attacks call themselves, one a line."""
    return "\n".join(
        (
            "friendly-scanner",
            "sipvicious",
            "sip-scan",
            "sipcli",
            "sipsak",
            "siparmyknife",
            "sundayddr",
            "VaxSIPUserAgent",
        )
    )


def usual_dialled() -> str:
    """What strangers dial to find out whether they can call abroad: prefixes, one a line."""
    return "\n".join(("00972", "000972", "011972", "9011972", "900972", "+972"))


class Preferences(models.Model):
    """What is true of the whole system: one row."""

    name_format = models.CharField(
        _("Name Display Format"), max_length=10, choices=NameFormat, default=NameFormat.FIRST_LAST
    )
    time_zone = models.CharField(_("Time Zone"), max_length=63, default=default_zone, validators=[known_zone])
    organization_management = models.BooleanField(_("Organization Management"), default=True)
    country = models.CharField(max_length=2, default="US", validators=[known_country])
    first_number = models.PositiveIntegerField(
        _("First extension number"), default=1000, validators=[MinValueValidator(10), MaxValueValidator(99_999_999)]
    )
    last_number = models.PositiveIntegerField(
        _("Last extension number"), default=5999, validators=[MinValueValidator(10), MaxValueValidator(99_999_999)]
    )
    sip_host = models.CharField(_("SIP server"), max_length=253, blank=True, validators=[HOST])
    sip_port = models.PositiveIntegerField(
        _("SIP port"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    restore_points = models.PositiveIntegerField(
        _("Number of applies to keep"), default=1000, validators=[MinValueValidator(10), MaxValueValidator(100_000)]
    )

    new_transport = models.CharField(
        _("Transport for new extensions"), max_length=3, choices=Transport, default=Transport.ANY
    )
    new_media_encryption = models.CharField(
        _("Media encryption for new extensions"),
        max_length=8,
        choices=MediaEncryption,
        default=MediaEncryption.OFFERED,
    )

    network_local = models.CharField(_("Local networks"), max_length=511, default=PRIVATE, blank=True)
    network_outside = models.CharField(_("Outside address"), max_length=253, blank=True, validators=[HOST])
    network_stun = models.CharField(_("STUN server"), max_length=253, blank=True, validators=[HOST])
    network_addresses = models.CharField(_("Listen on"), max_length=253, blank=True)
    network_sip_port = models.PositiveIntegerField(_("SIP port of the PBX"), default=0, blank=True, validators=[PORT])
    network_tls_port = models.PositiveIntegerField(_("SIP over TLS port"), default=0, blank=True, validators=[PORT])
    network_rtp_first = models.PositiveIntegerField(_("First RTP port"), default=0, blank=True, validators=[PORT])
    network_rtp_last = models.PositiveIntegerField(_("Last RTP port"), default=0, blank=True, validators=[PORT])

    new_voicemail = models.BooleanField(_("Voicemail for new extensions"), default=True)
    voicemail_minutes = models.PositiveSmallIntegerField(
        _("Longest message (minutes)"), default=10, validators=[MinValueValidator(1), MaxValueValidator(15)]
    )
    voicemail_messages = models.PositiveSmallIntegerField(
        _("Messages per mailbox"), default=100, validators=[MinValueValidator(1), MaxValueValidator(500)]
    )
    voicemail_days = models.PositiveSmallIntegerField(
        _("Days to keep messages"), default=0, validators=[MaxValueValidator(3650)]
    )

    hold_music = models.CharField(
        _("Music on hold"), max_length=16, blank=True
    )  # HoldMusic.version; "" for the built-in
    lines = models.CharField(max_length=16, blank=True, editable=False)  # trunks.models.LinesVersion
    outbound_a_minute = models.PositiveSmallIntegerField(
        _("Outbound calls within a minute"), default=20, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    attacks_on = models.BooleanField(_("Block attackers"), default=True)
    attacks_tries = models.PositiveSmallIntegerField(
        _("Failed attempts"), default=10, validators=[MinValueValidator(3), MaxValueValidator(1000)]
    )
    attacks_minutes = models.PositiveSmallIntegerField(
        _("Within (minutes)"), default=5, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    attacks_block_minutes = models.PositiveSmallIntegerField(
        _("First block (minutes)"), default=15, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    attacks_never = models.TextField(_("Never block"), blank=True)
    attacks_agents = models.TextField(_("User agents of attack programs"), blank=True, default=usual_agents)
    attacks_dialled = models.TextField(_("Dialed strings of attackers"), blank=True, default=usual_dialled)

    password_length = models.PositiveSmallIntegerField(
        _("Minimum user password length"), default=10, validators=[MinValueValidator(10), MaxValueValidator(63)]
    )
    password_signs = models.BooleanField(_("Require a symbol"), default=False)
    idle_minutes = models.PositiveSmallIntegerField(
        _("Idle timeout (minutes)"), default=15, validators=[MinValueValidator(5), MaxValueValidator(120)]
    )
    session_hours = models.PositiveSmallIntegerField(
        _("Maximum session length (hours)"), default=24, validators=[MinValueValidator(1), MaxValueValidator(720)]
    )
    language = models.CharField(_("Language"), max_length=10, default="en", validators=[known_language])
    second_factor = models.BooleanField(_("Require two-step verification for administrators"), default=False)
    change_seen_password = models.BooleanField(_("Require people to change a password set for them"), default=True)
    notifications = models.JSONField(_("Notifications"), default=list)
    self_service = models.JSONField(_("What people can change themselves"), default=usual_self_service)
    mail_host = models.CharField(_("Mail server"), max_length=253, blank=True, validators=[HOST])
    mail_port = models.PositiveIntegerField(
        _("Port"), default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    mail_security = models.CharField(_("Security"), max_length=8, choices=MailSecurity, default=MailSecurity.STARTTLS)
    mail_user = models.CharField(_("User Name"), max_length=254, blank=True)
    sealed_mail_password = models.TextField(blank=True, editable=False)
    mail_from = models.CharField(_("Sender Address"), max_length=254, blank=True)
    alert_people = models.JSONField(_("Recipients"), default=list)  # primary keys; none: all who see Preferences
    alert_quiet_from = models.TimeField(_("Quiet hours from"), null=True, blank=True)
    alert_quiet_until = models.TimeField(_("until"), null=True, blank=True)
    webhook_url = models.CharField(_("Webhook address"), max_length=500, blank=True)
    sealed_webhook_secret = models.TextField(blank=True, editable=False)
    monitor_token_hash = models.CharField(max_length=64, blank=True, editable=False)
    metrics_on = models.BooleanField(_("Metrics for Prometheus"), default=False)
    https_certificate = models.CharField(
        _("Certificate from"), max_length=9, choices=CertificateKind, default=CertificateKind.NONE
    )
    https_name = models.CharField(_("Host name"), max_length=253, blank=True, validators=[HOST])
    https_port = models.PositiveIntegerField(
        _("Port"), default=USUAL_PORT, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    https_email = models.CharField(_("Email Address"), max_length=254, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_preferences"),
            models.CheckConstraint(
                condition=models.Q(first_number__lte=models.F("last_number")),
                name="range_of_numbers",
                violation_error_message=_("The last extension number must not be lower than the first."),
            ),
        ]

    def __str__(self) -> str:
        return "Preferences"

    @classmethod
    def load(cls) -> Preferences:
        return cls.objects.get(pk=1)

    @classmethod
    def now(cls, name: str) -> Any:
        """One of them, as it is at this moment: a tenth of the cost of all."""
        return cls.objects.values_list(name, flat=True).get(pk=1)

    @classmethod
    def current(cls) -> Preferences:
        """Only to be read: this request's, which were read once; outside of a request, as they are now."""
        return _of_this_request.get() or cls.load()

    @property
    def https(self) -> Choice:
        return Choice(Certificate(self.https_certificate), self.https_name, self.https_port, self.https_email)

    @property
    def names(self) -> NameFormat:
        return NameFormat(self.name_format)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


_of_this_request: ContextVar[Preferences | None] = ContextVar("preferences", default=None)


@contextmanager
def in_force() -> Iterator[None]:
    """All times are in the chosen zone, all words in the chosen language, and the preferences are read once."""
    preferences = Preferences.load()
    held = _of_this_request.set(preferences)
    try:
        with timezone.override(preferences.zone), translation.override(preferences.language):
            yield
    finally:
        _of_this_request.reset(held)


class HoldMusic(models.Model):
    """A sound that was uploaded for callers on hold, as the PBX plays it."""

    version = models.CharField(max_length=16, primary_key=True)  # by what it sounds like
    name = models.CharField(max_length=60)  # of the file
    wav = models.BinaryField()
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def name_of(cls, version: str) -> str:
        return cls.objects.filter(pk=version).values_list("name", flat=True).first() or version

    @classmethod
    def forget_unused(cls) -> None:
        """All but the latest, and those in use or waiting for the PBX."""
        needed = {Preferences.now("hold_music")}
        for change in SystemChange.objects.unproved().filter(field=SystemChange.Field.HOLD_MUSIC):
            needed |= {change.old, change.new}
        latest = cls.objects.order_by("-added_at").values_list("pk", flat=True)[:KEPT_MUSIC]
        cls.objects.exclude(pk__in=needed | set(latest)).delete()


KEPT_MUSIC = 20  # so many can be gone back to


class SystemChangeQuerySet(models.QuerySet["SystemChange"]):
    def unproved(self) -> Self:
        """Those that the PBX has not been shown to follow."""
        return self.filter(applied_at=None, discarded_at=None)

    def waiting(self) -> Self:
        return self.unproved().filter(taken=False)

    def taken(self) -> Self:
        return self.unproved().filter(taken=True)


class SystemChange(models.Model):
    """A saved preference that the PBX is to follow. Of each field one waits at most."""

    class Field(models.TextChoices):
        NAME_FORMAT = "name_format", _("Name Display Format")
        COUNTRY = "country", _("Country")
        VOICEMAIL_MINUTES = "voicemail_minutes", _("Longest message (minutes)")
        VOICEMAIL_MESSAGES = "voicemail_messages", _("Messages per mailbox")
        OUTBOUND_A_MINUTE = "outbound_a_minute", _("Outbound calls within a minute")
        HOLD_MUSIC = "hold_music", _("Music on hold")
        LINES = "lines", _("Outside lines")
        NETWORK_LOCAL = "network_local", _("Local networks")
        NETWORK_OUTSIDE = "network_outside", _("Outside address")
        NETWORK_STUN = "network_stun", _("STUN server")
        NETWORK_ADDRESSES = "network_addresses", _("Listen on")
        NETWORK_SIP_PORT = "network_sip_port", _("SIP port of the PBX")
        NETWORK_TLS_PORT = "network_tls_port", _("SIP over TLS port")
        NETWORK_RTP_FIRST = "network_rtp_first", _("First RTP port")
        NETWORK_RTP_LAST = "network_rtp_last", _("Last RTP port")

    field = models.CharField(max_length=20, choices=Field)
    old = models.CharField(max_length=511)
    new = models.CharField(max_length=511)
    by = models.ForeignKey("accounts.User", models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    taken = models.BooleanField(default=False)  # by an apply
    applied_at = models.DateTimeField(null=True, editable=False)
    discarded_at = models.DateTimeField(null=True, editable=False)

    objects = SystemChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["field"],
                condition=models.Q(applied_at=None, discarded_at=None, taken=False),
                name="one_waiting_change_of_a_preference",
            ),
        ]

    # Field -> its value in words, of what lies above core.
    SHOWN: ClassVar[dict[str, Callable[[str], str]]] = {}
    OF_THE_NETWORK = frozenset(field.value for field in Field if field.value.startswith("network_"))

    def __str__(self) -> str:
        return f"{self.get_field_display()}: {self.old_shown} -> {self.new_shown}"

    @classmethod
    def note(cls, by: Any, field: Field, old: str, new: str) -> None:
        """Inside the transaction of a save: the PBX follows with the next apply."""
        there = cls.objects.waiting().filter(field=field).first()
        if old == new:
            return
        if there is None:
            cls.objects.create(by=by, field=field, old=old, new=new)
        elif there.old == new:
            there.delete()
        else:
            there.by, there.new, there.at = by, new, timezone.now()
            there.save(update_fields=["by", "new", "at"])

    @property
    def concerns_everybody(self) -> bool:
        return self.field == self.Field.NAME_FORMAT

    @property
    def old_shown(self) -> str:
        return self._shown(self.old)

    @property
    def new_shown(self) -> str:
        return self._shown(self.new)

    def _shown(self, value: str) -> str:
        if self.field in self.SHOWN:
            return self.SHOWN[self.field](value)
        match self.field:
            case self.Field.NAME_FORMAT:
                return str(NameFormat(value).label)
            case self.Field.COUNTRY:
                return localization.country(value)
            case self.Field.HOLD_MUSIC:
                return HoldMusic.name_of(value) if value else gettext("Built-in music")
        if self.field in self.OF_THE_NETWORK:
            return gettext("default") if value in ("", "0") else value
        return localization.count(int(value))
