from copy import copy
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Organization, User
from accounts.second_factor import factors
from core.access.permissions import Permission
from core.audit import fields, log
from core.audit.fields import MASK
from core.audit.models import AuditRecord
from core.coded_text import CodedText
from core.countries import countries
from core.forms.fields import LongSelect, SingleLineFormField, ZoneField, of_model
from core.forms.layout import finish
from core.preferences.models import SELF_SERVICE, NameFormat, Preferences
from core.validators import digits, single_line
from extensions.review import preferences as preference_changes

EXAMPLE = ("Ada", "Lovelace")


class Conflict(Exception):
    """Somebody else saved between the check and the save: checked again, the form says so."""


class SettingsForm(forms.ModelForm[Preferences]):
    """Some of the preferences: who saves later than another sees what the other saved."""

    def __init__(self, data: Any = None, *, by: User, initial: dict[str, Any] | None = None) -> None:
        self.by = by
        preferences = Preferences.load()
        self.before = copy(preferences)
        super().__init__(data, instance=preferences, initial=initial)
        opened = data.get("version", "") if data is not None else str(preferences.version)
        self.opened_version = digits(opened) or 0
        if not by.can(Permission.MANAGE_PREFERENCES):
            for field in self.fields.values():
                field.disabled = True

    @property
    def asks_again(self) -> bool:
        """Whether who saves this has to prove first who they are."""
        return False

    @property
    def waits_for_apply(self) -> bool:
        """Whether there is any of it that the PBX follows only after an apply."""
        return False

    @property
    def saved_text(self) -> StrOrPromise:
        return preference_changes.saved_text(self.by) if self.waits_for_apply else gettext("Preferences saved.")

    @property
    def version(self) -> SafeString:
        return format_html('<input type="hidden" name="version" value="{}">', self.opened_version)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.opened_version != self.before.version:
            self._say_what_is_saved_now()
        return cleaned

    def _say_what_is_saved_now(self) -> None:
        """Somebody else saved meanwhile: both values of each field that differs, and another Save decides."""
        last = AuditRecord.objects.filter(module="preferences", action="preferences.changed").first()
        who = last.who if last else gettext("Someone else")
        self.opened_version = self.before.version
        for name in self.changed_data:
            if name in self.initial and name not in self.errors:
                saved = fields.show(name, self._recorded(name, self.initial[name])) or gettext("empty")
                self.add_error(
                    name,
                    ValidationError(
                        _("The saved value is now %(saved)s. Enter that value, or keep yours."),
                        params={"saved": saved},
                    ),
                )
        self.add_error(
            None,
            ValidationError(
                _("%(who)s saved Preferences while you had the page open. Check what differs, then press Save again."),
                code="conflict",
                params={"who": who},
            ),
        )

    @property
    def is_conflict(self) -> bool:
        return self.has_error("__all__", "conflict")

    def _recorded(self, name: str, value: Any) -> Any:
        """The value as it is recorded: of a secret a mask."""
        return (MASK if value else "") if fields.field(name).is_secret else value

    def _difference(self) -> log.Fields:
        pairs = ((name, self.initial.get(name), self.cleaned_data[name]) for name in self.changed_data)
        return {name: [self._recorded(name, old), self._recorded(name, new)] for name, old, new in pairs}

    def try_save(self) -> bool:
        """Whether there was anything to write. Raises Conflict, and writes nothing, when somebody else was faster."""
        if not self.changed_data:
            return False
        with transaction.atomic():
            version = self.before.version
            if not Preferences.objects.filter(pk=1, version=version).update(version=version + 1):
                raise Conflict
            self._write(version + 1)
        return True

    def _write(self, version: int) -> None:
        preference_changes.follow(self.by, self.before, self.instance)
        self.instance.version = version
        self.instance.save()
        log.record(self.by, "preferences.changed", CodedText("module.preferences"), fields=self._difference())


class PreferencesForm(SettingsForm):
    waits_for_apply = True
    # Who may guess, and how long a browser that was left alone is good for.
    SENSITIVE = (
        "password_length",
        "password_signs",
        "idle_minutes",
        "session_hours",
        "second_factor",
        "change_seen_password",
    )

    company = SingleLineFormField(label=_("Company Name"), max_length=63, validators=[single_line])
    name_format = forms.ChoiceField(
        label=_("Name Display Format"),
        choices=lambda: [(each.value, f"{each.label} ({each.of(*EXAMPLE)})") for each in NameFormat],
        help_text=_("How names are shown in lists, and on phones after the next apply."),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=countries,
        widget=LongSelect,
        help_text=_(
            "Sets how numbers without + are read, the emergency numbers, and the tones (after the next apply)."
        ),
    )
    time_zone = ZoneField(
        label=_("Time Zone"),
        max_length=63,
        help_text=_("Used for all times. Start typing a city."),
    )

    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Used for pages and e-mails, including dates and numbers. People can choose their own."),
    )

    self_service = forms.MultipleChoiceField(
        label=_("What people can change themselves"),
        choices=SELF_SERVICE.items,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "They change it in My account and on their own extension's page. Administrators change everything else."
        ),
    )

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = [
            "organization_management",
            "name_format",
            "country",
            "time_zone",
            "language",
            "first_number",
            "last_number",
            "sip_host",
            "sip_port",
            "password_length",
            "password_signs",
            "idle_minutes",
            "session_hours",
            "second_factor",
            "change_seen_password",
            "self_service",
            "restore_points",
        ]
        help_texts = {
            "organization_management": _("When off, departments and their fields are hidden. Nothing is deleted."),
            "first_number": _("The first number available for new extensions."),
            "sip_host": _("Host name or address that phones register with. Defaults to this machine's own."),
            "sip_port": _("Port that phones register with. Defaults to the port the PBX listens on."),
            "password_length": _("10 to 63 characters. Applies to passwords set from now on."),
            "password_signs": _(
                "A symbol such as ! # %, in addition to a digit, an uppercase letter, and a lowercase letter."
            ),
            "idle_minutes": _(
                "5 to 120. Anyone who can change anything here is signed out after this long without activity."
            ),
            "session_hours": _("1 to 720. Everyone must sign in again after this long."),
            "second_factor": _(
                "Anyone who manages anything must set it up after signing in, before doing anything else."
            ),
            "change_seen_password": _(
                "Anyone who signs in with a password that an administrator typed must choose a new one first."
            ),
            "restore_points": _("How many applies Apply History keeps. Any of them can be undone."),
        }

    @property
    def asks_again(self) -> bool:
        return self.is_valid() and not set(self.SENSITIVE).isdisjoint(self.changed_data)

    def __init__(self, data: Any = None, *, by: User) -> None:
        self.root = Organization.company()
        super().__init__(data, by=by, initial={"company": self.root.name})
        self.helper = finish(self, "sip_host", "sip_port")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("first_number", 0) > cleaned.get("last_number", cleaned.get("first_number", 0)):
            self.add_error("last_number", _("Enter a number that is not lower than the first."))
        return cleaned

    def clean_second_factor(self) -> bool:
        wanted: bool = self.cleaned_data["second_factor"]
        if wanted and not self.before.second_factor and not factors.has_one(self.by):
            raise ValidationError(_("Set up two-step verification for yourself first."), code="no_second_factor")
        return wanted

    def _write(self, version: int) -> None:
        if "company" in self.changed_data:
            self.root.name = self.cleaned_data["company"]
            self.root.save(update_fields=["name"])
        super()._write(version)
