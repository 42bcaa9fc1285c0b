import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import User
from core.forms.fields import CountField
from core.forms.layout import secret_input
from core.preferences.models import Preferences
from trunks.fields import PORT_WORDS, NumberField, ServerField
from trunks.forms import LineForm
from trunks.models import MOST_CALLS, Trunk
from trunks.numbers import numbering
from trunks.probe import client as probe
from trunks.trunks.providers import BY_KEY, PORT, Numbers, Provider, offered_in

PASSWORD = re.compile(r"[\x20-\x7e]{1,128}")
FORMATS = {Numbers.PLUS: Trunk.NumberFormat.PLUS, Numbers.E164: Trunk.NumberFormat.DIGITS}
TESTED = ("host", "port", "transport", "username", "auth_name", "password", "registers")
AMERICA = "1"  # the country code where µ-law is spoken


class TrunkForm(LineForm[Trunk]):
    """A trunk, its password typed or kept."""

    kind = "trunks"
    optional = ("port", "auth_name", "number", "max_calls", "keep_alive")

    host = ServerField(
        label=_("Server"),
        max_length=253,
        help_text=_("The provider's registrar or proxy, such as sip.example.com."),
    )
    port = CountField(most=65535, words=PORT_WORDS, label=_("Port"), help_text=_("Defaults to 5060, over TLS to 5061."))
    password = forms.CharField(
        label=_("Password"), required=False, widget=secret_input(), help_text=_("Stored encrypted, and never shown.")
    )
    number = NumberField(
        label=_("Number"), required=False, help_text=_("The main number of this line. People you call see it.")
    )
    max_calls = CountField(
        most=MOST_CALLS,
        words=_("Enter a number from 1 to 500, or leave it empty."),
        label=_("Calls at once"),
        help_text=_("1 to 500. Leave empty for no limit. An emergency call always gets through."),
    )
    keep_alive = CountField(
        most=3600,
        words=_("Enter a number from 1 to 3600, or leave it empty."),
        label=_("Check every (seconds)"),
        help_text=_("Asks the provider whether it is there. Leave empty to not ask."),
    )

    class Meta:
        model = Trunk
        fields = [
            "name", "enabled", "registers", "host", "port", "transport", "media_encryption", "keep_alive",
            "username", "auth_name", "number", "caller_id", "number_format", "codecs", "max_calls",
            "carries_emergency",
        ]  # fmt: skip
        help_texts = {
            "name": _("Shown in lists and routes."),
            "registers": _("Off: the provider knows this PBX by its address."),
            "media_encryption": _(
                "Offered: encrypted (SRTP) where the provider can. Required: calls without encryption are refused."
            ),
            "username": _("As the provider calls it: user name, SIP ID, or account number."),
            "auth_name": _("Only where it differs from the user name."),
            "number_format": _("How the provider wants the numbers that are called."),
            "carries_emergency": _("Emergency calls use the first of these trunks that answers."),
        }

    def __init__(self, data: Any = None, *, by: User, instance: Trunk | None = None, provider: str = "") -> None:
        self.provider = BY_KEY.get(provider)
        self.country = Preferences.current().country
        super().__init__(data, by=by, instance=instance, initial={} if instance else self._suggestions())
        for name in ("username", "auth_name"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if self.provider:
            self.fields["username"].help_text = str(self.provider.user_name)
            if self.provider.host_example:
                words = _("Your own, such as %(example)s.")
                self.fields["host"].help_text = words % {"example": self.provider.host_example}
        if instance and instance.sealed_password:
            self.fields["password"].help_text = _("Leave empty to keep the current password.")

    def _suggestions(self) -> dict[str, Any]:
        codecs = Trunk.Codecs.AMERICA if numbering.plan_of(self.country).code == AMERICA else Trunk.Codecs.EUROPE
        usual = {"codecs": codecs, "keep_alive": Trunk().keep_alive}
        return usual | (values_of(self.provider) if self.provider else {})

    @property
    def usual_name_help(self) -> str:
        """What is said of the user name where no provider is chosen."""
        return str(self.Meta.help_texts["username"])

    @property
    def providers(self) -> list[Provider]:
        return offered_in(self.country)

    @property
    def templates(self) -> dict[str, dict[str, Any]]:
        """What each provider fills in, for the page's script."""
        return {each.key: values_of(each) | {"user_name": str(each.user_name)} for each in self.providers}

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password and not PASSWORD.fullmatch(password):
            raise ValidationError(
                _("Use up to 128 letters, digits, and symbols, without accents. Check that you copied all of it."),
                code="password",
            )
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        registers, username, password = (cleaned.get(name) for name in ("registers", "username", "password"))
        if registers and not username:
            self._ask_for("username", _("Enter the user name from your provider."))
        elif password and not username:
            self._ask_for("username", _("Enter the user name that the password is of."))
        if not password and username and self.instance.sealed_password and not self._keeps_password(cleaned):
            self._ask_for("password", _("Enter the password again, as the server is another one."))
        elif registers and not password and not self._keeps_password(cleaned):
            self._ask_for("password", _("Enter the password from your provider."))
        return cleaned

    def _ask_for(self, name: str, words: StrOrPromise) -> None:
        if name not in self.errors:
            self.add_error(name, ValidationError(words, code="required"))

    def _keeps_password(self, cleaned: dict[str, Any]) -> bool:
        """Only for the server that it was typed for: no other learns anything of it."""
        if not self.instance.sealed_password or not cleaned.get("username"):
            return False
        return bool(cleaned.get("host", self.before["host"]) == self.before["host"])

    def can_be_tested(self) -> bool:
        """Whether all is right that a test needs. The rest may still be missing."""
        return self.is_bound and (self.is_valid() or not {"__all__", *TESTED} & self.errors.keys())

    def tested(self) -> probe.Settings:
        """Of one that can be tested: what was typed, with the password that is kept where none was."""
        typed = self.cleaned_data
        kept = self.instance.password if self._keeps_password(typed) else ""
        return settings_of(typed, typed["password"] or kept)

    def save(self, commit: bool = True) -> Trunk:
        """The row first: the password is sealed to it."""
        cleaned = self.cleaned_data
        trunk = super().save(commit)
        if cleaned["password"]:
            trunk.password = cleaned["password"]
        elif not self._keeps_password(cleaned):
            trunk.password = ""
        trunk.save(update_fields=["sealed_password"])
        return trunk


def values_of(provider: Provider) -> dict[str, Any]:
    """What of a trunk its provider says."""
    transport = Trunk.Transport.TLS if provider.takes_tls else Trunk.Transport.UDP
    return {
        "name": provider.name,
        "host": provider.tls_host if provider.takes_tls and provider.tls_host else provider.host,
        "port": "" if provider.takes_tls or provider.port == PORT else provider.port,
        "transport": str(transport),
        "media_encryption": "offered" if provider.takes_tls else "off",
        "registers": provider.registers,
        "number_format": str(FORMATS.get(provider.numbers, Trunk.NumberFormat.DIALED)),
    }


def settings_of(values: Mapping[str, Any], password: str) -> probe.Settings:
    """Of a trunk, by the names of its fields."""
    return probe.Settings(
        host=values["host"].strip("[]"),
        port=values["port"],
        transport=probe.Transport(values["transport"]),
        user=values["username"],
        password=password,
        auth_user=values["auth_name"],
        registers=values["registers"],
    )
