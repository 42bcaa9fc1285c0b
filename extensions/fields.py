"""The fields of an extension and of its person: one row a field.

The form, the detail page, the lists of changes, the mails, the review and the undo are made from this table.
asterisk/engine/columns.py says what becomes of those that reach the PBX.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from accounts.models import DEFAULT_ROLE_NAMES
from core import countries, localization
from core.audit import fields as recorded_fields
from core.audit.fields import one_of, show_mask
from core.preferences.models import MediaEncryption, Transport

NO_ROLE = "none"  # instead of a role


class Tab(Enum):
    """Of Add and Edit, in their order."""

    USER = "user"
    VOICEMAIL = "voicemail"
    ADVANCED = "advanced"
    SECURITY = "security"

    @property
    def title(self) -> StrPromise:
        return TAB_TITLES[self]


TAB_TITLES = {
    Tab.USER: _("User"),
    Tab.VOICEMAIL: _("Voicemail"),
    Tab.ADVANCED: _("Advanced"),
    Tab.SECURITY: _("Security"),
}


class Owner(Enum):
    """Whose attribute a field is."""

    PERSON = "person"
    EXTENSION = "extension"


class VoicemailEmail(TextChoices):
    """What the person is sent when a message was left."""

    NONE = "none", _("No e-mail")
    NOTE = "note", _("E-mail without the recording")
    RECORDING = "recording", _("E-mail with the recording")


class AfterVoicemailEmail(TextChoices):
    """What becomes of a message once the e-mail about it was sent."""

    KEEP = "keep", _("Keep as new")
    READ = "read", _("Mark as heard")
    DELETE = "delete", _("Delete")


class MessagesThen(TextChoices):
    """What becomes of the voicemail of somebody who leaves."""

    KEEP = "keep", _("Kept")
    COPY = "copy", _("Copied to the colleague")
    DELETE = "delete", _("Deleted")


class OutboundCalls(TextChoices):
    """What an extension may dial outside."""

    NONE = "none", _("None")
    NATIONAL = "national", _("Within the country")
    INTERNATIONAL = "abroad", _("Worldwide, but no premium, shared-cost, or satellite numbers")
    ALL = "all", _("Everything")


class Storage(Enum):
    """How extensions.changes.state keeps a field."""

    COLUMN = "column"  # the column's value as it is
    DAY = "day"
    OTHER = "other"  # the number, and what refers to other rows: state.py has code for each


def unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, kw_only=True)
class Field:
    """`column`: of the model, "" where it has the field's name. `text`: the owner's value, None: the column as text.

    `shown`: such a text in the language of the page.
    """

    name: str
    label: str
    owner: Owner
    column: str = ""
    storage: Storage = Storage.COLUMN
    text: Callable[[Any], str] | None = None
    shown: Callable[[str], str] = unchanged
    on_the_pbx: bool = False  # a phone or a caller can notice it: a save that touches nothing of these needs no apply
    on_form: bool = True  # else actions set it
    tab: Tab = Tab.USER  # of the form
    is_secret: bool = False  # its value stands in no list of changes
    is_masked: bool = False  # nor in a mail
    is_fact: bool = False  # stands on the detail page, where it has a value, as label and value
    is_code: bool = False  # digits and signs, set in the type of numbers
    is_own: bool = False  # one person's or one number's: nothing that others could have the same of

    @property
    def attribute(self) -> str:
        return self.column or self.name

    @property
    def is_undone(self) -> bool:
        """By an undo of an apply. A role, an address or an own password is not for it to change."""
        return self.on_the_pbx or self.owner is Owner.EXTENSION

    @property
    def shown_label(self) -> str:
        return gettext(self.label)

    def text_of(self, owner: Any) -> str:
        if self.text:
            return self.text(owner)
        value = getattr(owner, self.attribute)
        return "" if value is None else str(value)


def _password(user: Any) -> str:
    return user.password if user.has_usable_password() else ""


def _role(user: Any) -> str:
    """A default role's key, as it is called differently in each language; else the name that somebody gave it."""
    if user.role is None:
        return NO_ROLE
    return str(user.role.key if user.role.is_default else user.role.name)


def _role_shown(text: str) -> str:
    return (
        gettext(DEFAULT_ROLE_NAMES[text])
        if text in DEFAULT_ROLE_NAMES
        else gettext("None")
        if text == NO_ROLE
        else text
    )


