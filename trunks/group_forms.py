import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.forms.fields import of_model
from core.preferences.models import Preferences
from extensions.listing.search import search
from extensions.models import SipExtension
from extensions.validators import extension_number, is_emergency_number
from trunks.call_destination_fields import CallDestinationFormField
from trunks.call_destinations import Kind
from trunks.forms import LineForm, without_circle
from trunks.models import LONGEST_RING, MOST_MEMBERS, SHORTEST_RING, Emergency, RingGroup

LONGEST_LINE = 100
MOST_MATCHES = 4
SUGGESTED = range(6200, 6300)  # numbers, as Yeastar's ring groups have them
SEVERAL_NUMBERS = re.compile(r"[0-9]+(?:[\s,;]+[0-9]+)+[\s,;]*")
RING_WORDS = _("Enter a number of seconds from %(least)s to %(most)s.")


class MembersField(forms.CharField):
    """Extensions, one a line by number or name, or several a line by numbers alone.

    Of a line that begins with a number and goes on with a name, the number counts.

    Gives their numbers in this order. `by`: whose extensions are found by name.
    """

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"})
    by: User

    def prepare_value(self, value: Any) -> Any:
        """As they are shown: with the names of those that `by` may see."""
        if not isinstance(value, list):
            return value
        seen = SipExtension.objects.visible_to(self.by).filter(number__in=value).select_related("user")
        names = {each.number: each.user.full_name for each in seen}
        return "\n".join(f"{number} {names.get(number, '')}".strip() for number in value)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        lines = enumerate((" ".join(line.split()) for line in text.splitlines()), 1)
        typed = [(place, each[:LONGEST_LINE]) for place, line in lines for each in _extensions_in(line)]
        if len(typed) > MOST_MEMBERS:
            words = _("Enter at most %(most)s members.")
            raise ValidationError(words, code="too_many", params={"most": MOST_MEMBERS})
        first_words = {line.split()[0] for _place, line in typed}
        numbers = set(SipExtension.objects.filter(number__in=first_words).values_list("number", flat=True))
        return list(dict.fromkeys(self._member(place, line, numbers) for place, line in typed))

    def _member(self, place: int, line: str, numbers: set[str]) -> str:
        if line.split()[0] in numbers:
            return line.split()[0]
        matching = search(SipExtension.objects.visible_to(self.by), line).rows.select_related("user")
        found = list(matching[: MOST_MATCHES + 1])
        known: dict[str, Any] = {"line": place, "text": line}
        if not found:
            words = _("Line %(line)s: no extension matches “%(text)s”. Enter a number or a name.")
            raise ValidationError(words, code="gone", params=known)
        if len(found) > 1:
            known["matches"] = ", ".join(f"{each.number} {each.user.full_name}" for each in found[:MOST_MATCHES])
            words = _("Line %(line)s: “%(text)s” matches several extensions, such as %(matches)s. Enter a number.")
            raise ValidationError(words, code="several", params=known)
        return str(found[0].number)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != (initial or [])
        except ValidationError:
            return True


def _extensions_in(line: str) -> list[str]:
    if SEVERAL_NUMBERS.fullmatch(line):
        return [each for each in re.split(r"[\s,;]+", line) if each]
    return [line] if line else []


def free_number(country: str) -> str:
    """The first that is suggested and nobody has; "" where there is none."""
    texts = list(map(str, SUGGESTED))
    taken = {*SipExtension.objects.filter(number__in=texts).values_list("number", flat=True)}
    taken |= {*RingGroup.objects.values_list("number", flat=True), *Emergency.load().more_numbers.split()}
    return next((text for text in texts if text not in taken and not is_emergency_number(text, country)), "")


class GroupForm(LineForm[RingGroup]):
    """A number by which several extensions are called."""

    kind = "groups"

    members = MembersField(
        label=_("Members"),
        help_text=_("One extension per line, by number or name, in the order in which they ring."),
        error_messages={"required": _("Enter at least one extension.")},
    )
    goes_to = CallDestinationFormField(
        label=_("If nobody answers"), kinds=[Kind.EXTENSION, Kind.VOICEMAIL, Kind.ANNOUNCEMENT, Kind.HANG_UP]
    )

    class Meta:
        model = RingGroup
        fields = ["name", "enabled", "number", "members", "strategy", "ring_seconds", "goes_to"]
        formfield_callback = of_model
        widgets = {
            "number": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            "strategy": forms.RadioSelect,
            "ring_seconds": forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        }
        error_messages = {
            "strategy": {"invalid_choice": _("Choose one of the options."), "required": _("Choose an option.")}
        }
        help_texts = {
            "number": _("Colleagues dial it. It cannot be an extension's number."),
            "ring_seconds": _("All members together, or each one in turn."),
            "enabled": _("A disabled group rings nobody: calls go on at once."),
        }

    def __init__(self, data: Any = None, *, by: User, instance: RingGroup | None = None) -> None:
        suggested = {} if instance else {"number": free_number(Preferences.current().country)}
        super().__init__(data, by=by, instance=instance, initial=suggested)
        members, seconds = self.fields["members"], self.fields["ring_seconds"]
        assert isinstance(members, MembersField)  # noqa: S101 (as made)
        members.by = by
        words = RING_WORDS % {"least": SHORTEST_RING, "most": LONGEST_RING}
        seconds.error_messages |= dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        extension_number(number)
        if SipExtension.objects.filter(number=number).exists():
            words = _("%(number)s is an extension. Enter another number.")
            raise ValidationError(words, code="extension", params={"number": number})
        more = Emergency.load().more_numbers.split()
        if number in more or is_emergency_number(number, Preferences.current().country):
            words = _("%(number)s is an emergency number or a helpline. Enter another number.")
            raise ValidationError(words, code="emergency", params={"number": number})
        return number

    def clean_goes_to(self) -> str:
        return without_circle(self.instance, self.cleaned_data["goes_to"])
