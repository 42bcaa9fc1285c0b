"""What an import makes of each row: a new extension, changes of one, or errors at cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import DEFAULT_ROLE_NAMES, Organization, Role, User
from core.folding import fold
from core.localization import ENGLISH
from core.preferences.models import Preferences
from core.random_text import random_password, random_text
from extensions.access import manageable
from extensions.changes import record as changes
from extensions.fields import Owner, form_fields
from extensions.models import SipExtension
from extensions.spreadsheets.columns import SECRETS, Departments, is_switch
from extensions.spreadsheets.formats import FULL_NAME, Format
from extensions.spreadsheets.row_forms import Known, RowPersonForm, RowSipForm

AT_ONCE = 500
PERSON, SIP = form_fields(Owner.PERSON), form_fields(Owner.EXTENSION)
ON = {"yes", "y", "true", "1", "on", "enabled", "default"}
OFF = {"no", "n", "false", "0", "off", "disabled", "novm", "none"}
NOBODYS = {"default", "anonymous", "none"}  # in place of a caller ID
IN_BRACKETS = re.compile(r"<([^<>]*)>\s*\Z")

Row = Mapping[str, str]  # target -> cell


class Mode(StrEnum):
    ADD = "add"
    UPDATE = "update"
    BOTH = "both"


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass
class Checked:
    """`errors`: target -> words, also of what has no column. `weak`: secrets that are kept although easy to guess.

    `changes`: the fields that differ. `unique`: what no other row may have. `person`, `sip`: the forms, where there is
    no error.
    """

    kind: Kind = Kind.WRONG
    errors: dict[str, str] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()
    changes: list[str] = field(default_factory=list)
    unique: dict[str, str] = field(default_factory=dict)
    version: int = 0  # of the extension that it changes
    person: RowPersonForm = field(init=False)
    sip: RowSipForm = field(init=False)

    @property
    def number(self) -> str:
        return self.unique.get("number", "")

    @property
    def meant(self) -> list[int]:
        """The keys of the role and of the departments of one without errors."""
        if self.errors:
            return []
        departments = self.person.cleaned_data.get("organizations") or []
        return [self.person.instance.role_id or 0, *sorted(each.pk for each in departments)]


class Checker:
    """Of one table, at one moment."""

    def __init__(self, by: User, preferences: Preferences, mode: Mode, targets: Iterable[str], of: Format) -> None:
        self.by, self.preferences, self.mode, self.format = by, preferences, mode, of
        self.targets = {each for each in targets if each}
        self.known = Known(preferences)
        self.departments = Departments(Organization.tree())
        self.roles = Roles()
        self.switches = {name for name in SIP if is_switch(name)}
        self.suggested = self._suggested()
        self.adding, self.changing = self._forms(None), self._forms(SipExtension(user=User()))
        self.choices = {
            name: _choices(each) for name, each in self.adding[1].fields.items() if hasattr(each, "choices")
        }

    def _suggested(self) -> dict[str, Any]:
        """What the Add form holds when it is opened. Each row has secrets of its own."""
        person = RowPersonForm(by=self.by, preferences=self.preferences, password_by_mail=True)
        sip = RowSipForm(preferences=self.preferences)
        found = {name: form[name].value() for form in (person, sip) for name in form.fields}
        return found | dict.fromkeys(("number", "password", "registration_name", *SECRETS), "")

    def _forms(self, extension: SipExtension | None) -> tuple[RowPersonForm, RowSipForm]:
        of_person: dict[str, Any] = {"by": self.by, "preferences": self.preferences, "password_by_mail": True}
        person = RowPersonForm({}, instance=extension.user if extension else None, **of_person)
        sip = RowSipForm({}, preferences=self.preferences, instance=extension)
        person.known = sip.known = self.known
        person.load_choices()
        return person, sip

    def check(self, rows: Sequence[Row], judged: Sequence[frozenset[str]] | None = None) -> Iterator[Checked]:
        """One by one; that no two of them want the same is for who sees them all.

        `judged`: the weak secrets of each, where these rows were checked before: how long a password stands takes as
        long to find out as all the rest.
        """
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            there = self._there({row.get("number", "") for row in some} & self.known.numbers)
            for place, row in enumerate(some, start):
                yield self._check(row, there.get(row.get("number", "")), judged[place] if judged else None)

    def _there(self, numbers: set[str]) -> dict[str, SipExtension]:
        if not numbers or self.mode == Mode.ADD:
            return {}
        found = manageable(self.by).filter(number__in=numbers)
        found = found.select_related("user__role", "handed_to").prefetch_related("user__organizations")
        return {each.number: each for each in found}

    def _check(self, row: Row, extension: SipExtension | None, weak: frozenset[str] | None) -> Checked:
        number = row.get("number", "")
        if number in self.known.numbers and extension is None and self.mode != Mode.ADD:
            return Checked(errors={"number": _("You cannot change this extension.")})
        if extension is None and self.mode == Mode.UPDATE:
            return Checked(
                errors={"number": _("No extension has this number. Correct it, or choose to add extensions.")}
            )
        if extension is None and not self.by.adds_extensions:
            return Checked(errors={"number": _("Your role does not allow adding extensions.")})
        return self._by_the_rules(row, extension, weak)

    def _by_the_rules(self, row: Row, extension: SipExtension | None, weak: frozenset[str] | None) -> Checked:
        before = changes.values(extension) if extension else {}
        data, errors = self._data(row, extension)
        person, sip = self._filled(data, extension)
        person.is_valid()
        sip.is_valid()
        person.refuse_known([data["number"]])
        if weak is not None:
            sip.weak |= weak
        elif row.get("registration_password") and data["registration_password"]:
            sip.check_password(list(person.instance.words()))
        for form in (person, sip):
            for name, found in form.errors.items():
                errors.setdefault(self._place(name) or name, " ".join(map(str, found)))
            form.shrink()
        checked = Checked(errors=errors, weak=sip.weak)
        checked.person, checked.sip = person, sip
        if not errors:
            checked.unique = {
                "number": sip.cleaned_data["number"],
                "email": person.instance.email or "",
                "registration_name": sip.cleaned_data["registration_name"],
            }
            checked.kind = Kind.NEW
        if extension and not errors:
            checked.version = extension.version
            checked.changes = self._changes(checked, extension, before)
            checked.kind = Kind.CHANGED if checked.changes else Kind.SAME
        return checked

    def _place(self, name: str) -> str:
        if name in ("first_name", "last_name") and FULL_NAME in self.targets:
            return FULL_NAME
        return name if name in self.targets else ""

    def _filled(self, data: dict[str, Any], extension: SipExtension | None) -> tuple[RowPersonForm, RowSipForm]:
        if extension is None:
            person, sip = self.adding
            return person.filled(data, User(), {}), sip.filled(data, SipExtension(), {})
        person, sip = self.changing
        filled = person.filled(data, extension.user, {"email": extension.user.email})
        filled.role_before = extension.user.role
        return filled, sip.filled(data, extension, {"number": extension.number})

    def _changes(self, checked: Checked, extension: SipExtension, before: changes.Values) -> list[str]:
        after = changes.values(extension)
        if "organizations" in checked.person.fields:
            after["organizations"] = ", ".join(sorted(map(str, checked.person.cleaned_data["organizations"])))
        secrets = {"password": checked.person.cleaned_data["password"]}
        secrets |= {name: checked.sip.cleaned_data[name] for name in SECRETS}
        return [name for name in after if before[name] != after[name] or secrets.get(name)]

    # --- from cells to what the form is sent ---

    def _data(self, row: Row, extension: SipExtension | None) -> tuple[dict[str, Any], dict[str, str]]:
        """What the form would send, were only these cells typed into it; and errors that it has no words for."""
        data = self._unchanged(extension) if extension else {**self.suggested}
        errors: dict[str, str] = {}
        if FULL_NAME in row:
            first, _space, last = row[FULL_NAME].strip().rpartition(" ")
            data["first_name"], data["last_name"] = (first, last) if first else (last, "")
        for name in self.targets - {FULL_NAME}:
            cell = row.get(name, "").strip() if name not in ("password", *SECRETS) else row.get(name, "")
            if name == "role":
                self._set_role(data, cell, errors)
            elif name == "organizations":
                self._set_departments(data, cell, errors)
            elif name in self.switches:
                self._set_switch(data, name, cell, errors)
            elif cell or (extension and name not in ("number", "registration_name", *self.choices)):
                data[name] = self._text(name, cell)
        if extension:
            data["number"] = extension.number
            for name in SECRETS:
                if data[name] == getattr(extension, name):
                    data[name] = ""  # as it is
        self._complete(data)
        return data, errors

    def _complete(self, data: dict[str, Any]) -> None:
        if self.format.by_number and "registration_name" not in self.targets:
            data["registration_name"] = data["number"]
        data["registration_name"] = data["registration_name"] or random_text(10)
        if not data["registration_password"] and "version" not in data:
            data["registration_password"] = random_password(20)

    def _unchanged(self, extension: SipExtension) -> dict[str, Any]:
        user = extension.user
        data = {name: getattr(user, name) for name in PERSON if name not in ("role", "organizations")}
        data |= {name: getattr(extension, name) for name in SIP}
        held = [each.pk for each in user.organizations.all()]
        if not self.by.reaches_everybody:
            held = [pk for pk in held if pk in self.by.reached_organizations]
        more = {"mobile": user.mobile_typed, "role": user.role_id, "organizations": held, "version": extension.version}
        return data | more | dict.fromkeys(("password", *SECRETS), "")

    def _text(self, name: str, cell: str) -> str:
        if name in ("outbound_number", "emergency_number"):
            found = IN_BRACKETS.search(cell)
            cell = found[1].strip() if found else cell
            return "" if cell.casefold() in NOBODYS else cell
        if name == "max_phones" and self.format.code != "ours" and cell.isdecimal():
            return str(min(int(cell[:9]), max(SipExtension.MAX_PHONES)))
        if name in self.choices:
            return self.choices[name].get(cell.casefold(), cell)
        return cell

    def _set_switch(self, data: dict[str, Any], name: str, cell: str, errors: dict[str, str]) -> None:
        if cell.casefold() in ON or (name == "voicemail" and cell.isdecimal() and len(cell) > 1):  # a mailbox's number
            data[name] = True
        elif cell.casefold() in OFF:
            data[name] = False
        elif cell:
            errors[name] = _("Enter yes or no.")

    def _set_role(self, data: dict[str, Any], cell: str, errors: dict[str, str]) -> None:
        found = self.roles.find(cell)
        if found == 0:
            errors["role"] = _("There is no role “%(name)s”.") % {"name": cell}
        elif "role" not in self.adding[0].fields and found != data.get("role"):
            errors["role"] = _("Your role does not allow assigning roles. Leave this empty.")
        else:
            data["role"] = found

    def _set_departments(self, data: dict[str, Any], cell: str, errors: dict[str, str]) -> None:
        if not cell or "organizations" not in self.adding[0].fields:
            return
        found = self.departments.find(cell)
        if found:
            data["organizations"] = found
        else:
            words = _("There is no department “%(path)s”. Enter its path, such as %(example)s, or add it first.")
            errors["organizations"] = words % {"path": cell, "example": self.departments.example}


class Roles:
    """By their names, in English and in the language of the page: exactly so first, else as one alone is folded."""

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.folded: dict[str, set[int]] = {}
        for role in Role.objects.all():
            for name in (role.name, str(role), DEFAULT_ROLE_NAMES.get(role.key, "")):
                self.exact.setdefault(name, role.pk)
                self.folded.setdefault(fold(name), set()).add(role.pk)

    def find(self, cell: str) -> int | None:
        """The key of the role; None: none is wanted; 0: there is no such role, or several are meant."""
        if cell and cell in self.exact:
            return self.exact[cell]
        if fold(cell) in ("", "0", "none"):
            return None
        meant = self.folded.get(fold(cell), set())
        return next(iter(meant)) if len(meant) == 1 else 0


def _choices(of: Any) -> dict[str, str]:
    """Label or code, without capitals -> code."""
    found: dict[str, str] = {}
    for language in (ENGLISH, translation.get_language() or ENGLISH):
        with translation.override(language):
            found |= {str(label).casefold(): str(code) for code, label in of.choices}
    return found | {str(code).casefold(): str(code) for code, _label in of.choices}


def clashes(rows: Sequence[tuple[int, Mapping[str, str]]]) -> dict[int, dict[str, int]]:
    """Of (line, what must be unique): line -> target -> the first line that has the same."""
    first: dict[tuple[str, str], int] = {}
    found: dict[int, dict[str, int]] = {}
    for line, unique in rows:
        for name, value in unique.items():
            if value and first.setdefault((name, value), line) != line:
                found.setdefault(line, {})[name] = first[name, value]
    for line, unique in rows:  # nor is a registration name another extension's number
        other = first.get(("number", unique.get("registration_name", "")), line)
        if other != line:
            found.setdefault(line, {}).setdefault("registration_name", other)
    return found
