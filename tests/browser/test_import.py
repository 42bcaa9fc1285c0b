"""An administrator brings people from a spreadsheet: uploads it, corrects errors in the page, and undoes it."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from asterisk.process.embedded import Embedded
from core import file_lock
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.browser.conftest import SignIn
from tests.extensions.spreadsheets.files import as_csv
from tests.extensions.spreadsheets.test_formats import ROWS


def work_beside(given: Import, begin: Callable[[], object] = lambda: None) -> None:
    """As the process does, in a thread of the test, which has its database."""
    lock = file_lock.try_acquire(run.lock_of(given.pk))
    if begin() == 0:
        lock.close()
        return

    def work() -> None:
        from django.db import connection

        with lock:
            run.work(given.pk)
        connection.close()

    Thread(target=work).start()


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(run, "start", work_beside)
    yield
    assert not Import.objects.filter(state__in=Import.AT_WORK).exists()


def file(count: int) -> dict[str, object]:
    """Each third with a number that nobody can call."""
    rows = [
        {
            **ROWS["freepbx"],
            "extension": str(2000 + n),
            "voicemail_email": f"p{n}@example.com",
            "outboundcid": "12x" if n % 3 == 1 else "",
        }
        for n in range(count)
    ]
    return {"name": "bulk-export.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}


def test_from_the_file_to_phones_and_back(asterisk: Embedded, sign_in: SignIn, ada: User) -> None:
    Preferences.objects.update(last_number=9_999)
    page: Page = sign_in(ada)
    page.goto("/extensions/")
    page.locator("summary", has_text="More actions").click()
    page.get_by_role("link", name="Import…").click()
    page.get_by_label("File").set_input_files(file(30))  # type: ignore[arg-type]
    page.get_by_role("button", name="Upload and preview").click()

    expect(page.get_by_text("Recognized as an export of FreePBX.")).to_be_visible()
    expect(page.get_by_text("10 rows have errors.")).to_be_visible()
    wrong = page.get_by_label("Outbound Caller ID").first
    wrong.fill("+49 30 1234567")
    page.get_by_label("Also in 9 other rows with this value").first.check()
    page.get_by_role("button", name="Save corrections").click()

    page.get_by_role("button", name="Import 30 extensions").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Applied and verified by the PBX.")).to_be_visible()
    assert SipExtension.objects.filter(outbound_number="+49301234567").count() == 10

    page.get_by_role("link", name="Undo this import…").click()
    expect(page.get_by_text("30 extensions that were added are deleted")).to_be_visible()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("heading", name="Undone")).to_be_visible(timeout=30_000)
    assert not SipExtension.objects.exists()


def test_the_preview_of_many_rows_is_a_page_of_its_own(adas: Page) -> None:
    adas.goto("/extensions/import/")
    adas.get_by_label("File").set_input_files(file(300))  # type: ignore[arg-type]
    adas.get_by_role("button", name="Upload and preview").click()
    expect(adas.get_by_role("heading", name="Preview of the import")).to_be_visible(timeout=60_000)
    expect(adas.locator("h1")).to_have_count(1)
    expect(adas.locator(".topbar")).to_have_count(1)
