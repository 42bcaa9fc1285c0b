"""The form of the set-up."""

import errno
import socket
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.first_run import link as set_up_link
from accounts.models import Organization, Role, User
from accounts.passwords import rules as password_rules
from accounts.passwords.fields import UserPasswordField
from core import host_names, https, localization, reach, time_zones
from core.audit import log
from core.countries import countries
from core.forms.fields import EmailFormField, LongSelect, SingleLineFormField, ZoneField
from core.forms.layout import finish
from core.https import USUAL_PORT, Certificate
from core.ports import LOW_PORTS, try_to_bind
from core.preferences.models import Preferences, SystemChange, known_zone
from core.reach import is_local
from core.validators import single_line


def is_local_sip() -> bool:
    """Whether phones on this machine alone reach the PBX."""
    return all(is_local(each.strip()) for each in settings.SIP_BIND.split(","))


def certificate_for(name: str) -> Certificate:
    """Who signs it, as PORTAL_URL has it as well."""
    is_public = host_names.is_signed(name, bool(settings.ACME_DIRECTORY))
    return Certificate.ACME if is_public else Certificate.AUTHORITY


def refuse_port(port: int) -> None:
    """Raises ValidationError where we cannot listen there."""
    try:
        try_to_bind("", port, socket.SOCK_STREAM)
    except OSError as error:
        words = _("Port %(port)s is used by another program. Leave this empty, and use Preferences > HTTPS later.")
        if error.errno == errno.EACCES:
            words = _("Ports below 1024 need one command in a terminal: %(command)s. Or leave this empty for now.")
        raise ValidationError(words, params={"port": port, "command": LOW_PORTS}) from error


class SetupForm(forms.Form):
    """The first administrator, the company's name and place, and who can reach the PBX."""

    first_name = SingleLineFormField(label=_("First Name"), max_length=63, validators=[single_line])
    last_name = SingleLineFormField(label=_("Last Name"), max_length=63, required=False, validators=[single_line])
    email = EmailFormField(label=_("Email Address"), max_length=254, help_text=_("You use it to sign in."))
    password = UserPasswordField()
    company = SingleLineFormField(label=_("Company Name"), max_length=63, validators=[single_line])
    country = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", _("Choose a country")), *countries()],
        widget=LongSelect,
        error_messages={"required": _("Choose a country.")},
        help_text=_("Sets the emergency numbers, how numbers are dialed, and the format of dates and times."),
    )
    time_zone = ZoneField(
        label=_("Time Zone"),
        max_length=63,
        required=False,
        validators=[known_zone],
        help_text=_("Start typing a city. Leave empty to use the country's main time zone."),
    )
    reach = forms.ChoiceField(
        label=_("Who can reach this PBX"),
        choices=[(reach.MACHINE, _("This machine only")), (reach.NETWORK, _("My network"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who can reach this PBX.")},
        help_text=_("With My network, phones and browsers on your network can connect after you restart pbxportal."),
    )

    https_name = SingleLineFormField(
        label=_("Portal's Name"),
        max_length=253,
        required=False,
        help_text=_(
            "A name that leads to this machine, such as pbx.example.com. The portal gets an HTTPS certificate for it."
            " Leave empty to use this machine's address."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if settings.SAID_URL or settings.FRONT == "none":
            del self.fields["https_name"]
        self.fields["password"].follow(password_rules.Rules.current())  # type: ignore[attr-defined]
        self.fields["time_zone"].initial = settings.TIME_ZONE if settings.TIME_ZONE != "UTC" else ""
        self._say_what_the_environment_sets()
        self.helper = finish(self, "last_name", "time_zone", *self.fields.keys() & {"https_name"})

    def _say_what_the_environment_sets(self) -> None:
        field, names = self.fields["reach"], reach.set_by_environment()
        field.initial = reach.chosen(settings.VAR)
        if names == [*reach.VARIABLES]:
            field.disabled = True
            local = is_local_sip() and is_local(settings.PORTAL_HOST)
            field.initial = reach.MACHINE if local else reach.NETWORK
        if names:
            words = _("Set by environment variables: %(names)s.") % {"names": ", ".join(names)}
            field.help_text = words if field.disabled else f"{field.help_text} {words}"

    def clean_https_name(self) -> str:
        try:
            name = host_names.host_of(self.cleaned_data["https_name"]) if self.cleaned_data["https_name"] else ""
        except ValueError as error:
            raise ValidationError(_("Enter a host name such as pbx.example.com.")) from error
        if name and not settings.SAID_BIND:
            refuse_port(USUAL_PORT)
        return name

    def clean(self) -> None:
        typed = self.cleaned_data
        is_for_others = bool(typed.get("https_name")) and not is_local(typed["https_name"])
        if is_for_others and typed.get("reach") == reach.MACHINE and not self.fields["reach"].disabled:
            self.add_error("reach", _("The portal can have a name if you choose My network."))
        user = User(
            first_name=typed.get("first_name", ""), last_name=typed.get("last_name", ""), email=typed.get("email")
        )
        try:
            if "password" in typed:
                validate_password(typed["password"], user)
                password_rules.refuse_words(typed["password"], password_rules.company_words(typed.get("company", "")))
        except ValidationError as error:
            self.add_error("password", error)

    @staticmethod
    def _tell_the_pbx(old: str, new: str) -> None:
        """Without a review: there is nobody yet who could apply it, and no phone that could hear another tone."""
        if old != new:
            SystemChange.objects.create(field=SystemChange.Field.COUNTRY, old=old, new=new, taken=True)

    def save(self) -> User | None:
        """The new Super Administrator; None when another one came first."""
        typed = self.cleaned_data
        user = User(
            first_name=typed["first_name"],
            last_name=typed["last_name"],
            email=typed["email"],
            role=Role.objects.get(key=Role.SUPER_ADMINISTRATOR),
        )
        user.set_password(typed["password"])
        with transaction.atomic():
            preferences = Preferences.objects.select_for_update().get(pk=1)
            if not set_up_link.is_open():
                return None
            self._tell_the_pbx(preferences.country, typed["country"])
            preferences.country = typed["country"]
            preferences.language = localization.language_of(typed["country"])
            preferences.time_zone = typed["time_zone"] or time_zones.of_country(typed["country"])
            if name := typed.get("https_name", ""):
                preferences.https_name, preferences.https_certificate = name, certificate_for(name)
                transaction.on_commit(lambda: https.choose(settings.VAR, preferences.https))
            preferences.save(update_fields=["country", "language", "time_zone", "https_name", "https_certificate"])
            company = Organization.company()
            before = company.name
            company.name = typed["company"]
            company.save()
            user.save()
            user.organizations.add(company)
            fields = {
                "company": [before, company.name],
                "country": ["", preferences.country],
                "time_zone": ["", preferences.time_zone],
                "language": ["", preferences.language],
            }
            if name:
                fields |= {
                    "https_name": ["", name],
                    "https_certificate": [Certificate.NONE, preferences.https_certificate],
                }
            log.record(user, "setup", user.full_name, fields=fields)
            if not self.fields["reach"].disabled:
                reach.choose(settings.VAR, typed["reach"])
        return user

    @property
    def needs_restart(self) -> bool:
        """Of a saved form: the network was let in, and is not yet."""
        wants = self.cleaned_data["reach"] == reach.NETWORK and not self.fields["reach"].disabled
        return wants and is_local_sip()
