from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.profile.uploads import LARGEST_SPREADSHEET, MOST_BYTES
from core.forms.layout import finish
from extensions.fields import label
from extensions.spreadsheets.formats import FULL_NAME, TARGETS, Format
from extensions.spreadsheets.reading import FileRefusedError, read
from extensions.spreadsheets.rows import Mode
from extensions.spreadsheets.table import Table

MODES = [
    (Mode.BOTH.value, gettext_lazy("Add new extensions, and update those that exist")),
    (Mode.ADD.value, gettext_lazy("Only add new extensions")),
    (Mode.UPDATE.value, gettext_lazy("Only update extensions that exist")),
]


def mode_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=MODES,
        initial=Mode.BOTH.value,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("An update changes only the fields that have a column."),
    )


class FileForm(forms.Form):
    """A file to import, read already where the form is valid: `table`, `of_format`, `encoding`."""

    spreadsheet = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "An Excel workbook (.xlsx) or a CSV file, up to 15 MB and 20,000 rows. The first line names the columns."
            " Exports of Yeastar, FreePBX, FusionPBX, MikoPBX, Wazo, and 3CX are recognized."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt,text/csv"}),
        error_messages={
            "required": gettext_lazy("Choose an Excel workbook (.xlsx) or a CSV file."),
            "empty": gettext_lazy("The file is empty. Choose another."),
        },
    )
    mode = mode_field()

    table: Table
    of_format: Format
    encoding: str

    def __init__(self, *args: Any, too_many: bool = False) -> None:
        super().__init__(*args)
        self.too_many = too_many
        self.helper = finish(self)

    def clean_spreadsheet(self) -> Any:
        upload = self.cleaned_data["spreadsheet"]
        if self.too_many:
            raise ValidationError(_("Too many files in a short time. Wait five minutes."), code="too_many")
        if (upload.size or 0) > LARGEST_SPREADSHEET:
            words = _("The file is larger than %(most)s MB. Split it into several.")
            raise ValidationError(words, code="size", params={"most": LARGEST_SPREADSHEET // MOST_BYTES})
        try:
            self.table, self.of_format, self.encoding = read(upload.read())
        except FileRefusedError as error:
            raise ValidationError(str(error.args[0]), code="refused") from None
        return upload


def target_label(target: str) -> str:
    return _("First and Last Name") if target == FULL_NAME else label(target)


class ColumnsForm(forms.Form):
    """Which column is which field, and what becomes of the rows."""

    mode = mode_field()

    def __init__(self, data: Any = None, *, heads: list[str], targets: list[str], mode: str) -> None:
        super().__init__(data, initial={"mode": mode})
        choices = [("", _("Not imported")), *((each, target_label(each)) for each in TARGETS)]
        for place, (head, target) in enumerate(zip(heads, targets, strict=True)):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=head or _("(no name)"), choices=choices, initial=target, required=False
            )
        self.width = len(heads)
        self.helper = finish(self)

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[f"column-{place}"] for place in range(self.width)]

    @property
    def targets(self) -> list[str]:
        return [self.cleaned_data[f"column-{place}"] for place in range(self.width)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [cleaned.get(f"column-{place}", "") for place in range(self.width)]
        for place, target in enumerate(chosen):
            if target and target in chosen[:place]:
                words = _("Another column is imported as %(field)s. Choose another field, or Not imported.")
                self.add_error(f"column-{place}", words % {"field": target_label(target)})
        if "number" not in chosen:
            self.add_error("column-0", _("Choose the column that holds the Extension Number."))
        return cleaned
