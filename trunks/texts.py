"""What is said of lines, and stored with what was done."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from core import localization
from core.audit.fields import RecordedField, one_of, show_mask
from core.coded_text import show
from trunks import changes, record

TEXTS: dict[str, StrOrPromise] = {
    "module.trunk": gettext_lazy("Trunk"),
    "module.lines": gettext_lazy("Outside lines"),
    "module.emergency": gettext_lazy("Emergency"),
    "module.hours": gettext_lazy("Business hours"),
    "destination.extension": gettext_lazy("Extension %(key)s"),
    "destination.voicemail": gettext_lazy("Voicemail of %(key)s"),
    "destination.group": gettext_lazy("Ring group %(key)s"),
    "destination.announcement": gettext_lazy("Announcement %(key)s"),
    "destination.digits": gettext_lazy("Extension by the last digits"),
    "destination.hangup": gettext_lazy("Hang up"),
}


def _or(nothing: StrOrPromise) -> Any:
    """Shows a number; of 0 what it stands for."""
    return lambda value: localization.count(value) if value else str(nothing)


SHOWN = {
    "country": localization.country,
    "port": lambda value: str(value) if value else _("(default)"),
    "max_calls": _or(gettext_lazy("No limit")),
    "keep_alive": _or(gettext_lazy("Off")),
}
# Of what no field of a model says it.
LABELS = {
    "trunks": gettext_lazy("Trunks"),
    "sealed_password": gettext_lazy("Password"),
    "sealed_pin": gettext_lazy("PIN"),
    "roles": gettext_lazy("Roles"),
    "organizations": gettext_lazy("Departments"),
}

TO = {
    "extension": gettext_lazy("Extension"),
    "voicemail": gettext_lazy("Voicemail of an extension"),
    "digits": gettext_lazy("The extension that the last digits are"),
}


def _fields() -> Iterator[tuple[str, RecordedField]]:
    for kind, model in record.KINDS.items():
        for field in model._meta.concrete_fields:  # noqa: SLF001
            if field.name not in changes.NO_FIELDS and not field.primary_key:
                yield changes.key(kind, field.name), _recorded(field)
    yield (
        "inbound_to",
        RecordedField(gettext_lazy("Goes to"), one_of(TO)),
    )  # in older records
    yield "inbound_extension_number", RecordedField(gettext_lazy("Extension"))
    yield "line_order", RecordedField(gettext_lazy("Order"))


def _recorded(field: Any) -> RecordedField:
    label = LABELS.get(field.name) or field.verbose_name
    if field.name in changes.SECRETS:
        return RecordedField(label, show_mask, is_secret=True)
    if field.name == "restricted":
        return RecordedField(label, lambda value: _("Only some") if value else _("Everyone"))
    shown = one_of(dict(field.flatchoices)) if field.choices else SHOWN.get(field.name, show)
    return RecordedField(label, shown)


FIELDS = dict(_fields())
