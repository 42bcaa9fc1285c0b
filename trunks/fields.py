"""Fields of forms about lines: they take what people paste, and give what the PBX wants."""

import re
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.profile.fields import can_be_dialled, example
from core import host_names
from core.preferences.models import Preferences
from core.validators import tidy
from trunks.numbers.numbering import plan_of

PORT_WORDS = _("Enter a port from 1 to 65535, or leave it empty.")
DIGITS = re.compile(r"[0-9]+", re.ASCII)
SHORTEST_BLOCK = 4  # digits of country code and area that a block of numbers begins with


class NumberField(forms.CharField):
    """A phone number as +493012345678; without + it is one of the system's country. "" where it may be empty."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})

    def to_python(self, value: Any) -> str:
        text = tidy(super().to_python(value) or "")
        if not text:
            return ""
        country = Preferences.current().country
        try:
            number = phonenumbers.parse(self.as_parsed(text, country), country)
        except phonenumbers.NumberParseException:
            number = phonenumbers.PhoneNumber()
        if number.extension or not self.is_whole(number):
            raise ValidationError(
                _("Enter a phone number such as %(example)s."), code="phone", params={"example": example(country)}
            )
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def as_parsed(self, text: str, country: str) -> str:  # noqa: ARG002 (of a beginning it counts)
        return text

    def is_whole(self, number: phonenumbers.PhoneNumber) -> bool:
        return bool(number.country_code) and can_be_dialled(number)


class BeginningField(NumberField):
    """What all numbers of a block begin with, too."""

    def as_parsed(self, text: str, country: str) -> str:
        """Of so few digits phonenumbers does not tell the prefix of national calls, and keeps it. No number begins with
        the 0 or 1 of such a prefix."""
        plan = plan_of(country)
        digits = re.sub(r"[ ()/.-]", "", text)
        is_national = DIGITS.fullmatch(digits) and not digits.startswith(plan.international)
        if is_national and plan.national.startswith(("0", "1")) and digits.startswith(plan.national):
            return f"+{plan.code}{digits.removeprefix(plan.national)}"
        return text

    def is_whole(self, number: phonenumbers.PhoneNumber) -> bool:
        digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
        return bool(number.country_code) and SHORTEST_BLOCK <= len(digits) <= 15


class ServerField(forms.CharField):
    """A host name or an address, also where it was pasted as a SIP address."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"})

    def to_python(self, value: Any) -> str:
        text = re.sub(r"\Asips?:", "", tidy(super().to_python(value) or ""), flags=re.IGNORECASE)
        if not text:
            return ""
        if "/" in text or "@" in text or ";" in text:
            raise ValidationError(
                _("Enter the server's name alone, such as sip.example.com, without anything before or after it."),
                code="url",
            )
        bare = text.strip("[]") if text.startswith("[") and text.endswith("]") else text
        if (re.search(r"(?<!:):[0-9]{1,5}\Z", bare) and bare.count(":") == 1) or "]:" in text:
            raise ValidationError(_("Enter the port in its own field."), code="port")
        try:
            return host_names.host_of(bare)
        except ValueError:
            raise ValidationError(
                _("Enter a host name or an address, such as sip.example.com or 192.0.2.10."), code="host"
            ) from None
