"""The field of a form that asks where a call goes on. Styles hide the boxes that do not count: it needs no scripts."""

from collections.abc import Iterable
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from core.forms.fields import SingleLineFormField
from extensions.models import SipExtension
from trunks import call_destinations
from trunks.call_destinations import OF_EXTENSIONS, CallDestination, Kind
from trunks.models import Announcement, RingGroup

LABELS: dict[Kind, StrOrPromise] = {
    Kind.EXTENSION: _("Extension"),
    Kind.VOICEMAIL: _("Voicemail of an extension"),
    Kind.GROUP: _("Ring group"),
    Kind.ANNOUNCEMENT: _("Announcement"),
    Kind.LAST_DIGITS: _("Extension by the last digits"),
    Kind.HANG_UP: _("Hang up"),
}
KIND, NUMBER, GROUP, ANNOUNCEMENT = "kind", "number", "group", "announcement"
# The boxes beside the kind: label, and the kinds that they belong to.
BOXES: dict[str, tuple[StrOrPromise, tuple[Kind, ...]]] = {
    NUMBER: (_("Extension number"), OF_EXTENSIONS),
    GROUP: (_("Ring group"), (Kind.GROUP,)),
    ANNOUNCEMENT: (_("Announcement"), (Kind.ANNOUNCEMENT,)),
}
Choices = list[tuple[str, StrOrPromise]]


class CallDestinationWidget(forms.MultiWidget):
    """What is posted is a kind, and what each box holds; templates/trunks/_call_destination.html shows it."""

    use_fieldset = True

    def __init__(self) -> None:
        number = forms.TextInput(attrs={"class": "form-control", "inputmode": "numeric", "autocomplete": "off"})
        selects = [forms.Select(attrs={"class": "form-select"}) for _place in range(3)]
        super().__init__({KIND: selects[0], NUMBER: number, GROUP: selects[1], ANNOUNCEMENT: selects[2]})
        self.offered: set[str] = set()

    def offer(self, kinds: Choices, groups: Choices, announcements: Choices) -> None:
        self.offered = {value for value, _label in kinds}
        kind, _number, *boxes = self.widgets
        for widget, choices in zip((kind, *boxes), (kinds, groups, announcements), strict=True):
            assert isinstance(widget, forms.Select)  # noqa: S101 (as made)
            widget.choices = choices

    def use_required_attribute(self, initial: Any) -> bool:  # noqa: ARG002 (as Django asks)
        return False

    def decompress(self, value: str | None) -> list[str]:
        to = call_destinations.parse(value) if value else None
        of_box = {box: to.key if to and to.kind in kinds else "" for box, (_label, kinds) in BOXES.items()}
        return [str(to.kind) if to else "", *of_box.values()]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0"

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = self.get_context(name, value, attrs)
        kind, *boxes = context["widget"]["subwidgets"]
        of_kinds = [(box, *its) for box, its in zip(boxes, BOXES.values(), strict=True) if self.offered & set(its[1])]
        return self._input(kind, renderer) + format_html_join(
            "",
            '<div class="destination-box" data-kinds="{}"><label for="{}" class="form-label">{}</label>{}</div>',
            (
                (" ".join(kinds), box["attrs"]["id"], label, self._input(box, renderer))
                for box, label, kinds in of_kinds
            ),
        )

    def _input(self, widget: dict[str, Any], renderer: Any) -> SafeString:
        text: str = renderer.render(widget["template_name"], {"widget": widget})
        return mark_safe(text)  # noqa: S308 (it escapes)


class CallDestinationFormField(forms.Field):
    """Gives the text of a CallDestination. `same`: what it is called to choose none, which gives ""."""

    widget: CallDestinationWidget

    def __init__(self, *, kinds: Iterable[Kind], same: StrOrPromise = "", **kwargs: Any) -> None:
        self.kinds, self.same = tuple(kinds), same
        messages = {"required": _("Choose an option."), "invalid_choice": _("Choose one of the options.")}
        super().__init__(required=not same, widget=CallDestinationWidget(), error_messages=messages, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """As each form has its own: with what there is to choose from now."""
        copied = super().__deepcopy__(memo)
        groups: Choices = [(str(each.pk), f"{each.number} {each.name}") for each in RingGroup.objects.all()]
        announcements: Choices = [(str(each.pk), each.name) for each in Announcement.objects.all()]
        there = {Kind.GROUP: bool(groups), Kind.ANNOUNCEMENT: bool(announcements)}
        copied.kinds = tuple(kind for kind in self.kinds if there.get(kind, True))
        kinds: Choices = [(str(kind), LABELS[kind]) for kind in copied.kinds]
        copied.widget.offer([("", self.same), *kinds] if self.same else kinds, groups, announcements)
        return copied

    def clean(self, value: Any) -> str:
        kind, number, group, announcement = value or ("", "", "", "")
        if not kind and not self.required:
            return ""
        if not kind:
            raise ValidationError(self.error_messages["required"], code="required")
        if kind not in self.kinds:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        key = ""
        if kind in OF_EXTENSIONS:
            key = _extension(Kind(kind), number or "")
        elif kind == Kind.GROUP:
            key = _group(group or "")
        elif kind == Kind.ANNOUNCEMENT:
            key = _announcement(announcement or "")
        return str(CallDestination(Kind(kind), key))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != (initial or "")
        except ValidationError:
            return True


def _extension(kind: Kind, typed: str) -> str:
    number: str = SingleLineFormField(max_length=8, required=False).clean(typed)
    if not number:
        raise ValidationError(_("Enter an extension number."), code="no_number")
    found = SipExtension.objects.filter(number=number).first()
    if found is None:
        words = _("There is no extension %(number)s. Enter another number.")
        raise ValidationError(words, code="gone", params={"number": number})
    if kind == Kind.VOICEMAIL and not found.voicemail:
        words = _("Extension %(number)s has no voicemail. Turn it on first, or choose another extension.")
        raise ValidationError(words, code="no_voicemail", params={"number": number})
    return number


def _group(key: str) -> str:
    if key not in map(str, RingGroup.objects.values_list("pk", flat=True)):
        raise ValidationError(_("This ring group no longer exists. Choose another one."), code="gone")
    return key


def _announcement(key: str) -> str:
    if key not in map(str, Announcement.objects.values_list("pk", flat=True)):
        raise ValidationError(_("This announcement no longer exists. Choose another one."), code="gone")
    return key
