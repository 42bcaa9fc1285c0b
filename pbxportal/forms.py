from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import transaction

from accounts import audit
from accounts.countries import countries
from accounts.fields import SingleLineFormField
from accounts.forms import finish
from accounts.models import Organization, User
from accounts.validators import single_line
from pbxportal.models import Preferences


class PreferencesForm(forms.ModelForm[Preferences]):
    company = SingleLineFormField(label="Company Name", max_length=63, validators=[single_line])
    country = forms.ChoiceField(
        label="Country",
        choices=countries,
        help_text="Phone numbers typed without + are read as numbers of this country.",
    )
    field_order = ["company", "organization_management"]

    class Meta:
        model = Preferences
        fields = [
            "organization_management",
            "country",
            "first_number",
            "last_number",
            "sip_host",
            "sip_port",
            "restore_points",
        ]
        help_texts = {
            "organization_management": "Off: the departments and their fields are hidden. Nothing is deleted.",
            "sip_host": "The name or address that phones are told to register with. Empty: this machine's own.",
            "sip_port": "Empty: the port that the PBX listens on.",
            "restore_points": "How many applies Apply History keeps, each of which can be undone.",
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        preferences = Preferences.load()
        self.by, self.root = by, Organization.company()
        super().__init__(data, instance=preferences, initial={"company": self.root.name})
        self.helper = finish(self, "sip_host", "sip_port")
        self.former = self._values(self.initial)

    def _values(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Label -> what the form shows, as text."""
        shown: dict[str, str] = {}
        for name, field in self.fields.items():
            value = values.get(name)
            text = ("on" if value else "off") if isinstance(value, bool) else str(value if value is not None else "")
            shown[str(field.label).removesuffix(" (optional)")] = text
        return shown

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("first_number", 0) > cleaned.get("last_number", cleaned.get("first_number", 0)):
            self.add_error("last_number", "Enter a number that is not below the first.")
        return cleaned

    def save(self, commit: bool = True) -> Preferences:
        with transaction.atomic():
            self.root.name = self.cleaned_data["company"]
            self.root.save(update_fields=["name"])
            preferences = super().save(commit)
            after = self._values(self.cleaned_data)
            fields = audit.differences(self.former, after)
            audit.record(self.by, "preferences.changed", "Preferences", fields=fields)
        return preferences
