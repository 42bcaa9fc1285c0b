"""Fields that normalize, so that everyone downstream gets the final value."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import Field
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from phonenumber_field import modelfields
from phonenumber_field.modelfields import PhoneNumberDescriptor
from phonenumber_field.phonenumber import to_python

from core import countries, time_zones
from core.email_addresses import comparable
from core.validators import LARGEST, normal_email, single_line, tidy

SELECTED = mark_safe(" selected")
WHOLE_NUMBER = re.compile(r" *-?[0-9]+ *")


class SingleLineFormField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return tidy(super().to_python(value) or "")


class SingleLineField(models.CharField[str, str]):
    default_validators = [single_line]

    def formfield(self, **kwargs: Any) -> Field | None:
        return super().formfield(**{"form_class": SingleLineFormField, **kwargs})


class WholeNumberField(forms.IntegerField):
    """In ASCII digits. int() also takes those of other scripts, 1_0 for ten, and Django 1.0 for one."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value and not WHOLE_NUMBER.fullmatch(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class CountField(WholeNumberField):
    """One that may be left empty, which is 0; 0 is shown as empty."""

    def __init__(self, *, most: int, words: Any, **kwargs: Any) -> None:
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), words)
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(required=False, min_value=0, max_value=most, error_messages=messages, widget=widget, **kwargs)

    def clean(self, value: Any) -> int:
        return super().clean(value) or 0

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(initial or None, data)

    def prepare_value(self, value: Any) -> Any:
        return "" if value == 0 else value


class CountriesField(forms.CharField):
    """Countries by name, or by their ISO 3166 letters, with commas between; gives the letters."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})

    def to_python(self, value: Any) -> str:
        typed = [part for part in map(tidy, re.split("[,;\n]", super().to_python(value) or "")) if part]
        found = {text: countries.find(text) for text in typed}
        if unknown := next((text for text in typed if not found[text]), None):
            words = _("“%(text)s” is not a country. Enter names with commas between, such as %(example)s.")
            if near := countries.nearest(unknown):
                words = _("“%(text)s” is not a country. Did you mean %(near)s?")
            raise ValidationError(
                words, code="country", params={"text": unknown[:50], "near": near, "example": countries.names("FR,CH")}
            )
        return ",".join(sorted(set(found.values())))

    def prepare_value(self, value: Any) -> Any:
        return countries.names(value) if isinstance(value, str) and countries.are(value) else value


def of_model(field: models.Field[Any, Any], **kwargs: Any) -> Field | None:
    """The form's field for a model's: for `formfield_callback`."""
    more = {"form_class": WholeNumberField} if isinstance(field, models.IntegerField) else {}
    return field.formfield(**{**more, **kwargs})


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
