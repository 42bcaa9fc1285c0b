"""What the operation log says of extensions."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import localization
from core.audit.fields import RecordedField, one_of, show_mask
from extensions.fields import FIELDS as EXTENSION_FIELDS


def _moment_shown(text: Any) -> str:
    return localization.exact(datetime.fromisoformat(text)) if text else ""


TEXTS = {
    "extension.one": _("Extension %(number)s"),
    "extension.many": _("%(number)s extensions"),
    "extension.all": _("All extensions"),
    "extension.refused": _("Extension %(extension)s, %(field)s: %(why)s"),
}
FIELDS = {
    **{field.name: RecordedField(_(field.label), field.shown, is_secret=field.is_secret) for field in EXTENSION_FIELDS},
    "picture": RecordedField(_("Picture"), show_mask, is_secret=True),
    "greeting": RecordedField(_("Greeting"), show_mask, is_secret=True),
    "phone": RecordedField(_("Phone")),
    "caller": RecordedField(_("Caller")),
    "left_at": RecordedField(_("Left at"), _moment_shown),
    "how": RecordedField(_("How"), one_of({"qr_code": _("QR code")})),
    "batch": RecordedField(_("Batch")),
}
