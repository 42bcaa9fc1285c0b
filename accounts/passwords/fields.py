from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.passwords.opaque_string import opaque_string
from accounts.passwords.rules import LONGEST, Rules
from core.forms.layout import secret_input


class UserPasswordField(forms.CharField):
    """Call `follow` in each form: the rules are preferences."""

    def __init__(self) -> None:
        super().__init__(label=_("User Password"), max_length=LONGEST, strip=False, widget=secret_input())

    def to_python(self, value: Any) -> str:
        return opaque_string(super().to_python(value) or "")

    def follow(self, rules: Rules) -> None:
        self.help_text = rules.words
        self.widget.attrs |= {
            "data-alphabet": rules.alphabet,
            "data-length": str(rules.suggested_length),
        }
