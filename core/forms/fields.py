"""Fields that normalize, so that everyone downstream gets the final value."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import Field
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from phonenumber_field import modelfields
from phonenumber_field.modelfields import PhoneNumberDescriptor
from phonenumber_field.phonenumber import to_python

from core import time_zones
from core.email_addresses import comparable
from core.validators import LARGEST, normal_email, single_line, tidy

SELECTED = mark_safe(" selected")


class SingleLineFormField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")


class SingleLineField(models.CharField[str, str]):
    default_validators = [single_line]

    def formfield(self, **kwargs: Any) -> Field | None:
        return super().formfield(**{"form_class": SingleLineFormField, **kwargs})


class SeveralField(forms.ModelMultipleChoiceField[Any]):
    """Rows by their keys. A number that no database holds is no choice, as any other that is not offered."""

    def clean(self, value: Any) -> Any:
        for each in value if isinstance(value, list | tuple) else ():
            if _is_too_large(each):
                shown = {"value": str(each)[:20]}
                raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params=shown)
        return super().clean(value)


def _is_too_large(key: Any) -> bool:
    try:
        return not -LARGEST <= int(key) <= LARGEST
    except (ValueError, TypeError):
        return False


class ZoneField(forms.CharField):
    """Whatever is typed of its name, the zone's own name comes out."""

    widget = forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        return time_zones.find(text) or text


class EmailFormField(forms.CharField):
    widget = forms.EmailInput

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return normal_email(text) if text else None


class NormalizedEmailField(models.CharField[str | None, str | None]):
    """A valid address in its normal form, also where it is looked for.

    None where there is none, so that unique leaves the absent alone.
    """

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(comparable(value) if value else None)

    def formfield(self, **kwargs: Any) -> Field | None:
        return super().formfield(**{"form_class": EmailFormField, **kwargs})


class LazyPhoneNumber(PhoneNumberDescriptor):  # type: ignore[misc]
    """Parses at the first look: rows are read by the thousand and looked at by the page."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        value = super().__get__(instance, owner)
        if isinstance(value, str) and value:
            value = instance.__dict__[self.field.name] = to_python(value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.name] = value


class PhoneNumberField(modelfields.PhoneNumberField):  # type: ignore[misc]
    """A PhoneNumber, stored as +15551234567; `values()` gives that text."""

    descriptor_class = LazyPhoneNumber
    default_validators = ()  # the library's refuses numbers of ranges that it does not know yet

    def from_db_value(self, value: str, *_: Any) -> str:
        return value


class LongSelect(forms.Select):
    """Of hundreds of choices: written at once, as a template for each takes ten times as long."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        chosen = str(value or "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, SELECTED if code == chosen else "", label) for code, label in self.choices),
        )
        attrs = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", flatatt(attrs), options)
