"""How the log shows what it stores by name: the fields of a change, and the details of an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from core import coded_text
from core.coded_text import CodedText

MASK, REMOVED = "changed", "removed"  # in place of a secret's new value
MASKS = {MASK: _("changed"), REMOVED: _("removed")}
Show = Callable[[Any], str]


def one_of(labels: Mapping[Any, StrOrPromise]) -> Show:
    """Show a value by its label; one that has none as it is."""
    return lambda value: (
        str(labels[value]) if isinstance(value, str | bool) and value in labels else coded_text.show(value)
    )


show_mask = one_of(MASKS)


@dataclass(frozen=True)
class RecordedField:
    """The label of a field, and how its stored values are shown in the language of the reader."""

    label: StrOrPromise
    show: Show = coded_text.show
    is_secret: bool = False


_fields: dict[str, RecordedField] = {}


def register(fields: Mapping[str, RecordedField]) -> None:
    """Make fields known by their names. Raises ValueError where a name has another label already."""
    for name, field in fields.items():
        if name in _fields and str(_fields[name].label) != str(field.label):
            raise ValueError(f"Two labels for the field {name}.")
        _fields[name] = field
        coded_text.register({f"field.{name}": field.label})


def field(name: str) -> RecordedField:
    """Of a name that this version no longer knows: the name as its own label."""
    return _fields.get(name) or RecordedField(name)


def label_of(name: str) -> CodedText:
    """The label as a parameter of another text."""
    return CodedText(f"field.{name}")


def show(name: str, value: Any) -> str:
    return "" if value in ("", None) else field(name).show(value)
