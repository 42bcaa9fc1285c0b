from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from core.preferences.models import Preferences
from core.validators import tidy

EXAMPLE = "+44 7400 123456"  # for a country that has none


class MobileField(PhoneNumberField):  # type: ignore[misc]
    """Whatever people type, +15551234567 comes out; without + it is a number of the system's country."""

    default_validators = ()  # the library's refuses numbers of ranges that it does not know yet

    def __init__(self) -> None:
        super().__init__(
            label=_("Mobile Number"),
            max_length=31,
            required=False,
            help_text=_("Shown on the extension's page. The PBX does not dial it."),
            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        )

    def to_python(self, value: Any) -> PhoneNumber | str:
        self.region = Preferences.current().country
        number = super().to_python(tidy(value or ""))
        if not number:
            return ""
        if number.extension or not can_be_dialled(number):
            country = phonenumbers.region_code_for_country_code(number.country_code)
            known = country if country != phonenumbers.UNKNOWN_REGION else self.region
            raise ValidationError(
                _("Enter a phone number such as %(example)s."), code="phone", params={"example": example(known)}
            )
        return PhoneNumber.from_string(number.as_e164)


def can_be_dialled(number: phonenumbers.PhoneNumber) -> bool:
    """From anywhere. Ranges that the library does not know yet need a length that lines or mobiles of the country have.

    Not a number without its area code, which the library calls possible too.
    """
    lines = phonenumbers.is_possible_number_for_type_with_reason(
        number, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    )
    return lines == phonenumbers.ValidationResult.IS_POSSIBLE or bool(phonenumbers.is_valid_number(number))


def example(country: str) -> str:
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if number else EXAMPLE
