"""What many extensions are given alike: the fields of Add and Edit without those that are one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.people.forms import PersonForm
from core.forms.fields import SingleLineFormField, WholeNumberField
from core.forms.layout import ask_again, finish
from core.preferences.models import Preferences
from core.validators import normal_email, single_line
from extensions import validators
from extensions.bulk import plan as plans
from extensions.bulk.plan import MOST, Plan, Planned, Taken
from extensions.fields import BY_NAME, Owner, shared_fields
from extensions.forms import SipExtensionForm, errors_of
from extensions.models import ExtensionTemplate, SipExtension

MOST_PASSWORDS = 200  # each costs 30 ms by design
MOST_NAME, MOST_PATTERN = 63, 100
SHOWN = 5


class SharedPersonForm(PersonForm):
    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        _drop_own(self)


class SharedSipForm(SipExtensionForm):
    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        _drop_own(self)


def _drop_own(form: forms.BaseForm) -> None:
    for name in [name for name in form.fields if BY_NAME[name].is_own]:
        del form.fields[name]


class SharedForm:
    """The fields that any number of extensions can have the same of, checked as one."""

    def __init__(
        self, data: Any = None, *, by: User, preferences: Preferences, initial: Mapping[str, Any] | None = None
    ) -> None:
        """`initial`: as forms.shared_values() has them."""
        self.data, self.by, self.preferences = data, by, preferences
        self.person = SharedPersonForm(data, by=by, preferences=preferences, password_by_mail=True, initial=initial)
        self.sip = SharedSipForm(data, preferences=preferences, initial=initial)

    @property
    def forms(self) -> list[forms.BaseForm]:
        return [self.person, self.sip]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]
        return self.data is not None and all(valid)

    def ask_again(self) -> None:
        for form in self.forms:
            ask_again(form)

    def error_list(self) -> list[dict[str, str]]:
        return errors_of(*self.forms)

    @property
    def shared_values(self) -> dict[str, Any]:
        """Of a valid form, as forms.shared_values() has those of an extension; without those that it does not have."""
        values = {name: getattr(self.sip.instance, name) for name in shared_fields(Owner.EXTENSION)}
        person = self.person.cleaned_data
        values["job_title"] = person["job_title"]
        if "role" in person:
            values["role"] = person["role"].pk if person["role"] else None
        if "organizations" in person:
            values["organizations"] = [each.pk for each in person["organizations"]]
        return values


class NumbersForm(forms.Form):
    """Which numbers, and what their people are called."""

    first = forms.CharField(label=_("Start Extension Number"), max_length=8, validators=[validators.extension_number])
    count = WholeNumberField(label=_("Create Number"), min_value=1, max_value=MOST)
    taken = forms.ChoiceField(
        label=_("Numbers already taken"), choices=Taken, widget=forms.RadioSelect, initial=Taken.REFUSE
    )
    first_name = SingleLineFormField(
        label=_("First Name"), max_length=MOST_PATTERN, required=False, validators=[single_line],
        help_text=_("{number} becomes the extension number, {n} counts from 1."),
    )  # fmt: skip
    last_name = SingleLineFormField(
        label=_("Last Name"), max_length=MOST_PATTERN, required=False, validators=[single_line]
    )
    email = forms.CharField(
        label=_("Email Address"),
        max_length=254,
        required=False,
        help_text=_("Such as ext{number}@example.com. Without an address, people cannot sign in or receive e-mail."),
    )
    passwords = forms.ChoiceField(
        label=_("User Password"),
        choices=[
            ("", _("None. People choose one with the link in the welcome e-mail")),
            ("random", _("Generate randomly")),
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=format_lazy(
            _("For people with an e-mail address, at most {most} at once. You download the passwords once."),
            most=MOST_PASSWORDS,
        ),
    )

    def __init__(self, data: Any = None, *, preferences: Preferences) -> None:
        self.preferences = preferences
        self.plan = Plan([], [])
        first = {"first": SipExtension.objects.next_free_number(preferences)} if data is None else {}
        super().__init__(data, initial={**first, "count": 10, "first_name": gettext("Extension {number}")})
        for name in ("first", "count"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        range_words = {"first": preferences.first_number, "last": preferences.last_number}
        self.fields["first"].help_text = _("%(first)s to %(last)s. Numbers follow in sequence.") % range_words
        self.fields["count"].help_text = _("How many, 1 to 1,000.")
        words = _("Enter a whole number from 1 to 1,000.")
        self.fields["count"].error_messages |= dict.fromkeys(("invalid", "min_value", "max_value", "required"), words)
        for name in ("first_name", "last_name", "email"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self.helper = finish(self, "last_name", "email")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_patterns(cleaned)
        if "first" in cleaned and "count" in cleaned and "taken" in cleaned:
            self._make_plan(int(cleaned["first"]), cleaned["count"], skip=cleaned["taken"] == Taken.SKIP)
        if self.plan.planned and not self.errors:
            self._check_people(cleaned)
        return cleaned

    def _check_patterns(self, cleaned: dict[str, Any]) -> None:
        if not cleaned.get("first_name") and not cleaned.get("last_name") and not self.errors:
            self.add_error("first_name", ValidationError(_("Enter a first name or a last name."), code="no_name"))
        for name in ("first_name", "last_name", "email"):
            if unknown := plans.unknown_placeholders(cleaned.get(name, "")):
                words = _("{%(name)s} is not known. Use {number} or {n}.")
                self.add_error(name, ValidationError(words, code="placeholder", params={"name": unknown[0]}))
        if cleaned.get("passwords"):
            if not cleaned.get("email"):
                words = _("Only people with an e-mail address sign in. Enter one, or generate no passwords.")
                self.add_error("passwords", ValidationError(words, code="no_address"))
            elif cleaned.get("count", 0) > MOST_PASSWORDS:
                words = _("At most %(most)s people can get a password at once. Add fewer, or let them choose one.")
                self.add_error("passwords", ValidationError(words, code="too_many", params={"most": MOST_PASSWORDS}))

    def _make_plan(self, first: int, count: int, *, skip: bool) -> None:
        preferences = self.preferences
        if not preferences.first_number <= first <= preferences.last_number:
            words = _("Enter a number from %(first)s to %(last)s.")
            params = {"first": preferences.first_number, "last": preferences.last_number}
            self.add_error("first", ValidationError(words, code="number_range", params=params))
            return
        self.plan = plans.plan(first, count, preferences, skip=skip)
        made = len(self.plan.planned)
        if skip and made < count:
            words = _(
                "Only %(made)s numbers are free from %(first)s on. Enter fewer, or widen the range in Preferences."
            )
            params = {"made": made, "first": first}
            self.add_error("count", ValidationError(words, code="not_enough", params=params))
        elif self.plan.not_free and not skip:
            self.add_error("first", ValidationError(self._not_free_words(count), code="taken"))

    def _not_free_words(self, count: int) -> str:
        by_reason: dict[str, list[str]] = {}
        for each in self.plan.not_free:
            by_reason.setdefault(each.why, []).append(each.number)
        reasons = ", ".join(f"{_some(numbers)} ({why})" for why, numbers in by_reason.items())
        words = gettext("These cannot be used: %(numbers)s.") % {"numbers": reasons}
        run = plans.free_run(count, self.preferences)
        next_step = gettext("Skip taken numbers below.")
        if run:
            next_step = gettext("%(first)s to %(last)s are free. Start there, or skip taken numbers below.") % {
                "first": run,
                "last": run + count - 1,
            }
        return f"{words} {next_step}"

    def _check_people(self, cleaned: dict[str, Any]) -> None:
        longest = self.plan.planned[-1]
        for name in ("first_name", "last_name"):
            if len(longest.fill(cleaned[name])) > MOST_NAME:
                words = _("With the number filled in, this is longer than %(most)s characters. Shorten it.")
                self.add_error(name, ValidationError(words, code="too_long", params={"most": MOST_NAME}))
        if not cleaned["email"]:
            return
        try:
            found = [normal_email(each.fill(cleaned["email"])) for each in self.plan.planned]
        except ValidationError as error:
            self.add_error("email", error)
            return
        if len(set(found)) < len(found):
            words = _("Each person needs another address. Put {number} into it, such as ext{number}@example.com.")
            self.add_error("email", ValidationError(words, code="same"))
            return
        there = User.objects.filter(email__in=found).values_list("email", flat=True).first()
        if there:
            words = _("Another person already signs in with %(email)s. Change the address.")
            self.add_error("email", ValidationError(words, code="unique", params={"email": there}))

    def names_of(self, planned: Planned) -> tuple[str, str]:
        cleaned = self.cleaned_data
        return planned.fill(cleaned["first_name"]), planned.fill(cleaned["last_name"])

    def email_of(self, planned: Planned) -> str | None:
        pattern = self.cleaned_data["email"]
        return normal_email(planned.fill(pattern)) if pattern else None


def _some(numbers: list[str]) -> str:
    named, more = numbers[:SHOWN], len(numbers) - SHOWN
    if more <= 0:
        return ", ".join(named)
    words = ngettext("%(numbers)s, and %(more)s more", "%(numbers)s, and %(more)s more", more)
    return words % {"numbers": ", ".join(named), "more": more}


class BulkAddForm(SharedForm):
    def __init__(
        self, data: Any = None, *, by: User, preferences: Preferences, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, by=by, preferences=preferences, initial=initial)
        self.numbers = NumbersForm(data, preferences=preferences)

    @property
    def forms(self) -> list[forms.BaseForm]:
        return [self.numbers, self.person, self.sip]

    @property
    def plan(self) -> Plan:
        return self.numbers.plan

    @property
    def gives_passwords(self) -> bool:
        return bool(self.numbers.cleaned_data["passwords"])

    @property
    def is_sensitive(self) -> bool:
        """Of a valid form: it makes people who manage something."""
        role = self.person.cleaned_data.get("role")
        return bool(role and role.manages_anything)


class TemplateForm(forms.ModelForm[ExtensionTemplate]):
    class Meta:
        model = ExtensionTemplate
        fields = ["name"]

    def __init__(self, data: Any = None, *, instance: ExtensionTemplate | None = None) -> None:
        super().__init__(data, instance=instance)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.helper = finish(self)
