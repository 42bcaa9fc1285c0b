from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import NoSuperAdministrator, User
from accounts.people.forms import PersonForm
from core.audit import log
from core.forms.fields import CountField, CountriesField, of_model
from core.forms.layout import ask_again, finish, secret_input
from core.preferences.models import Preferences
from core.random_text import random_password, random_text
from core.validators import digits
from extensions import validators
from extensions.access import without_extension
from extensions.calls.voicemail.forms import MailboxForm
from extensions.changes import record as changes
from extensions.fields import BY_NAME, SECRET, Owner, Tab, form_fields, label, shared_fields
from extensions.models import MINUTES_A_DAY, MOST_DAY_MINUTES, MOST_OUTBOUND_CALLS, Change, SipExtension
from extensions.welcome import invitations

MOST_COUNTRIES = 100
# Besides what the model says.
OPTIONAL = (
    "outbound_number",
    "emergency_number",
    "allowed_networks",
    "outbound_countries",
    "outbound_calls_at_once",
    "outbound_call_minutes",
    "outbound_day_minutes",
)


class Conflict(Exception):
    """Somebody else saved this extension after the form was opened."""


class PersonNotFree(Exception):
    """Who was chosen got an extension, or is not the administrator's to manage any more."""


def limit(most: int, **kwargs: Any) -> CountField:
    words = format_lazy(_("Enter a whole number from 1 to {most}, or leave it empty."), most=most)
    return CountField(most=most, words=words, **kwargs)


