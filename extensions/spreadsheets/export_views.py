from django import forms
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime, now
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from accounts.sessions.reauthentication import require_reauthentication
from core.access.decorators import needs
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from core.forms.layout import finish
from extensions.listing.selection import Selection, chosen
from extensions.spreadsheets import export
from extensions.spreadsheets.columns import NAMES, SECRETS

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportForm(forms.Form):
    file_type = forms.ChoiceField(
        label=_("File type"),
        choices=[("xlsx", _("Excel workbook (.xlsx)")), ("csv", _("Text with commas (.csv), UTF-8"))],
        widget=forms.RadioSelect,
        initial="xlsx",
    )
    secrets = forms.BooleanField(
        label=_("Include registration passwords and voicemail PINs"),
        required=False,
        help_text=_("Anyone who has the file can register phones and listen to messages. You enter your password."),
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.helper = finish(self)


@needs(Permission.MANAGE_EXTENSIONS)
def download(request: SignedInRequest) -> HttpResponseBase:
    """Of those that were chosen in the list, or of all that match its filters."""
    selection = chosen(request)
    form = ExportForm(request.POST if "file_type" in request.POST else None)
    if not form.is_valid():
        return page(request, form, selection)
    if form.cleaned_data["secrets"]:
        require_reauthentication(request)
    return file_of(request, selection, form.cleaned_data)


def page(request: SignedInRequest, form: ExportForm, selection: Selection) -> HttpResponse:
    context = {"section": "extension", "form": form, "selection": selection, "filters": selection.filters}
    return render(request, "extensions/spreadsheets/export.html", context, status=422 if form.is_bound else 200)


def file_of(request: SignedInRequest, selection: Selection, asked: dict[str, object]) -> HttpResponseBase:
    names = [*NAMES, *SECRETS] if asked["secrets"] else NAMES
    narrowed_to = ", ".join(chip.text for chip in selection.filters.chips) if selection.filters else ""
    on = CodedText("extension.many", number=selection.count)
    log.record(request.user, "extensions.exported", on, narrowed_to=narrowed_to, secrets=bool(asked["secrets"]))
    rows = export.rows(selection.rows, names)
    name = f"extensions-{localtime(now()):%Y-%m-%d}.{asked['file_type']}"
    if asked["file_type"] == "xlsx":
        return FileResponse(export.as_xlsx(rows), as_attachment=True, filename=name, content_type=WORKBOOK)
    answer = StreamingHttpResponse(export.as_csv(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
