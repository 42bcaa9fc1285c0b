from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.preferences.models import Preferences
from core.validators import e164, tidy


class MobileField(forms.CharField):
    """Whatever people type, +15551234567 comes out; without + it is a number of the system's country."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})

    def __init__(self) -> None:
        super().__init__(
            label=_("Mobile Number"),
            max_length=31,
            required=False,
            help_text=_("Colleagues see it in the form that is usual for them."),
        )

    def to_python(self, value: Any) -> str:
        text = tidy(super().to_python(value) or "")
        return e164(text, Preferences.current().country) if text else ""