class SipExtensionForm(MailboxForm):
    """A number, and the account by which its phones register."""

    # What the template has a place of its own for.
    PLACED = ("number", "caller_id", "registration_name", "registration_password", "max_phones")

    registration_password = forms.CharField(
        label=_("Registration Password"),
        max_length=128,
        strip=False,
        widget=secret_input(length=20),
        help_text=_("10 to 63 letters, digits, and symbols. Stored in the phone; no one needs to remember it."),
    )

    outbound_countries = CountriesField(
        label=_("Allowed Countries"),
        required=False,
        max_length=3_000,
        help_text=_("Besides your own, such as France, Italy. Leave empty for all countries."),
    )
    outbound_calls_at_once = limit(
        MOST_OUTBOUND_CALLS, label=_("Outbound Calls at Once"), help_text=_("Leave empty for no limit.")
    )
    outbound_call_minutes = limit(
        MINUTES_A_DAY,
        label=_("Longest Outbound Call (minutes)"),
        help_text=_("The call ends then. Leave empty for no limit."),
    )
    outbound_day_minutes = limit(
        MOST_DAY_MINUTES,
        label=_("Outbound Minutes in 24 Hours"),
        help_text=_("Of all outbound calls together, from the first one on. Leave empty for no limit."),
    )

    class Meta:
        model = SipExtension
        formfield_callback = of_model
        fields = form_fields(Owner.EXTENSION)
        help_texts = {
            **MailboxForm.Meta.help_texts,
            "caller_id": _("The number that others in the company see. Defaults to the extension number."),
            "registration_name": _("The phone's authentication name."),
            "max_phones": _("How many phones can register with this extension at the same time."),
            "transport": _("What the phones may connect over. Over anything else they are refused."),
            "media_encryption": _(
                "Offered: encrypted (SRTP) with phones that can. Required: calls without encryption are refused."
            ),
            "outbound_number": _(
                "The number that people outside see, such as +493012345678. Leave empty to show the trunk's number."
            ),
            "emergency_number": _(
                "The number that emergency services see and call back. Leave empty to show the outbound caller ID."
            ),
            "location": _("Building, floor, and room. Goes with emergency calls, and with the alert about them."),
            "outbound_calls": _("What these phones may dial outside. Emergency numbers can always be dialed."),
            "outbound_in_hours": _("Emergency numbers and other extensions can be dialed at any time."),
            "allowed_networks": _(
                "Where phones can register from, such as 192.168.1.0/24. Leave empty to allow any network."
            ),
        }
        error_messages = {"max_phones": {"invalid_choice": "Choose 1, 2 or 3."}}

    def __init__(
        self,
        data: Any = None,
        *,
        preferences: Preferences,
        instance: SipExtension | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """`initial`: of a new extension, instead of what is suggested otherwise."""
        self.preferences = preferences
        blank = instance is None and data is None
        suggested = {**self._suggestions(preferences), **(initial or {})} if blank else None
        super().__init__(data, instance=instance, initial=suggested)
        first, last = preferences.first_number, preferences.last_number
        self.fields["number"].help_text = _("%(first)s to %(last)s. The phone's user name.") % {
            "first": first,
            "last": last,
        }
        self.fields["number"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        self.fields["caller_id"].required = False
        self.fields["caller_id"].widget.attrs["autocomplete"] = "off"
        self.fields["registration_name"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        if instance:
            self.fields["number"].disabled = True
            self.fields["number"].help_text = _(
                "The number cannot be changed. For another number, add another extension."
            )
            self.fields["registration_password"].required = False
            self.fields["registration_password"].help_text = _("Leave empty to keep the current password.")
        for name in ("outbound_number", "emergency_number"):
            self.fields[name].widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}
        for name in ("transport", "media_encryption", "outbound_calls"):
            self.fields[name].required = False  # not sent: as it is
        self.fields["allowed_networks"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self.helper = finish(self, "caller_id", *OPTIONAL)

    @property
    def others(self) -> list[forms.BoundField]:
        """Those of the first tab without a place of their own, in the order of the table."""
        return [self[name] for name in self.fields if name not in self.PLACED and BY_NAME[name].tab is Tab.USER]

    @property
    def advanced(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if BY_NAME[name].tab is Tab.ADVANCED]

    @property
    def security(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if BY_NAME[name].tab is Tab.SECURITY]

    @staticmethod
    def _suggestions(preferences: Preferences) -> dict[str, Any]:
        return {
            "number": SipExtension.objects.next_free_number(preferences),
            "registration_name": random_text(10),
            "registration_password": random_password(20),
            "transport": preferences.new_transport,
            "media_encryption": preferences.new_media_encryption,
            "voicemail": preferences.new_voicemail,
            "voicemail_pin": validators.random_pin(""),
        }

    def refusal_of(self, number: str) -> str:
        return SipExtension.objects.refusal_of(number, self.preferences)

    def free_number(self) -> str:
        return SipExtension.objects.next_free_number(self.preferences)

    def is_anothers_number(self, name: str) -> bool:
        return SipExtension.objects.filter(number=name).exclude(pk=self.instance.pk).exists()

    def _refuse_number(self, code: str) -> None:
        free = self.free_number()
        why = {
            "emergency": gettext("This is an emergency number or a helpline."),
            "registration_name": gettext("Another extension registers with this name."),
            "ring_group": gettext("This is the number of a ring group."),
        }
        hint = gettext("All numbers are taken. Widen the range in Preferences.")
        if free:
            hint = gettext("%(number)s is free.") % {"number": free}
        raise ValidationError(
            _("%(why)sEnter a number from %(first)s to %(last)s. %(hint)s"),
            code=code,
            params={
                "why": f"{why[code]} " if code in why else "",
                "first": self.preferences.first_number,
                "last": self.preferences.last_number,
                "hint": hint,
            },
        )

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if self.fields["number"].disabled:
            return number
        validators.extension_number(number)
        if code := self.refusal_of(number):
            self._refuse_number(code)
        return number

    def clean_registration_name(self) -> str:
        name: str = self.cleaned_data["registration_name"]
        if self.is_anothers_number(name):
            raise ValidationError(_("This is another extension's number. Choose another name."), code="anothers_number")
        if name != self.instance.registration_name:  # some have one from before
            validators.not_a_trunk(name)
        return name

    def clean_transport(self) -> str:
        return self.cleaned_data["transport"] or self.instance.transport

    def clean_media_encryption(self) -> str:
        return self.cleaned_data["media_encryption"] or self.instance.media_encryption

    def clean_outbound_calls(self) -> str:
        return self.cleaned_data["outbound_calls"] or self.instance.outbound_calls

    def clean_outbound_countries(self) -> str:
        found: str = self.cleaned_data["outbound_countries"]
        if found and len(found.split(",")) > MOST_COUNTRIES:
            words = _("You entered %(count)s countries. Enter at most %(most)s, or leave it empty for all.")
            params = {"count": len(found.split(",")), "most": MOST_COUNTRIES}
            raise ValidationError(words, code="too_many", params=params)
        return found

    def clean_outbound_number(self) -> str:
        return validators.outside_number(self.cleaned_data["outbound_number"], self.preferences.country)

    def clean_emergency_number(self) -> str:
        return validators.outside_number(self.cleaned_data["emergency_number"], self.preferences.country)

    def clean_allowed_networks(self) -> str:
        return validators.allowed_networks(self.cleaned_data["allowed_networks"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("caller_id") and "caller_id" not in self.errors:
            cleaned["caller_id"] = cleaned.get("number", "")
        return cleaned

    def check_password(self, known: list[str]) -> None:
        password = self.cleaned_data.get("registration_password")
        if not password:
            return
        known = [*known, self.cleaned_data.get("number", ""), self.cleaned_data.get("registration_name", "")]
        try:
            validators.registration_password(password, known)
        except ValidationError as error:
            self.add_error("registration_password", error)

    def save(self, commit: bool = True) -> SipExtension:
        self.change(self.instance)
        return super().save(commit)

    def change(self, extension: SipExtension) -> None:
        super().change(extension)
        if password := self.cleaned_data["registration_password"]:
            extension.registration_password = password


class WelcomeForm(forms.Form):
    """Of the Add form, where a mail server is set up."""

    send_welcome = forms.BooleanField(
        label=_("Send welcome e-mail"),
        required=False,
        initial=True,
        help_text=_("Contains a link to choose a password. The link works once, for 7 days."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.helper = finish(self)


def errors_of(*forms: forms.BaseForm) -> list[dict[str, str]]:
    """Each error with the id of its field, in the order of the page."""
    found = []
    order = [*BY_NAME]
    for form in forms:
        for name in sorted(form.errors, key=lambda name: order.index(name) if name in order else -1):
            field = form[name if name in form.fields else next(iter(form.fields))]
            known = BY_NAME.get(field.name)
            place = {"id": field.id_for_label or field.auto_id, "tab": (known.tab if known else Tab.USER).value}
            words = label(field.name) if known else str(field.field.plain_label)  # type: ignore[attr-defined]
            found += [{**place, "label": words, "message": str(message)} for message in form.errors[name]]
    return found


def shared_values(extension: SipExtension) -> dict[str, Any]:
    """What others can have the same of, as the form takes it: to copy the extension."""
    user = extension.user
    values = {name: getattr(extension, name) for name in shared_fields(Owner.EXTENSION)}
    values |= {name: getattr(user, name) for name in shared_fields(Owner.PERSON)}
    return values | {"role": user.role_id, "organizations": [each.pk for each in user.organizations.all()]}


class ExtensionForm:
    """The Add and Edit form: a person and their extension, checked and saved as one."""

    def __init__(
        self,
        data: Any = None,
        *,
        by: User,
        preferences: Preferences,
        extension: SipExtension | None = None,
        chosen: User | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """`chosen`: of `without_extension`, who gets the new extension instead of a new person.

        `initial`: as shared_values() has them, for a new extension.
        """
        self.by, self.data, self.preferences, self.extension = by, data, preferences, extension
        self.chosen = chosen
        self.to_choose: User | None = None  # whose the typed address is
        opened = data.get("version", "") if data is not None else str(extension.version if extension else "")
        self.opened_version = digits(opened) or 0
        signs_in = chosen is not None and chosen.has_usable_password()
        mails = extension is None and not signs_in and bool(preferences.mail_host)
        self.person = PersonForm(
            data,
            by=by,
            preferences=preferences,
            instance=extension.user if extension else chosen,
            password_by_mail=mails,
            initial=initial if chosen is None else None,
        )
        self.welcome = WelcomeForm(data) if mails else None
        self.sip = SipExtensionForm(data, preferences=preferences, instance=extension, initial=initial)

    @property
    def version(self) -> SafeString:
        return format_html('<input type="hidden" name="version" value="{}">', self.opened_version)

    @property
    def token(self) -> SafeString:
        """Of this one filling of the form: the same where it is sent again."""
        token = (self.data.get("form_token", "") if self.data is not None else "") or random_text(20)
        return format_html('<input type="hidden" name="form_token" value="{}">', token)

    def is_valid(self) -> bool:
        valid = [self.person.is_valid(), self.sip.is_valid()]
        if self.data is None:
            return False
        self._offer_whose_address_it_is()
        self._offer_a_free_number()
        self.person.refuse_known([self.sip.cleaned_data.get("number", "")])
        self.sip.check_password(list(self.person.instance.words()))
        return all(valid) and not self.person.errors and not self.sip.errors

    def _offer_whose_address_it_is(self) -> None:
        """To nobody who may not choose that person, of whom they then learn nothing."""
        if self.extension or not self.person.has_error("email", "unique"):
            return
        found = without_extension(self.by).filter(email=self.person.instance.email).first()
        if found:
            words = _("%(name)s has this e-mail address and no extension. Choose this person, or type another address.")
            error = ValidationError(words, code="unique", params={"name": found.full_name})
            self.person.errors["email"] = self.person.error_class([error])
            self.to_choose = found

    def _offer_a_free_number(self) -> None:
        """Others who add at the same time were suggested the same number."""
        if not self.sip.has_error("number", "unique") or not (free := self.sip.free_number()):
            return
        words = _("Another extension has this number. %(number)s is free.")
        error = ValidationError(words, code="unique", params={"number": free})
        self.sip.errors["number"] = self.sip.error_class([error])

    def ask_again(self) -> None:
        """To be shown once more as it was typed, without a word about errors."""
        ask_again(self.person)
        ask_again(self.sip)

    def error_list(self) -> list[dict[str, str]]:
        """Each error with the id of its field, in the order of the page."""
        return errors_of(self.person, self.sip)

    def typed_values(self) -> changes.Values:
        """What a valid form would save, as text; the fields that it has, secrets left out."""
        self.sip.instance.user = self.person.instance
        typed = changes.values(self.sip.instance)
        organizations = self.person.cleaned_data.get("organizations", ())
        typed["organizations"] = ", ".join(sorted(str(each) for each in organizations))
        shown = {*self.person.fields, *self.sip.fields} - SECRET
        return {name: value for name, value in typed.items() if name in shown}

    def save(self) -> SipExtension:
        """Raises Conflict, PersonNotFree, or IntegrityError when a unique value was taken a moment ago.

        Nothing is written then.
        """
        self.person.hash_password()
        with log.together():
            if self.extension:
                extension = self._change(self.extension)
            else:
                extension = self._give(self.chosen) if self.chosen else self._add()
            if self.sends_welcome:
                invitations.ask(SipExtension.objects.filter(pk=extension.pk), self.by)
        return extension

    def _add(self) -> SipExtension:
        self.sip.instance.user = self.person.save()
        extension = self.sip.save()
        changes.record(self.by, Change.Kind.ADDED, extension.number, changes.NOTHING, changes.picture(extension))
        return extension

    def _give(self, chosen: User) -> SipExtension:
        """A number to a person who is there, of whom only what the form has is changed."""
        user = without_extension(self.by).select_for_update(of=("self",)).filter(pk=chosen.pk).first()
        if user is None or SipExtension.objects.filter(user=user).exists():
            raise PersonNotFree
        was_super, before = user.is_super_administrator, changes.values_of_person(user)
        self.person.change(user)
        user.save()
        if was_super and not user.is_super_administrator:
            User.objects.keep_a_super_administrator()
        self.sip.instance.user = user
        self.sip.instance.person_was_there = True
        extension = self.sip.save()
        changes.record_given(self.by, extension, before)
        return extension

    def _change(self, opened: SipExtension) -> SipExtension:
        try:
            with changes.edit(opened.number, self.by) as extension:
                if extension.version != self.opened_version:
                    raise Conflict
                self.person.change(extension.user)
                self.sip.change(extension)
        except SipExtension.DoesNotExist:
            raise Conflict from None
        return extension

    @property
    def sets_secret(self) -> bool:
        """Of an extension that has one."""
        typed = self.sip.cleaned_data
        return bool(self.extension and (typed["registration_password"] or typed["voicemail_pin"]))

    @property
    def sends_welcome(self) -> bool:
        """Where there is an address to send it to."""
        if self.welcome is None or not self.welcome.is_valid():
            return False
        return bool(self.welcome.cleaned_data["send_welcome"] and self.person.cleaned_data["email"])

    def try_save(self) -> SipExtension | None:
        """None where something was taken between the check and the save: the errors then say what."""
        try:
            return self.save()
        except (IntegrityError, NoSuperAdministrator):
            now = self.extension and SipExtension.objects.get(pk=self.extension.pk)
            again = ExtensionForm(
                self.data, by=self.by, preferences=self.preferences, extension=now, chosen=self.chosen
            )
            if again.is_valid():
                raise
            self.person, self.sip = again.person, again.sip
            return None
