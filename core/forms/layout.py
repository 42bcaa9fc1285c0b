"""How a form is laid out: labels, marks, inputs of secrets. The template has the <form> and the buttons."""

from functools import cached_property
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from core.random_text import UNAMBIGUOUS


class Helper(FormHelper):  # type: ignore[misc]
    """Crispy asks for what follows anew for each field, and looks for a view of the name that `form_action` is."""

    form_action = ""

    @cached_property
    def _attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = super().get_attributes()
        return found

    def get_attributes(self, template_pack: str = "") -> dict[str, Any]:  # noqa: ARG002 (there is one)
        return self._attributes


def finish(form: forms.BaseForm, *optional: str) -> FormHelper:
    """Says of each field what to enter, or that it is optional. The template has the <form> and the buttons."""
    for name, field in form.fields.items():
        field.plain_label = field.label  # type: ignore[attr-defined]
        if name in optional:
            field.label = _("%(label)s (optional)") % {"label": field.label}
        elif field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            field.error_messages["required"] = _required(field)
    helper = Helper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.field_template = "core/forms/_field.html"
    return helper


def _required(field: forms.Field) -> StrOrPromise:
    if isinstance(field, forms.ChoiceField):
        return _("Choose an option.")
    return _("Enter the %(label)s.") % {"label": field.label}


def ask_again(form: forms.BaseForm) -> None:
    """It is shown once more as it was typed, without a word about errors."""
    form._errors = ErrorDict()  # type: ignore[attr-defined]  # noqa: SLF001 (so Django itself says: none)
    form.cleaned_data = {}


def secret_input(*, length: int = 0, alphabet: str = UNAMBIGUOUS) -> forms.PasswordInput:
    attrs = {
        "autocomplete": "new-password",
        "spellcheck": "false",
        "data-secret": "",
        "data-alphabet": alphabet,
        "data-length": str(length),
    }
    return forms.PasswordInput(render_value=True, attrs=attrs)
