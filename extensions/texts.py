"""What the operation log says of extensions."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core import localization
from core.audit.fields import RecordedField, one_of, show_mask
from extensions.fields import FIELDS as EXTENSION_FIELDS
from extensions.models import BulkAction


def _moment_shown(text: Any) -> str:
    return localization.exact(datetime.fromisoformat(text)) if text else ""


TEXTS = {
    "extension.one": _("Extension %(number)s"),
    "extension.many": ngettext_lazy("%(number)s extension", "%(number)s extensions", "number"),
    "extension.all": _("All extensions"),
    "extension.refused": _("Extension %(extension)s, %(field)s: %(why)s"),
    "import.empty": _("The file is empty. Choose another."),
    "import.old_excel": _("This is an old Excel file (.xls). Open it, and save it as an Excel workbook (.xlsx)."),
    "import.macros": _("This workbook contains macros. Save it as an Excel workbook without macros (.xlsx)."),
    "import.not_text": _("This is not a spreadsheet. Choose an Excel workbook (.xlsx) or a CSV file in UTF-8."),
    "import.broken_csv": _("A quotation mark of this CSV file is not closed. Export it again from where it comes."),
    "import.broken_workbook": _("This workbook is damaged or protected by a password. Open it, and save it again."),
    "import.too_large": _("This file holds far more than extensions. Copy the table into a new workbook."),
    "import.too_many_rows": _("This file has more than %(most)s rows. Split it into several."),
    "import.too_many_columns": _("Line %(line)s has more than %(most)s columns. Delete those that are not needed."),
    "import.long_cell": _(
        "A cell in line %(line)s has more than %(most)s characters. Shorten it, or delete the column."
    ),
    "import.no_heads": _("No line names the columns. The first line needs names such as Extension Number, First Name."),
    "import.no_rows": _("The file has column names, but no rows."),
    "import.doubled_head": _("Two columns are called “%(head)s”. Delete or rename one of them."),
    "import.cut_short": _("The portal was interrupted. Nothing of it was saved. Start again."),
    "import.apply_cut_short": _("The portal was interrupted before the PBX had taken all of it."),
    "import.canceled": _("Canceled. Nothing was saved."),
    "import.overtaken": _(
        "Someone else saved changes to these extensions after the preview, so nothing was imported. The preview is"
        " current again: check it, and import."
    ),
    "import.last_super_administrator": _(
        "No one would be left with the role Super Administrator, so nothing was saved. Correct the column User Role."
    ),
    "import.others_wait": _(
        "Someone else has unapplied changes to some of these extensions, so nothing was applied. Review all of them,"
        " then apply."
    ),
    "import.applied": _("Applied and verified by the PBX."),
    "import.applied_later": _("Applied as soon as the PBX is running."),
    "import.not_undone": _("Nothing was undone. %(why)s"),
    "import.kept": _("What others have changed since stays as it is: %(count)s values."),
}
FIELDS = {
    **{field.name: RecordedField(_(field.label), field.shown, is_secret=field.is_secret) for field in EXTENSION_FIELDS},
    "picture": RecordedField(_("Picture"), show_mask, is_secret=True),
    "greeting": RecordedField(_("Greeting"), show_mask, is_secret=True),
    "phone": RecordedField(_("Phone")),
    "caller": RecordedField(_("Caller")),
    "messages_kept": RecordedField(_("Messages saved")),
    "messages_lost": RecordedField(_("Messages lost")),
    "left_at": RecordedField(_("Left at"), _moment_shown),
    "how": RecordedField(_("How"), one_of({"qr_code": _("QR code")})),
    "batch": RecordedField(_("Batch")),
    "bulk_action": RecordedField(_("Action"), one_of(dict(BulkAction.Kind.choices))),
    "file": RecordedField(_("File")),
    "count_added": RecordedField(_("Added")),
    "count_changed": RecordedField(_("Changed")),
    "narrowed_to": RecordedField(_("Filter")),
    "secrets": RecordedField(_("With secrets")),
}
