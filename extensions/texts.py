"""What the operation log says of extensions."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from core.audit.fields import RecordedField, one_of, show_mask
from extensions.changes.record import LABELS, SECRET, value_shown

TEXTS = {
    "extension.one": _("Extension %(number)s"),
    "extension.many": _("%(number)s extensions"),
    "extension.all": _("All extensions"),
    "extension.refused": _("Extension %(extension)s, %(field)s: %(why)s"),
}
FIELDS = {
    **{
        name: RecordedField(_(label), partial(value_shown, name), is_secret=name in SECRET)
        for name, label in LABELS.items()
    },
    "picture": RecordedField(_("Picture"), show_mask, is_secret=True),
    "phone": RecordedField(_("Phone")),
    "how": RecordedField(_("How"), one_of({"qr_code": _("QR code")})),
    "batch": RecordedField(_("Batch")),
}
