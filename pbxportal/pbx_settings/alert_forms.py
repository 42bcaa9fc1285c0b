from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.events import recipients, webhook
from core.forms.layout import finish
from core.preferences.models import Preferences
from pbxportal.pbx_settings.forms import SettingsForm


class AlertForm(SettingsForm):
    """Who is told of events, when, and which programs are."""

    asks_again = True

    alert_people = forms.MultipleChoiceField(
        label=_("Recipients"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They get an e-mail. If nobody is selected, everyone who can view Preferences gets it."),
    )

    class Meta:
        model = Preferences
        fields = ["alert_people", "alert_quiet_from", "alert_quiet_until", "webhook_url", "metrics_on"]
        widgets = {
            "alert_quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "alert_quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "webhook_url": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        }
        help_texts = {
            "alert_quiet_from": _("Alerts that can wait are sent after quiet hours."),
            "webhook_url": _(
                "Each alert is posted here as JSON. http:// is allowed only for this machine and private networks."
            ),
            "metrics_on": _("/metrics answers requests that carry the monitor token."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        self.people = {str(person.pk): person for person in recipients.possible()}
        self.fields["alert_people"].choices = [  # type: ignore[attr-defined]
            (key, f"{person.full_name} ({person.email})") for key, person in self.people.items()
        ]
        self.has_secret = bool(self.before.sealed_webhook_secret)
        self.has_token = bool(self.before.monitor_token_hash)
        self.helper = finish(self, "alert_quiet_from", "alert_quiet_until", "webhook_url")

    def clean_alert_people(self) -> list[int]:
        return sorted(map(int, self.cleaned_data["alert_people"]))

    def clean_webhook_url(self) -> str:
        url: str = self.cleaned_data["webhook_url"].strip()
        if url:
            webhook.check_address(url)
            if not self.has_secret:
                raise ValidationError(_("Create a signing secret first, below."), code="no_secret")
        return url

    def clean_metrics_on(self) -> bool:
        wanted: bool = self.cleaned_data["metrics_on"]
        if wanted and not self.has_token:
            raise ValidationError(_("Create a monitor token first, below."), code="no_token")
        return wanted

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        times = [cleaned.get(name) for name in ("alert_quiet_from", "alert_quiet_until")]
        if (times[0] is None) != (times[1] is None) and not self.errors.keys() & {
            "alert_quiet_from",
            "alert_quiet_until",
        }:
            empty = "alert_quiet_from" if times[0] is None else "alert_quiet_until"
            self.add_error(empty, ValidationError(_("Enter both times, or neither."), code="one_time"))
        return cleaned

    def _recorded(self, name: str, value: Any) -> Any:
        if name == "alert_people":
            known = (self.people.get(str(key)) for key in value or ())
            return [str(person.email) for person in known if person]
        if name.startswith("alert_quiet") and value:
            return f"{value:%H:%M}"
        return super()._recorded(name, value)
