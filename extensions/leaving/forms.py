"""Somebody leaves: what becomes of the calls, and when the extension goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import localization
from extensions import actions
from extensions.calls.voicemail import messages as voicemail
from extensions.calls.voicemail.greeting_views import greeting_version
from extensions.fields import MessagesThen
from extensions.listing.search import search
from extensions.models import SipExtension, SipExtensionQuerySet

NOBODY, COLLEAGUE = "nobody", "colleague"
UNTIL_DATE, FOREVER = "date", "forever"
DAYS = ("7", "30", "90")
LONGEST = timedelta(days=3653)
MOST_MATCHES = 8


@dataclass(frozen=True)
class Matches:
    """Colleagues that what was typed may mean; `more`: besides those shown."""

    shown: list[SipExtension]
    more: int


def colleagues(extension: SipExtension, by: User) -> SipExtensionQuerySet:
    """To whom the calls can be handed. Nobody who has left: so there is no chain, and no ring."""
    return SipExtension.objects.visible_to(by).enabled().filter(left_on=None).exclude(pk=extension.pk)


class LeaveForm(forms.Form):
    """What becomes of the calls, and how long the extension is kept."""

    calls = forms.ChoiceField(
        label=_("Calls to the number"),
        choices=[(NOBODY, NOBODY), (COLLEAGUE, COLLEAGUE)],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose who answers calls.")),
    )
    colleague = forms.CharField(label=_("Colleague"), max_length=100, required=False)
    handed_to = forms.CharField(label=_("Colleague"), max_length=8, required=False)
    keep = forms.ChoiceField(
        label=_("Keep the extension"),
        choices=[(each, each) for each in (*DAYS, UNTIL_DATE, FOREVER)],
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose how long to keep the extension.")),
    )
    messages = forms.ChoiceField(
        label=_("Voicemail"),
        choices=MessagesThen,
        required=False,  # not sent: kept
        error_messages={"invalid_choice": _("Choose what happens to voicemail.")},
    )
    delete_on = forms.DateField(
        label=_("Delete on"),
        required=False,
        error_messages={"invalid": _("Enter the date as year, month, and day, such as 2026-12-24.")},
    )

    def __init__(self, data: Any = None, *, extension: SipExtension, by: User) -> None:
        self.extension, self.by = extension, by
        self.matches = Matches([], 0)
        self.to: SipExtension | None = None
        self.until: date | None = None
        self.messages_count = voicemail.count(extension)
        self.has_greeting = bool(greeting_version(extension))
        super().__init__(data, initial=self._as_it_is())

    def _as_it_is(self) -> dict[str, Any]:
        now = self.extension
        to = now.handed_to
        shown: dict[str, Any] = {
            "calls": COLLEAGUE if to else NOBODY,
            "colleague": to.number if to else "",
            "keep": "30",
            "messages": now.messages_then,
        }
        if now.left_on:
            shown |= {"keep": UNTIL_DATE if now.delete_on else FOREVER, "delete_on": now.delete_on}
        return shown

    @property
    def ids(self) -> dict[str, str]:
        """name -> where the page shows its errors."""
        return {name: f"id_{name}" for name in self.fields} | {"handed_to": "id_colleague"}

    @property
    def first_day(self) -> date:
        return localdate() + timedelta(days=1)

    @property
    def last_day(self) -> date:
        return localdate() + LONGEST

    @property
    def periods(self) -> Iterator[tuple[str, str, date]]:
        """Choice, words, and the day that it comes to."""
        for each in DAYS:
            yield each, gettext("%(count)s days") % {"count": each}, localdate() + timedelta(days=int(each))

    def clean(self) -> None:
        if self.cleaned_data.get("calls") == COLLEAGUE and "colleague" in self.cleaned_data:
            try:
                self.to = self._colleague()
            except ValidationError as error:
                self.add_error("colleague", error)
        copies = self.cleaned_data.get("messages") == MessagesThen.COPY
        if copies and "colleague" not in self.errors and self.extension.messages_then != MessagesThen.COPY:
            try:
                self._refuse_no_place()
            except ValidationError as error:
                self.add_error("messages", error)
        if "keep" in self.cleaned_data and "delete_on" not in self.errors:
            try:
                self.until = self._until()
            except ValidationError as error:
                self.add_error("delete_on", error)

    def clean_messages(self) -> MessagesThen:
        return MessagesThen(self.cleaned_data["messages"] or MessagesThen.KEEP)

    def _refuse_no_place(self) -> None:
        """Where the messages cannot be copied to the colleague."""
        if self.to is None:
            raise ValidationError(_("Choose a colleague whose phones ring, or keep the messages."), code="no_colleague")
        params = {"number": self.to.number}
        if not self.to.voicemail:
            words = _("Extension %(number)s has no voicemail. Turn it on first, or keep the messages.")
            raise ValidationError(words, code="no_mailbox", params=params)
        if not voicemail.has_room(self.to, self.messages_count):
            words = _("The mailbox of %(number)s has no room for them. Delete messages there, or keep these.")
            raise ValidationError(words, code="full", params=params)

    def _until(self) -> date | None:
        keep = self.cleaned_data["keep"]
        if keep in DAYS:
            return localdate() + timedelta(days=int(keep))
        if keep == FOREVER:
            return None
        day: date | None = self.cleaned_data.get("delete_on")
        if day is None or not self.first_day <= day <= self.last_day:
            raise ValidationError(
                _("Enter a date from %(first)s to %(last)s."),
                code="day",
                params={"first": localization.day(self.first_day), "last": localization.day(self.last_day)},
            )
        return day

    def look_up(self, text: str) -> Matches:
        """A number that is typed whole comes first."""
        among = colleagues(self.extension, self.by)
        text = " ".join(text.replace("\0", "").split())[:100]
        if not text:
            return Matches([], 0)
        exact = list(among.filter(number=text).select_related("user"))
        found = search(among, text)
        rows = found.rows.exclude(number=text).select_related("user")[:MOST_MATCHES]
        shown = [*exact, *rows][:MOST_MATCHES]
        return Matches(shown, max(0, found.total - len(shown)))

    def _colleague(self) -> SipExtension:
        text, chosen = self.cleaned_data["colleague"].strip(), self.cleaned_data.get("handed_to", "")
        now = self.extension.handed_to
        if now and now.enabled and text == now.number:
            return now
        self.matches = self.look_up(text)
        for each in self.matches.shown:
            if each.number in (chosen, text):
                return each
        if text:
            return self._only_match(text)
        found = colleagues(self.extension, self.by).filter(number=chosen).select_related("user").first()
        if found is None:
            raise ValidationError(_("Enter the colleague's number or name."), code="required")
        return found

    def _only_match(self, text: str) -> SipExtension:
        shown = self.matches.shown
        if len(shown) == 1:
            return shown[0]
        params = {"text": text, "count": len(shown) + self.matches.more}
        if shown:
            raise ValidationError(
                _("%(count)s people match “%(text)s”. Choose one of them."), code="several", params=params
            )
        one = SipExtension.objects.visible_to(self.by).filter(number=text).select_related("user").first()
        if one is None:
            raise ValidationError(
                _("No one matches “%(text)s”. Try a number, or part of a name."), code="none", params=params
            )
        raise ValidationError(_why_not(one, self.extension), code="not_now")

    @property
    def entered(self) -> Iterator[tuple[str, str]]:
        """A valid form's answers in their shortest form, to be sent again."""
        yield "calls", COLLEAGUE if self.to else NOBODY
        if self.to:
            yield "colleague", self.to.number
        yield "messages", self.messages_then
        yield "keep", self.cleaned_data["keep"]
        if self.cleaned_data["keep"] == UNTIL_DATE:
            yield "delete_on", str(self.until)

    @property
    def messages_then(self) -> MessagesThen:
        return MessagesThen(self.cleaned_data["messages"])

    def save(self) -> list[str]:
        """Gives the numbers that had rung this one's phones, and ring nobody now. Raises ActionRefusedError."""
        to = self.to.number if self.to else None
        return actions.leave(self.extension.number, self.by, to, self.until, self.messages_then)


def _why_not(one: SipExtension, leaver: SipExtension) -> str:
    if one.pk == leaver.pk:
        return gettext("This is the extension being offboarded. Choose someone else.")
    if one.left_on:
        return gettext("%(name)s is offboarded too. Choose someone else.") % {"name": one.user}
    words = gettext("Extension %(number)s is disabled. Enable it first, or choose someone else.")
    return words % {"number": one.number}
