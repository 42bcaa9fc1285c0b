"""The Add and Edit form for rows by the thousand: the same rules, but what they ask of others is read once for all."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import construct_instance
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, Role, User
from accounts.people.forms import PersonForm
from core.preferences.models import Preferences
from extensions import validators
from extensions.forms import SipExtensionForm
from extensions.models import TAKEN, SipExtension

Filled = TypeVar("Filled", bound="RowForm")


class Known:
    """Whose what must be unique is now, of all extensions and people."""

    def __init__(self, preferences: Preferences) -> None:
        self.preferences = preferences
        extensions = list(SipExtension.objects.values_list("number", "registration_name"))
        self.numbers = {number for number, _ in extensions}
        self.number_of_name = {name: number for number, name in extensions}
        self.person_of_email = dict(User.objects.exclude(email=None).values_list("email", "pk"))
        self.taken = {code: numbers() for code, numbers in TAKEN.items()}
        self.free_number = SipExtension.objects.next_free_number(preferences)

    def refusal_of(self, number: str) -> str:
        if not self.preferences.first_number <= int(number) <= self.preferences.last_number:
            return "number_range"
        if validators.is_emergency_number(number, self.preferences.country):
            return "emergency"
        if number in self.number_of_name:
            return "registration_name"
        return next((code for code, numbers in self.taken.items() if number in numbers), "")


class RowForm(forms.ModelForm[Any]):
    """Is made once, and filled with one row after the other: that is most of what a form costs."""

    known: Known

    def filled(self: Filled, data: Mapping[str, Any], instance: Any, initial: dict[str, Any]) -> Filled:
        row = copy.copy(self)
        vars(row).update(data=data, is_bound=True, instance=instance, initial=initial)
        vars(row).update(_errors=None, _bound_fields_cache={})  # as each form is made with
        return row

    def shrink(self) -> None:
        """Once it was checked: thousands are held until they are saved."""
        vars(self).update(_bound_fields_cache={})

    def _post_clean(self) -> None:
        """As ModelForm does, without a question to the database."""
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]
        self.instance = construct_instance(self, self.instance, self._meta.fields)
        try:
            self.instance.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]

    def refuse_taken(self, name: str, owner: object, own: object) -> None:
        """`owner`: whose the value is now; None: nobody's."""
        if owner is not None and owner != own and name not in self.errors:
            message = self._meta.model._meta.get_field(name).error_messages["unique"]  # noqa: SLF001
            self.add_error(name, ValidationError(message, code="unique"))


class RowPersonForm(PersonForm, RowForm):
    def _post_clean(self) -> None:
        super()._post_clean()
        person = self.instance
        if not (person.first_name or person.last_name or {"first_name", "last_name"} & {*self.errors}):
            (a_name,) = (each for each in User._meta.constraints if each.name == "a_person_has_a_name")  # noqa: SLF001
            self.add_error("first_name", ValidationError(a_name.get_violation_error_message(), code="no_name"))
        self.refuse_taken("email", self.known.person_of_email.get(person.email or ""), person.pk)

    def load_choices(self) -> None:
        fields: dict[str, Any] = self.fields
        if "role" in fields:
            fields["role"] = LoadedRole(fields["role"])
        if "organizations" in fields:
            fields["organizations"] = LoadedDepartments(fields["organizations"])


class RowSipForm(SipExtensionForm, RowForm):
    """`weak`: names of the secrets that the form refuses as easy to guess. Phones have them: they are kept."""

    weak: frozenset[str] = frozenset()

    def _post_clean(self) -> None:
        super()._post_clean()
        name = self.cleaned_data.get("registration_name", "")
        self.refuse_taken("registration_name", self.known.number_of_name.get(name), self._own_number)

    @property
    def _own_number(self) -> str | None:
        return None if self.instance._state.adding else self.instance.number  # noqa: SLF001

    def refusal_of(self, number: str) -> str:
        return self.known.refusal_of(number)

    def free_number(self) -> str:
        return self.known.free_number

    def is_anothers_number(self, name: str) -> bool:
        return name in self.known.numbers and name != self._own_number

    def clean_number(self) -> str:
        number = super().clean_number()
        if number in self.known.numbers and number != self._own_number:
            raise ValidationError(SipExtension._meta.get_field("number").error_messages["unique"], code="unique")  # noqa: SLF001
        return number

    def check_password(self, known: list[str]) -> None:
        super().check_password(known)
        password = str(self.data.get("registration_password", ""))
        if "registration_password" in self.errors and validators.KEPT_PASSWORD.fullmatch(password):
            del self.errors["registration_password"]
            self.cleaned_data["registration_password"] = password
            self.weak |= {"registration_password"}

    def clean_voicemail_pin(self) -> str:
        try:
            return super().clean_voicemail_pin()
        except ValidationError:
            pin: str = self.cleaned_data["voicemail_pin"]
            if not validators.PIN.fullmatch(pin):
                raise
        self.weak |= {"voicemail_pin"}
        return pin


class LoadedRole(forms.Field):
    """One of the roles that may be given, by its key."""

    def __init__(self, of: Any) -> None:
        super().__init__(label=of.label, required=False)
        self.roles = {role.pk: role for role in of.queryset}
        self.refusal = of.error_messages["invalid_choice"]

    def to_python(self, value: Any) -> Role | None:
        if value in ("", None):
            return None
        if value not in self.roles:
            raise ValidationError(self.refusal, code="invalid_choice")
        role: Role = self.roles[value]
        return role


class LoadedDepartments(forms.Field):
    """Of the departments that may be chosen, by their keys."""

    def __init__(self, of: Any) -> None:
        super().__init__(label=of.label, error_messages={"required": of.error_messages["required"]})
        self.departments = {each.pk: each for each in of.queryset}

    def to_python(self, value: Any) -> list[Organization]:
        if any(pk not in self.departments for pk in value or ()):
            raise ValidationError(_("Choose a department in your scope."), code="invalid_choice")
        return [self.departments[pk] for pk in value or ()]
