"""Imports on a served portal, of which something is killed meanwhile; and the undo of each."""

import time
from collections.abc import Callable
from functools import partial

from extensions.models import Change
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv
from tests.faults.killed import (
    MANY,
    NEW,
    THERE,
    Found,
    ImporterKilled,
    Scene,
    State,
    WebKilled,
    all_is_applied,
    applies,
    found,
    wait_until,
)
from tests.faults.portal import Answer, Browser
from tests.people import make_user

INTERRUPTED = "The portal was interrupted. Nothing of it was saved."
UPLOAD = "/extensions/import/"
IMPORTS = f"Import {2 * MANY} extensions"  # what the button says


def is_accepted(answer: Answer | None) -> bool:
    return answer is not None and answer.status == 302


def over(made: Import) -> bool:
    return not run.has_lock(made)


def rows() -> bytes:
    """Those that are there are changed, and as many come new."""
    there = ({"Extension Number": each, "First Name": f"Person {each}", "Location": "Room 1"} for each in THERE)
    new = ({"Extension Number": each, "First Name": f"New {each}", "Location": "Room 1"} for each in NEW)
    return as_csv([*there, *new])


def check_imported(before: Found, now: Found) -> None:
    assert [*now.shape] == [*THERE, *NEW], "half"
    assert {each[2] for each in now.shape.values()} == {"Room 1"}, "half"
    rows = {"extension.added": MANY, "extension.changed": MANY, "extensions.imported": 1, "imports": 1}
    now.is_more_than(before, rows | {"changes": len(NEW) + len(THERE), "people": MANY, "departments": MANY})


def check_import_undone(at_first: Found, before: Found, now: Found) -> None:
    assert now.shape == at_first.shape, "half"
    rows = {"extension.deleted": MANY, "extension.changed": MANY, "extensions.import_undone": 1, "imports": -1}
    now.is_more_than(before, rows | {"changes": len(NEW) + len(THERE), "people": -MANY, "departments": -MANY})


class ImportScene(Scene):
    def part(self, what: str) -> str:
        """Of it that can be hit: the web server is asked to begin, and is then not needed."""
        return "request" if isinstance(self.fault, WebKilled) else what

    def imports(self) -> None:
        """And undoes it. Each is another administrator's: one may upload 30 within five minutes."""
        browser = Browser(self.port, make_user(f"Grace{self.ends.total()}", role="super_administrator"))
        made = self.uploads(browser)
        path, before = made.get_absolute_url(), found()
        answer = self.struck(
            self.part("import"), browser, lambda: browser.send(f"{path}start/", {}), lambda: over(made)
        )
        now, page = found(), browser.get(path)
        saved = now != before
        made.refresh_from_db()
        self.end("import", answer, saved=saved)
        if saved:
            check_imported(before, now)
            self.says_saved(page, made)
        else:
            assert made.state == State.READY
            assert IMPORTS in page
            assert not is_accepted(answer) or INTERRUPTED in page
        self.ends_it("import", browser, f"{path}start/", made)
        check_imported(before, found())
        self.is_told_to_be_applied(browser, made, "Imported")
        self.undoes_import(browser, made, before)

    def uploads(self, browser: Browser) -> Import:
        """An upload that got no answer is sent again; the first is left behind, and can be gone on with."""
        browser.get(UPLOAD)
        keys = {*Import.objects.values_list("pk", flat=True)}
        upload = ask_for_upload(browser)
        if not isinstance(self.fault, ImporterKilled):
            answer = self.struck("upload", browser, upload)
            self.ends[f"upload: {'answered' if answer else 'no answer'}"] += 1
        for left in Import.objects.exclude(pk__in=keys):
            wait_until(partial(self.is_checked, browser, left), "It is not checked.")
        return Import.objects.get(pk=self.whole("upload", upload).location.split("/")[-2])

    def is_checked(self, browser: Browser, made: Import) -> bool:
        """Maybe at the second try, or when an administrator asks for it."""
        page = browser.get(made.get_absolute_url())
        if "The rows were not checked" in page:
            assert browser.send(f"{made.get_absolute_url()}start/", {"then": "check"}).status == 302
        return IMPORTS in page

    def says_saved(self, page: str, made: Import) -> None:
        waits = Change.objects.waiting().exists()
        assert made.state == (State.SAVED if waits else State.DONE)
        assert ("Saved, not applied" in page, "Review and apply" in page) == (waits, waits)

    def ends_it(self, what: str, browser: Browser, path: str, made: Import) -> None:
        """By the same request again; it does nothing where that was done."""
        made.refresh_from_db()
        was = made.state
        begun = time.monotonic()
        assert browser.send(path, {}).location == made.get_absolute_url()
        wait_until(lambda: over(made), "It goes on and on.")
        made.refresh_from_db()
        if made.state != was:
            self.usual[what] = time.monotonic() - begun

    def is_told_to_be_applied(self, browser: Browser, made: Import, word: str) -> None:
        if Change.objects.waiting().exists():
            assert "Review and apply" in browser.get(made.get_absolute_url())
            applies(browser)
        all_is_applied()
        page = browser.get(made.get_absolute_url())
        assert "Review and apply" not in page
        assert "not applied" not in page
        assert f"</span>{word}\n" in page
        assert not over(made) or f", {word}</span>" in browser.get(UPLOAD)

    def undoes_import(self, browser: Browser, made: Import, at_first: Found) -> None:
        path, before = made.get_absolute_url(), found()
        answer = self.struck(
            self.part("undo of an import"), browser, lambda: browser.send(f"{path}undo/", {}), lambda: over(made)
        )
        now, page = found(), browser.get(path)
        saved = now != before
        self.end("undo of an import", answer, saved=saved)
        if saved:
            check_import_undone(at_first, before, now)
            assert ("Undone, not applied" in page) == Change.objects.waiting().exists()
        else:
            assert "Undo this import" in page
            assert not is_accepted(answer) or INTERRUPTED in page
        self.ends_it("undo of an import", browser, f"{path}undo/", made)
        check_import_undone(at_first, before, found())
        self.is_told_to_be_applied(browser, made, "Undone")


def ask_for_upload(browser: Browser) -> Callable[[], Answer]:
    return lambda: browser.upload(UPLOAD, {"mode": "both"}, "spreadsheet", rows())