def _organizations(user: Any) -> str:
    return ", ".join(sorted(str(each) for each in user.organizations.all()))


def _day_shown(text: str) -> str:
    return localization.day(date.fromisoformat(text)) if text else text


person_field = partial(Field, owner=Owner.PERSON)
extension_field = partial(Field, owner=Owner.EXTENSION)
secret_field = partial(Field, is_secret=True, is_masked=True, is_own=True, shown=show_mask)
day_field = partial(extension_field, storage=Storage.DAY, shown=_day_shown, on_form=False)


def switch_field(name: str, label: str, *, on_form: bool = True, tab: Tab = Tab.USER, is_fact: bool = False) -> Field:
    """One that is on or off, and that the PBX acts by."""
    return extension_field(
        name=name,
        label=label,
        text=lambda each: "yes" if getattr(each, name) else "no",
        shown=one_of({"yes": _("yes"), "no": _("no")}),
        on_form=on_form,
        on_the_pbx=True,
        tab=tab,
        is_fact=is_fact,
    )


def limit_field(name: str, label: str) -> Field:
    """A most of something that the PBX acts by; 0 is none."""
    return extension_field(
        name=name,
        label=label,
        text=lambda each: str(getattr(each, name) or ""),
        on_the_pbx=True,
        is_fact=True,
        tab=Tab.SECURITY,
    )


