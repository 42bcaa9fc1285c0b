"""Bulk edit: each field left, set or cleared; what that changes, and the doing of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import NoSuperAdministrator, Organization, Role, User
from core import localization
from core.audit import log
from core.preferences.models import Preferences
from extensions import validators
from extensions.actions import ActionRefusedError
from extensions.bulk import record
from extensions.bulk.deeds import refuse_unseen
from extensions.bulk.forms import SharedForm
from extensions.changes import many
from extensions.fields import BY_NAME, AfterVoicemailEmail, Field, Owner, VoicemailEmail
from extensions.models import BulkAction, SipExtension

MODE = "do_{}"  # the name of the input that says what becomes of a field
# Those that may be empty; the others always have a value.
CLEARED: dict[str, Any] = {
    "role": None,
    "organizations": (),
    "job_title": "",
    "outbound_number": "",
    "emergency_number": "",
    "location": "",
    "outbound_countries": "",
    "outbound_calls_at_once": 0,
    "outbound_call_minutes": 0,
    "outbound_day_minutes": 0,
    "allowed_networks": "",
}
SHOWN_VALUES = 5


class Mode(TextChoices):
    LEAVE = "leave", _("Leave as is")
    SET = "set", _("Set to")
    CLEAR = "clear", _("Clear")


@dataclass(frozen=True)
class Line:
    """A field of the form, and what becomes of it."""

    bound: forms.BoundField
    mode: Mode
    modes: list[Mode]

    @property
    def name(self) -> str:
        return MODE.format(self.bound.name)


@dataclass(frozen=True)
class Effect:
    """What becomes of a field: `changed` of them get `new`, the others have it. `lost`: values, and of how many."""

    label: str
    new: str
    changed: int
    same: int
    lost: list[tuple[str, str]]
    more: int  # values that are not named


class EditForm(SharedForm):
    """Of a choice of extensions, `data` None: nothing is to be changed yet."""

    def __init__(self, data: Any = None, *, by: User, preferences: Preferences) -> None:
        super().__init__(data, by=by, preferences=preferences)
        self.is_empty = False
        if data is None and "organizations" in self.person.fields:
            self.person.initial["organizations"] = []
        for form in (self.person, self.sip):
            for field in form.fields.values():
                if isinstance(field, forms.BooleanField):
                    field.widget = forms.Select(choices=[("True", _("On")), ("False", _("Off"))])

    def mode(self, name: str) -> Mode:
        chosen = self.data.get(MODE.format(name)) if self.data is not None else None
        if chosen == Mode.SET or (chosen == Mode.CLEAR and name in CLEARED):
            return Mode(chosen)
        return Mode.LEAVE

    def lines(self, tab: Any) -> list[Line]:
        found = []
        for form in (self.person, self.sip):
            for name in form.fields:
                if BY_NAME[name].tab is tab:
                    modes = [mode for mode in Mode if mode != Mode.CLEAR or name in CLEARED]
                    found.append(Line(form[name], self.mode(name), modes))
        return found

    def is_valid(self) -> bool:
        """Only what is set is checked. The fields of the form stay, to be shown again."""
        kept = [(form, dict(form.fields)) for form in (self.person, self.sip)]
        for form, fields in kept:
            for name in fields:
                if self.mode(name) != Mode.SET:
                    del form.fields[name]
        valid = super().is_valid()
        for form, fields in kept:
            form.fields = fields
        self.is_empty = self.data is not None and not self.names
        return valid and not self.is_empty

    @cached_property
    def names(self) -> list[str]:
        """Of what is set or cleared."""
        every = [*self.person.fields, *self.sip.fields]
        return [name for name in BY_NAME if name in every and self.mode(name) != Mode.LEAVE]

    def _value(self, name: str) -> Any:
        if self.mode(name) == Mode.CLEAR:
            return CLEARED[name]
        if name == "organizations":
            return list(self.person.cleaned_data["organizations"])
        owner = self.person.instance if BY_NAME[name].owner is Owner.PERSON else self.sip.instance
        return getattr(owner, name)

    @property
    def sets_voicemail(self) -> bool:
        """Whether mailboxes that are off go on."""
        return "voicemail" in self.names and bool(self._value("voicemail"))

    @property
    def new_role(self) -> Role | None:
        return self._value("role") if "role" in self.names else None

    def departments_of(self, user: User) -> list[Organization]:
        """Those that this administrator does not reach stay as they are; nobody is in none."""
        chosen: list[Organization] = list(self._value("organizations"))
        if not self.by.reaches_everybody:
            reached = self.by.reached_organizations
            chosen += [each for each in user.organizations.all() if each.pk not in reached]
        return chosen or [Organization.company()]

    def change(self, extension: SipExtension, edits: many.Edits) -> bool:
        """Whether it has a new voicemail PIN now: of a mailbox that was off nobody has been shown the one it has."""
        had_mailbox = extension.voicemail
        for name in self.names:
            if name == "organizations":
                edits.organizations[extension.user_id] = self.departments_of(extension.user)
            else:
                setattr(extension.user if BY_NAME[name].owner is Owner.PERSON else extension, name, self._value(name))
        if extension.voicemail and not had_mailbox:
            extension.voicemail_pin = validators.random_pin(extension.number)
            return True
        return False

    def refuse_lost_recordings(self, extensions: Sequence[SipExtension]) -> bool:
        """An e-mail without the recording, and the message deleted after it: True, with an error at the field."""
        names = {"voicemail_email", "voicemail_after_email"} & {*self.names}
        if not names:
            return False
        set_to = {name: self._value(name) for name in names}
        count = sum(
            set_to.get("voicemail_email", each.voicemail_email) == VoicemailEmail.NOTE
            and set_to.get("voicemail_after_email", each.voicemail_after_email) == AfterVoicemailEmail.DELETE
            for each in extensions
        )
        if count:
            words = ngettext(
                "%(count)s extension would delete messages after an e-mail without the recording. Set both fields.",
                "%(count)s extensions would delete messages after an e-mail without the recording. Set both fields.",
                count,
            )
            name = min(names)
            self.sip.add_error(name, ValidationError(words, code="lost", params={"count": localization.count(count)}))
        return bool(count)

    def effects(self, extensions: Sequence[SipExtension]) -> list[Effect]:
        """Of a valid form on these, whose departments have been read."""
        return [self._effect(BY_NAME[name], extensions) for name in self.names]

    def _effect(self, field: Field, extensions: Sequence[SipExtension]) -> Effect:
        old: Counter[str] = Counter()
        new = self._new_text(field)
        for each in extensions:
            text = field.text_of(each.user if field.owner is Owner.PERSON else each)
            if text != (", ".join(sorted(map(str, self.departments_of(each.user)))) if new is None else new):
                old[text] += 1
        lost = old.most_common(SHOWN_VALUES)
        return Effect(
            field.shown_label,
            field.shown(self._departments_text() if new is None else new),
            old.total(),
            len(extensions) - old.total(),
            [(field.shown(text), localization.count(count)) for text, count in lost],
            len(old) - len(lost),
        )

    def _departments_text(self) -> str:
        chosen = self._value("organizations")
        return ", ".join(sorted(map(str, chosen))) or Organization.company_name()

    def _new_text(self, field: Field) -> str | None:
        """None where it is not the same for all."""
        if field.name == "organizations":
            return None
        model = User if field.owner is Owner.PERSON else SipExtension
        return field.text_of(model(**{field.name: self._value(field.name)}))


def edit(form: EditForm, numbers: Sequence[str], by: User, token: uuid.UUID, seen: str) -> BulkAction:
    """Of a valid form. `seen`: the digest of the extensions when somebody looked at what it changes.

    Raises ActionRefusedError, and UnseenError where they are not so any more; nothing is saved then.
    """
    try:
        with many.uncollected(), log.together():
            with many.edit(numbers, by) as edits:
                refuse_unseen(edits.extensions, seen)
                with_pin = [each for each in edits.extensions if form.change(each, edits)]
            credentials = [record.credential(each, pin=each.voicemail_pin) for each in with_pin]
            return record.keep(BulkAction.Kind.CHANGED, edits.recorded, by, token=token, credentials=credentials)
    except NoSuperAdministrator:
        words = _("This would leave no Super Administrator. Give someone else this role first.")
        raise ActionRefusedError(str(words)) from None
