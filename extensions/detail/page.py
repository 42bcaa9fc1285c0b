import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from accounts.profile.models import Avatar
from accounts.requests import SignedInRequest
from accounts.second_factor.factors import Factors
from core.preferences.models import Preferences
from extensions import actions, handover, pbx
from extensions.access import may_manage, may_use, visible
from extensions.calls.voicemail import views as voicemail
from extensions.changes.history import history_of
from extensions.fields import FIELDS, Owner, Tab, VoicemailEmail
from extensions.listing.rows import Row, rows_of
from extensions.models import Change, SipExtension
from extensions.phones import guides, registration_problems
from extensions.phones.settings import phone_settings
from extensions.welcome import invitations

MOST_DIALED = 40
# Of what lies above: what rings the extension too, as number, name and page; "" where whoever looks may not open it.
RUNG_BY: list[Callable[[User, SipExtension], list[tuple[str, str, str]]]] = []
BETWEEN_DIGITS = re.compile(r"[\s()./-]")
DIALED = re.compile(r"[0-9*#+]+")


def with_phones(request: SignedInRequest, extension: SipExtension, row: Row) -> dict[str, Any]:
    """What only the extension's own page says and asks for again: its phones, and the welcome mail."""
    manages = may_manage(request, extension)
    try:
        found = registration_problems.of(extension, row.phones or (), may_manage=manages)
    except pbx.PbxError:
        found = []
    return {
        "offline": offline_of(row),
        "may_remove": may_use(request, extension),
        "troubles": found,
        "may_forget": manages,
        "welcome": invitations.shown(extension, request.user) if manages else None,
    }


def offline_of(row: Row) -> pbx.Offline | None:
    """Since when its phones are gone; not those of whoever had the number before."""
    if not row.offline:
        return None
    added = Change.objects.filter(number=row.number, kind=Change.Kind.ADDED, at__gt=row.offline.at)
    return None if added.exists() else row.offline


def guide_of(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """In the words of the kind of phone that was chosen, and what one may do about its password."""
    guide = guides.find(request.GET.get("phone", ""))
    values = {**phone_settings(request, extension), "name": extension.user.full_name}
    uses = may_use(request, extension)
    allowed = "registration_password" in Preferences.current().self_service or may_manage(request, extension)
    return {
        "phone": values,
        "guides": guides.GUIDES,
        "guide": guide,
        "guide_lines": guides.lines(guide, values) if guide else [],
        "can_use": uses,
        "may_renew": uses and allowed and extension.left_on is None,
        "picture": Avatar.objects.filter(user=extension.user).values_list("version", flat=True).first(),
    }


@dataclass(frozen=True)
class Fact:
    """A line of the page that is nothing but a label and a value."""

    label: str
    value: str
    is_code: bool


def facts(owner: SipExtension | User, of: Owner) -> list[Fact]:
    found = [(field, field.text_of(owner)) for field in FIELDS if field.owner is of and field.is_fact]
    return [Fact(field.shown_label, field.shown(text), field.is_code) for field, text in found if text]


def mailbox_facts(extension: SipExtension) -> list[Fact]:
    """What is true of the mailbox; of one that is off, that it is."""
    fields = [field for field in FIELDS if field.tab is Tab.VOICEMAIL and not field.is_secret]
    if not extension.voicemail:
        fields = fields[:1]
    elif extension.voicemail_email == VoicemailEmail.NONE:
        fields = [field for field in fields if field.name != "voicemail_after_email"]
    return [Fact(field.shown_label, field.shown(field.text_of(extension)), field.is_code) for field in fields]


def mailbox_of(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """Its settings, to who may use the extension, and where they are changed ("": not by who looks)."""
    if not may_use(request, extension):
        return {}
    change = ""
    if may_manage(request, extension):
        change = reverse("extensions:edit", args=[extension.number]) + f"#{Tab.VOICEMAIL.value}"
    elif extension.user == request.user and "voicemail" in Preferences.current().self_service:
        change = reverse("extensions:voicemail_settings", args=[extension.number])
    return {"mailbox_facts": mailbox_facts(extension), "change_mailbox_url": change}


def taken(request: SignedInRequest, key: str, number: str) -> list[Any]:
    """What an earlier request left in the session for the page of this number, once."""
    left = request.session.pop(key, None)
    return left[1:] if left and left[0] == number else []


def colleague_of(request: SignedInRequest, extension: SipExtension) -> Row | None:
    """Whose phones ring for the number, where one may see who that is."""
    if extension.handed_to is None:
        return None
    return next(iter(rows_of(list(visible(request).filter(pk=extension.handed_to.pk)))), None)


def dialed(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """What becomes of the number that was asked about, if one was."""
    text = request.GET.get("dials", "")[:MOST_DIALED]
    number = BETWEEN_DIGITS.sub("", text)
    if not number:
        return {}
    if not DIALED.fullmatch(number):
        return {"dials": text, "when_dialed": [gettext("Enter what is dialed: digits, *, #, and +.")]}
    try:
        return {"dials": text, "when_dialed": pbx.get().when_dialed(extension.number, number)}
    except pbx.PbxError as error:
        return {"dials": text, "when_dialed": [str(error)]}


def outbound_locked_since(number: str) -> datetime | None:
    try:
        return pbx.get().outbound_locked_since(number)
    except pbx.PbxError:
        return None


def detail_page(request: SignedInRequest, extension: SipExtension, **more: Any) -> HttpResponse:
    colleague = colleague_of(request, extension)
    try:
        when_called = pbx.get().when_called(extension.number, {colleague.number: colleague.name} if colleague else {})
    except pbx.PbxError as error:
        when_called = [str(error)]
    row = rows_of([extension])[0]
    return render(
        request,
        "extensions/detail/detail.html",
        {
            "section": "extension" if request.user.sees_extensions else "own",
            "extension": row,
            "extension_facts": facts(extension, Owner.EXTENSION),
            "person_facts": facts(extension.user, Owner.PERSON),
            "can_edit": may_manage(request, extension),
            "folds_setup": bool(row.phones) or not extension.enabled,
            "may_end": not actions.refusal("leave", extension, request.user),
            **with_phones(request, extension, row),
            **guide_of(request, extension),
            "when_called": when_called,
            **dialed(request, extension),
            "outbound_locked_since": outbound_locked_since(extension.number),
            "second_factor": Factors.of(extension.user).words if may_manage(request, extension) else "",
            "colleague": colleague,
            "rings_for": handover.seen(extension, request.user),
            "rung_by": [each for rung_by in RUNG_BY for each in rung_by(request.user, extension)],
            "mailbox_then": extension.messages_then if extension.voicemail else "",
            **mailbox_of(request, extension),
            **voicemail.shown(request, extension),
            **history_of(request, extension),
            **more,
        },
    )