# In the order of the form, and of all lists.
FIELDS: tuple[Field, ...] = (
    person_field(name="first_name", is_own=True, label=gettext_noop("First Name"), on_the_pbx=True),
    person_field(name="last_name", is_own=True, label=gettext_noop("Last Name"), on_the_pbx=True),
    person_field(name="email", is_own=True, label=gettext_noop("Email Address")),
    person_field(name="mobile", is_own=True, label=gettext_noop("Mobile Number"), text=lambda user: user.mobile_typed),
    secret_field(name="password", label=gettext_noop("User Password"), owner=Owner.PERSON, text=_password),
    person_field(name="role", label=gettext_noop("User Role"), storage=Storage.OTHER, text=_role, shown=_role_shown),
    person_field(name="organizations", label=gettext_noop("Departments"), storage=Storage.OTHER, text=_organizations),
    person_field(name="job_title", label=gettext_noop("Job Title"), is_fact=True),
    extension_field(
        name="number", is_own=True, label=gettext_noop("Extension Number"), storage=Storage.OTHER, on_the_pbx=True
    ),
    extension_field(name="caller_id", is_own=True, label=gettext_noop("Caller ID"), on_the_pbx=True),
    extension_field(
        name="registration_name", is_own=True, label=gettext_noop("Registration Name"), on_the_pbx=True, is_masked=True
    ),
    secret_field(
        name="registration_password",
        label=gettext_noop("Registration Password"),
        owner=Owner.EXTENSION,
        column="sealed_password",
        on_the_pbx=True,
    ),
    day_field(name="renew_password_by", label=gettext_noop("Renew Registration Password By"), is_fact=True),
    extension_field(
        name="max_phones", label=gettext_noop("IP Phone Concurrent Registrations"), on_the_pbx=True, is_fact=True
    ),
    switch_field("voicemail", gettext_noop("Voicemail"), tab=Tab.VOICEMAIL),
    secret_field(
        name="voicemail_pin",
        label=gettext_noop("Voicemail PIN"),
        tab=Tab.VOICEMAIL,
        owner=Owner.EXTENSION,
        column="sealed_voicemail_pin",
        on_the_pbx=True,
    ),
    switch_field("voicemail_asks_pin", gettext_noop("Ask for PIN on Own Phone"), tab=Tab.VOICEMAIL),
    extension_field(
        name="voicemail_email",
        label=gettext_noop("New Voicemail Notification"),
        tab=Tab.VOICEMAIL,
        shown=one_of(dict(VoicemailEmail.choices)),
    ),
    extension_field(
        name="voicemail_after_email",
        label=gettext_noop("After Notification"),
        tab=Tab.VOICEMAIL,
        shown=one_of(dict(AfterVoicemailEmail.choices)),
    ),
    switch_field("voicemail_says_date", gettext_noop("Announce Date and Time"), tab=Tab.VOICEMAIL),
    switch_field("voicemail_says_caller", gettext_noop("Announce Caller ID"), tab=Tab.VOICEMAIL),
    switch_field("voicemail_says_length", gettext_noop("Announce Message Length"), tab=Tab.VOICEMAIL),
    extension_field(
        name="transport",
        label=gettext_noop("Transport"),
        tab=Tab.ADVANCED,
        shown=one_of(dict(Transport.choices)),
        on_the_pbx=True,
        is_fact=True,
    ),
    extension_field(
        name="media_encryption",
        label=gettext_noop("Media Encryption"),
        tab=Tab.ADVANCED,
        shown=one_of(dict(MediaEncryption.choices)),
        on_the_pbx=True,
        is_fact=True,
    ),
    extension_field(
        name="outbound_number",
        label=gettext_noop("Outbound Caller ID"),
        tab=Tab.ADVANCED,
        on_the_pbx=True,
        is_fact=True,
        is_code=True,
    ),
    extension_field(
        name="emergency_number",
        label=gettext_noop("Emergency Outbound Caller ID"),
        tab=Tab.ADVANCED,
        on_the_pbx=True,
        is_fact=True,
        is_code=True,
    ),
    extension_field(name="location", label=gettext_noop("Location"), tab=Tab.ADVANCED, on_the_pbx=True, is_fact=True),
    extension_field(
        name="outbound_calls",
        label=gettext_noop("Outbound Calls"),
        tab=Tab.SECURITY,
        shown=one_of(dict(OutboundCalls.choices)),
        on_the_pbx=True,
        is_fact=True,
    ),
    switch_field(
        "outbound_in_hours", gettext_noop("Outbound Calls in Business Hours Only"), tab=Tab.SECURITY, is_fact=True
    ),
    extension_field(
        name="outbound_countries",
        label=gettext_noop("Allowed Countries"),
        tab=Tab.SECURITY,
        shown=countries.names,
        on_the_pbx=True,
        is_fact=True,
    ),
    limit_field("outbound_calls_at_once", gettext_noop("Outbound Calls at Once")),
    limit_field("outbound_call_minutes", gettext_noop("Longest Outbound Call (minutes)")),
    limit_field("outbound_day_minutes", gettext_noop("Outbound Minutes in 24 Hours")),
    extension_field(
        name="allowed_networks",
        label=gettext_noop("Allowed Networks"),
        tab=Tab.SECURITY,
        on_the_pbx=True,
        is_fact=True,
        is_code=True,
    ),
    switch_field("enabled", gettext_noop("Enabled"), on_form=False),
    person_field(
        name="is_active",
        label=gettext_noop("Sign-in"),
        text=lambda user: "on" if user.is_active else "off",
        shown=one_of({"on": _("on"), "off": _("off")}),
        on_form=False,
    ),
    day_field(name="left_on", label=gettext_noop("Offboarded")),
    day_field(name="delete_on", label=gettext_noop("To Be Deleted")),
    extension_field(
        name="handed_to",
        label=gettext_noop("Calls Redirected To"),
        storage=Storage.OTHER,
        text=lambda each: each.handed_to.number if each.handed_to else "",
        on_form=False,
        on_the_pbx=True,
    ),
    extension_field(
        name="messages_then",
        label=gettext_noop("Voicemail After Offboarding"),
        text=lambda each: "" if each.messages_then == MessagesThen.KEEP else each.messages_then,
        shown=one_of(dict(MessagesThen.choices)),
        on_form=False,
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
SECRET = frozenset(field.name for field in FIELDS if field.is_secret)
MASKED = frozenset(field.name for field in FIELDS if field.is_masked)
ON_THE_PBX = frozenset(field.name for field in FIELDS if field.on_the_pbx)


def label(name: str) -> str:
    """In the language of the page. A field that was there once has its name alone."""
    return BY_NAME[name].shown_label if name in BY_NAME else str(recorded_fields.field(name).label)


def value_shown(name: str, text: str) -> str:
    return BY_NAME[name].shown(text) if name in BY_NAME else recorded_fields.show(name, text)


def column_fields(owner: Owner) -> list[Field]:
    """Those of the owner of which the columns are kept."""
    return [field for field in FIELDS if field.owner is owner and field.storage is not Storage.OTHER]


def shared_fields(owner: Owner) -> list[str]:
    """The names of those that are typed, and that any number of extensions can have the same of."""
    return [field.name for field in FIELDS if field.owner is owner and field.on_form and not field.is_own]


def form_fields(owner: Owner) -> list[str]:
    """The names of those that are typed, but for secrets, which forms take in a way of their own."""
    return [field.name for field in FIELDS if field.owner is owner and field.on_form and not field.is_secret]
