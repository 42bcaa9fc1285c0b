"""Number fields, in every form that there is: what only Python reads as a number is refused."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.forms.forms import BaseForm

APPS = ("accounts", "asterisk", "backup", "core", "extensions", "pbxportal")
NO_NUMBERS = ["1_0", "1.0", "+1", "١٢", "１２", "1 2", "0x1", "1e1", "1\n"]


def forms_of(kind: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for each in kind.__subclasses__():
        yield each
        yield from forms_of(each)


def number_fields() -> dict[str, forms.IntegerField]:
    for app in APPS:
        for module in pkgutil.walk_packages(import_module(app).__path__, f"{app}."):
            if module.name.rpartition(".")[2] == "forms" or module.name.endswith("_forms"):
                import_module(module.name)
    ours = {form for form in forms_of(BaseForm) if form.__module__.partition(".")[0] in APPS}
    return {
        f"{form.__name__}.{name}": field
        for form in sorted(ours, key=lambda form: form.__qualname__)
        for name, field in form.base_fields.items()  # type: ignore[attr-defined]
        if isinstance(field, forms.IntegerField)
    }


FIELDS = number_fields()


def test_they_are_found() -> None:
    assert {
        "VoicemailForm.voicemail_minutes",
        "BackupSettingsForm.days",
        "NetworkForm.network_sip_port",
    } <= FIELDS.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_no_number_is_refused(name: str) -> None:
    for typed in NO_NUMBERS:
        with pytest.raises(ValidationError, match="whole number"):
            FIELDS[name].clean(typed)


@pytest.mark.parametrize("typed", ["7", " 7 ", "007"])
def test_what_is_one_is_taken(typed: str) -> None:
    assert FIELDS["BackupSettingsForm.days"].clean(typed) == 7
