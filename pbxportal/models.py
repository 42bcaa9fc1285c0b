from __future__ import annotations

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

# A host name or address, as people type it into a phone.
HOST = RegexValidator(
    r"\A[A-Za-z0-9.:\[\]-]{1,253}\Z", "Enter a host name or an address, such as pbx.example.com or 192.0.2.10."
)


def known_country(code: str) -> None:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError("Choose a country of the list.", code="country")


class Preferences(models.Model):
    """What is true of the whole system: one row."""

    organization_management = models.BooleanField("Organization Management", default=True)
    country = models.CharField(max_length=2, default="US", validators=[known_country])
    first_number = models.PositiveIntegerField(
        "First extension number", default=1000, validators=[MinValueValidator(10), MaxValueValidator(99_999_999)]
    )
    last_number = models.PositiveIntegerField(
        "Last extension number", default=5999, validators=[MinValueValidator(10), MaxValueValidator(99_999_999)]
    )
    sip_host = models.CharField("SIP server", max_length=253, blank=True, validators=[HOST])
    sip_port = models.PositiveIntegerField(
        "SIP port", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    restore_points = models.PositiveIntegerField(
        "Applies kept", default=1000, validators=[MinValueValidator(10), MaxValueValidator(100_000)]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_preferences"),
            models.CheckConstraint(
                condition=models.Q(first_number__lte=models.F("last_number")),
                name="range_of_numbers",
                violation_error_message="The last extension number must not be below the first.",
            ),
        ]

    def __str__(self) -> str:
        return "Preferences"

    @classmethod
    def load(cls) -> Preferences:
        return cls.objects.get(pk=1)
