"""An import that was killed, or got no answer: its pages say what is so, and it can be gone on with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core import file_lock
from core.audit.models import AuditRecord
from extensions.models import Change, SipExtension
from extensions.pbx import Applied
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, at_once, begin, given, page, upload
from tests.extensions.spreadsheets.test_import import ALAN
from tests.pages import html_of
from tests.people import make_extension

State = Import.State


def test_sent_again_as_no_answer_came_it_shows_what_has_become_of_it(signed_in: Client) -> None:
    made = begin(signed_in, given(upload(signed_in, as_csv([ALAN]))))
    for deed in ("start", "correct", "columns", "departments"):
        answer = signed_in.post(f"/extensions/import/{made.pk}/{deed}/")
        assert (answer.status_code, answer["Location"]) == (302, made.get_absolute_url())
    begin(signed_in, made, "undo")
    assert begin(signed_in, made, "undo").state == State.UNDONE
    assert SipExtension.objects.count() == 0
    assert AuditRecord.objects.filter(action="extensions.import_undone").count() == 1


def test_a_check_that_was_killed_twice_is_begun_again_by_hand(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    Import.objects.update(state=State.CHECKING, why={"code": "import.cut_short"})
    shown = page(signed_in, made)
    assert "The rows were not checked" in shown
    assert "Checking the rows" not in shown
    with at_once():
        signed_in.post(f"/extensions/import/{made.pk}/start/")
    made.refresh_from_db()
    assert made.state == State.CHECKING  # only that button begins it
    with at_once():
        signed_in.post(f"/extensions/import/{made.pk}/start/", {"then": "check"})
    made.refresh_from_db()
    assert (made.state, made.why) == (State.READY, None)
    with at_once():
        signed_in.post(f"/extensions/import/{made.pk}/start/", {"then": "check"})
    made.refresh_from_db()
    assert made.state == State.READY


def test_one_that_has_just_ended_is_not_taken_for_one_that_was_killed(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    made.state = State.RUNNING  # as it was when it was read
    assert not run.is_cut_short(made)
    assert (made.state, made.why) == (State.READY, None)


def test_the_list_of_imports_knows_of_one_that_was_killed(signed_in: Client) -> None:
    given(upload(signed_in, as_csv([ALAN])))
    Import.objects.update(state=State.RUNNING)
    shown = html_of(signed_in, "/extensions/import/")
    assert ", Not imported yet</span>" in shown
    assert ", Importing</span>" not in shown


def test_one_that_was_killed_and_never_looked_at_is_forgotten_too(signed_in: Client) -> None:
    old, at_work = (given(upload(signed_in, as_csv([ALAN]))) for _ in range(2))
    Import.objects.update(state=State.RUNNING, created_at=timezone.now() - Import.KEPT - timedelta(minutes=1))
    with file_lock.acquire(run.lock_of(at_work.pk)):
        run.forget_old()
    assert list(Import.objects.all()) == [at_work]
    assert not run.lock_of(old.pk).exists()


class Killed(BaseException):
    """Nothing catches it."""


@contextmanager
def killed_before_it_is_applied() -> Iterator[None]:
    def applied(*_: object) -> None:
        raise Killed

    with patch.object(run, "_applied", applied), pytest.raises(Killed):
        yield


def apply_all() -> None:
    Change.objects.update(applied_at=timezone.now())


def test_one_that_was_killed_before_it_was_applied_says_so_until_it_is(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    with killed_before_it_is_applied():
        begin(signed_in, made)
    shown = page(signed_in, made)
    assert "Saved, not applied" in shown
    assert "The portal was interrupted before the PBX had taken all of it." in shown
    apply_all()
    shown = page(signed_in, made)
    assert "</span>Imported\n" in shown
    assert "Review and apply" not in shown
    assert "interrupted" not in shown
    with killed_before_it_is_applied():
        begin(signed_in, made, "undo")
    shown = page(signed_in, made)
    assert "Undone, not applied" in shown
    assert "Review and apply" in shown
    apply_all()
    shown = page(signed_in, made)
    assert "</span>Undone\n" in shown
    assert "Review and apply" not in shown
    made.refresh_from_db()
    assert (made.sealed_table, made.sealed_formers) == ("", "")


def test_an_undo_that_was_killed_leaves_what_was_not_applied_so(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([ALAN])))
    with killed_before_it_is_applied():
        begin(signed_in, made)
    for state in (State.SAVED, State.DONE):
        Import.objects.update(state=State.UNDOING)
        page(signed_in, made)
        made.refresh_from_db()
        assert made.state == state
        apply_all()


def test_the_list_leaves_a_check_alone_that_goes_on(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Import] = []
    check = run.check

    def looked_at(made: Import) -> None:
        assert ", Checking</span>" in html_of(signed_in, "/extensions/import/")
        check(made)

    monkeypatch.setattr(run, "check", looked_at)
    monkeypatch.setattr(run, "start", started.append)
    file = SimpleUploadedFile("people.csv", as_csv([ALAN]))
    made = given(signed_in.post("/extensions/import/", {"spreadsheet": file, "mode": "both"}))
    assert (made.state, made.why, started) == (State.READY, None, [])


def test_nothing_begins_while_another_process_is_at_work_on_it(signed_in: Client) -> None:
    made = begin(signed_in, given(upload(signed_in, as_csv([ALAN]))))
    before = made.state
    with file_lock.acquire(run.lock_of(made.pk)):
        answer = signed_in.post(f"/extensions/import/{made.pk}/undo/", follow=True)
    assert "This import is still being applied. Try again in a moment." in answer.content.decode()
    made.refresh_from_db()
    assert made.state == before


def test_what_waits_for_the_pbx_is_not_said_to_be_applied(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_applied", lambda *_: Applied(False, ""))
    made = given(upload(signed_in, as_csv([ALAN])))
    for deed, words in (("start", "Imported"), ("undo", "Undone")):
        begin(signed_in, made, deed)
        shown = page(signed_in, made)
        assert "not applied\n" in shown
        assert "Applied as soon as the PBX is running." in shown
        apply_all()
        shown = page(signed_in, made)
        assert f"</span>{words}\n" in shown
        assert "Applied as soon as" not in shown


def test_what_an_undo_left_as_it_is_stays_said_after_it_is_applied(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_applied", lambda *_: Applied(False, ""))
    make_extension("1001", location="Hall").user.join_the_company()
    row = {"Extension Number": "1001", "Location": "Attic", "IP Phone Concurrent Registrations": "2"}
    made = begin(signed_in, given(upload(signed_in, as_csv([row]))))
    SipExtension.objects.update(location="Cellar")
    begin(signed_in, made, "undo")
    words = "What others have changed since stays as it is: 1 value"
    assert words in page(signed_in, made)
    apply_all()
    shown = page(signed_in, made)
    assert "</span>Undone\n" in shown
    assert words in shown
