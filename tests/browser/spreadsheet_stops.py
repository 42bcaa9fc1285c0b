"""Import and export, for the tour."""

from contextlib import ExitStack
from datetime import timedelta

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from core import file_lock
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.browser import company
from tests.browser.tour import Tour, ada, belongs_to, stop
from tests.extensions.spreadsheets.files import as_csv, begin, given, upload
from tests.extensions.spreadsheets.test_formats import ROWS

State = Import.State
FILE = "Extensions of Analytical Engines, Greater Manchester and Liverpool, as of last summer.csv"


def client() -> Client:
    signed_in = Client()
    signed_in.force_login(ada())
    return signed_in


def freepbx(count: int, *, wrong: bool = False) -> Import:
    """Some are there already, and some secrets are weak."""
    company.people(6)
    User.objects.filter(job_title__startswith="Senior").update(job_title="")  # longer than a form lets it be
    rows = []
    for n in range(count):
        first, last = company.NAMES[n % len(company.NAMES)]
        name = f"{first} {last}".strip()
        row = {**ROWS["freepbx"], "extension": str(1000 + n), "name": name, "voicemail_email": f"new{n}@example.com"}
        row["secret"] = "secret1" if n % 4 == 3 else row["secret"]
        if wrong and n % 3 == 1:
            row["outboundcid"] = "12x"
        if wrong and n % 7 == 2:
            row["voicemail_email"], row["extension"] = "grace@localhost", "7"
        rows.append(row)
    return given(upload(client(), as_csv(rows), name=FILE))


@stop
def import_of_a_file(tour: Tour) -> Page:
    freepbx(8)
    return tour.ada("/extensions/import/")


@stop
def import_of_no_spreadsheet(tour: Tour) -> Page:
    page = tour.ada("/extensions/import/")
    file = {"name": "picture.png", "mimeType": "image/png", "buffer": bytes(100)}
    page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("alert").wait_for()
    return page


@stop
def import_preview(tour: Tour) -> Page:
    return tour.ada(freepbx(30).get_absolute_url())


@stop
def import_preview_with_missing_departments(tour: Tour) -> Page:
    rows = [
        {"Extension Number": str(2000 + n), "First Name": "Grace", "Departments": f"Region {n % 14}/Shop {n}"}
        for n in range(20)
    ]
    return tour.ada(given(upload(client(), as_csv(rows), name=FILE)).get_absolute_url())


@stop
def import_preview_with_errors(tour: Tour) -> Page:
    return tour.ada(freepbx(60, wrong=True).get_absolute_url())


@stop
def import_preview_with_columns_open(tour: Tour) -> Page:
    page = tour.ada(freepbx(8).get_absolute_url() + "?kind=all&edit=3")
    page.get_by_text("Columns", exact=True).click()
    return page


@stop
def import_under_way(tour: Tour) -> Page:
    made = freepbx(8)
    begun = timezone.now() - timedelta(seconds=4)
    Import.objects.update(state=State.RUNNING, total=8_000, done=2_412, begun_at=begun)
    stack: ExitStack = tour.stack
    stack.enter_context(file_lock.try_acquire(run.lock_of(made.pk)))
    return tour.ada(made.get_absolute_url())


@stop
def import_whose_check_was_cut_short(tour: Tour) -> Page:
    made = freepbx(8)
    Import.objects.update(state=State.CHECKING, why={"code": "import.cut_short"})
    return tour.ada(made.get_absolute_url())


@stop
def import_done(tour: Tour) -> Page:
    made = freepbx(30)
    belongs_to(ada())
    begin(client(), made)
    return tour.ada(made.get_absolute_url())


@stop
def import_to_be_undone(tour: Tour) -> Page:
    return tour.ada(f"{begin(client(), freepbx(30)).get_absolute_url()}undo/")


@stop
def import_saved_and_not_applied(tour: Tour) -> Page:
    made = freepbx(8)
    begin(client(), made)
    Import.objects.update(state=State.SAVED, why={"code": "import.others_wait"})
    return tour.ada(made.get_absolute_url())


@stop
def import_undone_and_not_applied(tour: Tour) -> Page:
    """Others have changes that wait."""
    made = freepbx(8)
    begin(client(), made)
    begin(client(), made, "undo")
    return tour.ada(made.get_absolute_url())


@stop
def import_undone(tour: Tour) -> Page:
    made = freepbx(8)
    belongs_to(ada())
    begin(client(), made)
    begin(client(), made, "undo")
    return tour.ada(made.get_absolute_url())


@stop
def export(tour: Tour) -> Page:
    company.people(12)
    return tour.ada("/extensions/export/?all=yes&filter=voicemail%3Dno%26q%3Dexample")
