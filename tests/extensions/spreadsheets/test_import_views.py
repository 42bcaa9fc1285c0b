"""What the pages of an import count and say, and which column is imported as which field."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import file_lock
from extensions.models import Change, SipExtension
from extensions.pbx import Applied
from extensions.spreadsheets import run
from extensions.spreadsheets.forms import ColumnsForm, FileForm, target_label
from extensions.spreadsheets.import_views import progress, weak_secrets
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, at_once, begin, given, upload
from tests.people import make_extension, make_user

State = Import.State


def row(number: int, **more: str) -> dict[str, str]:
    return {"Extension Number": str(number), "First Name": f"P{number}", **more}


def shown(client: Client, made: Import, query: str = "") -> Any:
    return client.get(f"/extensions/import/{made.pk}/{query}").context


def said(client: Client, made: Import, deed: str, **fields: str) -> str:
    """The last message after it."""
    with at_once():
        answer = client.post(f"/extensions/import/{made.pk}/{deed}/", fields)
    assert answer.status_code == 302
    return ["", *map(str, get_messages(answer.wsgi_request))][-1]


def test_the_preview_counts_what_becomes_of_the_rows(signed_in: Client) -> None:
    make_extension("1001", user=make_user("P1001"))
    make_extension("1002", user=make_user("P1002"))
    rows = [row(1001), {**row(1002), "First Name": "New"}, row(1003), row(999), {**row(1004), "Shoe": "38"}]
    made = given(upload(signed_in, as_csv([{"Shoe": "", "Empty": "", **each} for each in rows])))
    assert (made.total, made.wrong, made.done) == (5, 1, 5)
    page = shown(signed_in, made)
    counts = {name: page[name] for name in ("wrong", "to_import", "same", "ignored", "ignored_with_data", "kind")}
    assert counts == {
        "wrong": 1, "to_import": 3, "same": 1, "ignored": 2, "ignored_with_data": 1, "kind": "wrong",
    }  # fmt: skip
    assert (page["import_words"], page["lacks_passwords"], page["has_cells"]) == ("Import 3 extensions", True, True)
    assert page["samples"] == ["38", "", "1001", "P1001"]
    assert [(each.line, each.kind, each.number) for each in page["page"].rows] == [(5, "wrong", "999")]
    every = shown(signed_in, made, "?kind=all")["page"]
    assert [(each.line, str(each.kind), each.changes) for each in every.rows] == [
        (2, "same", ""), (3, "changed", "First Name"), (4, "new", ""), (5, "wrong", ""), (6, "new", ""),
    ]  # fmt: skip
    assert [each.name for each in every.rows][:2] == ["P1001", "New"]
    assert [each.line for each in shown(signed_in, made, "?kind=x&from=4")["page"].rows] == [5, 6]
    edited = shown(signed_in, made, "?kind=new&edit=4")["page"].rows
    assert [len(each.cells) for each in edited] == [2, 0]
    cell = edited[0].cells[1]
    assert (cell.name, cell.label, cell.text, cell.error) == ("cell-4-3", "First Name", "P1003", "")
    assert said(signed_in, made, "start") == "Correct the rows with errors, or leave them out."
    assert said(signed_in, made, "start", seen="x") == "The preview has changed since. Look at it again."


def test_the_wrong_rows_are_a_file_with_what_is_wrong(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([row(1001), row(999, Voicemail="=perhaps"), row(1002), row(1002)])))
    answer = signed_in.get(f"/extensions/import/{made.pk}/errors/")
    assert answer["Content-Disposition"] == 'attachment; filename="rows-with-errors.csv"'
    lines = [*csv.reader(StringIO(answer.content.decode("utf-8-sig")))]
    assert lines[0] == ["Extension Number", "First Name", "Voicemail", "Error"]
    assert [line[0] for line in lines[1:]] == ["999", "1002"]
    assert lines[1][2] == "'=perhaps"
    assert "Voicemail: Enter yes or no." in lines[1][3]
    assert lines[2][3] == "Extension Number: Line 4 has the same. Correct one of them."


def test_what_has_nothing_to_cancel_says_so(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([row(1001)])))
    assert shown(signed_in, made)["import_words"] == "Import 1 extension"
    begin(signed_in, made)
    assert said(signed_in, made, "cancel") == "It is already saved. You can undo it."
    other = given(upload(signed_in, as_csv([row(1002)])))
    assert said(signed_in, other, "cancel") == "Nothing was imported."
    assert Import.objects.get() == made


def test_one_that_is_at_work_is_told_to_stop(signed_in: Client) -> None:
    made = given(upload(signed_in, as_csv([row(1001)])))
    for state, is_told in ((State.RUNNING, True), (State.UNDOING, False), (State.SAVED, False)):
        Import.objects.update(state=state, canceled=False)
        words = "" if is_told else "It is already saved. You can undo it."
        with file_lock.try_acquire(run.lock_of(made.pk)):
            assert said(signed_in, made, "cancel") == words
        made.refresh_from_db()
        assert (made.canceled, made.state) == (is_told, state)


def test_what_is_canceled_while_it_is_imported_saves_nothing(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "TOLD_SECONDS", -1.0)
    made = given(upload(signed_in, as_csv([row(1001), row(1002)])))
    Import.objects.update(state=State.RUNNING, canceled=True)
    run.run(Import.objects.get())
    made.refresh_from_db()
    assert (made.state, (made.why or {})["code"], made.total, made.wrong) == (State.READY, "import.canceled", 2, 0)
    assert not SipExtension.objects.exists()
    assert shown(signed_in, made)["import_words"] == "Import 2 extensions"
    Import.objects.update(state=State.CHECKING, canceled=True)
    run.check(Import.objects.get())
    assert Import.objects.get().state == State.CHECKING
    Import.objects.update(state=State.CHECKING, canceled=False, done=0)
    told: list[int] = []
    tell = run._tell

    def telling(given: Import, done: int) -> None:
        told.append(done)
        tell(given, done)

    monkeypatch.setattr(run, "_tell", telling)
    run.check(Import.objects.get())
    assert (told, Import.objects.get().state) == ([0, 1], State.READY)


@pytest.mark.parametrize(
    ("head", "cells", "name"),
    [
        (["First Name", "Last Name"], ["Grace", "Hopper"], "Grace Hopper"),
        (["First Name", "Last Name"], ["", "Hopper"], "Hopper"),
        (["Name"], ["Grace Hopper"], "Grace Hopper"),
    ],
)
def test_each_row_has_the_name_of_its_person(signed_in: Client, head: list[str], cells: list[str], name: str) -> None:
    made = given(upload(signed_in, as_csv([{"Extension": "1001", **dict(zip(head, cells, strict=True))}])))
    made.targets = ["number", *(["full_name"] if head == ["Name"] else ["first_name", "last_name"])]
    made.save()
    (shown_row,) = shown(signed_in, made, "?kind=all")["page"].rows
    assert (shown_row.number, shown_row.name) == ("1001", name)


@pytest.mark.parametrize(
    ("ago", "done", "total", "state", "told"),
    [
        (10.0, 100, 300, State.RUNNING, (10, 20, True)),
        (10.0, 300, 300, State.RUNNING, (30, 0, False)),
        (10.0, 100, 300, State.UNDOING, (10, 20, False)),
        (10.0, 0, 300, State.CHECKING, (0, 0, True)),
        (0.5, 100, 300, State.CHECKING, (0, 0, True)),
        (1.5, 30, 300, State.CHECKING, (20, 14, True)),
    ],
)
def test_how_far_it_is(ago: float, done: int, total: int, state: str, told: tuple[int, int, bool]) -> None:
    begun = timezone.now() - timedelta(seconds=ago)
    found = progress(Import(begun_at=begun, done=done, total=total, state=state))
    assert (found["rate"], found["seconds_left"], found["counts"]) == told


def test_weak_secrets_are_counted_until_they_are_renewed(db: None) -> None:
    day = date(2026, 6, 11)
    for number in range(1001, 1031):
        make_extension(str(number))
        SipExtension.objects.filter(number=str(number)).update(renew_password_by=day + timedelta(days=number - 1001))
    SipExtension.objects.filter(number="1001").update(renew_password_by=None)
    weak = [[str(number), ["registration_password"]] for number in range(1001, 1031)]
    weak += [["1031", ["voicemail_pin"]], ["1002", ["voicemail_pin"]]]
    found = weak_secrets(Import(weak=weak))
    assert (found["weak"][0], found["weak_total"], found["weak_pins"]) == ("1002", 29, 2)
    assert len(found["weak"]) + found["weak_more"] == 29
    assert found["renew_by"] == day + timedelta(days=1)
    assert weak_secrets(Import(weak=[])) == {
        "weak": [], "weak_more": 0, "weak_total": 0, "renew_by": None, "weak_pins": 0,
    }  # fmt: skip


def columns(mode: str = "both", **chosen: str) -> ColumnsForm:
    return ColumnsForm({"mode": mode, **chosen}, heads=["Ext", "", "Name"], targets=["number", "", ""], mode="add")


def test_each_column_is_imported_as_one_field() -> None:
    right = columns(**{"column-0": "number", "column-1": "", "column-2": "full_name"})
    assert right.is_valid()
    assert right.targets == ["number", "", "full_name"]
    assert [each.label for each in right.columns] == ["Ext", "(no name)", "Name"]
    twice = columns(**{"column-0": "number", "column-1": "number", "column-2": ""})
    words = "Another column is imported as Extension Number. Choose another field, or Not imported."
    assert twice.errors == {"column-1": [words]}
    none = columns(**{"column-0": "", "column-1": "", "column-2": "full_name"})
    assert none.errors == {"column-0": ["Choose the column that holds the Extension Number."]}
    assert [*columns("other", **{"column-0": "number"}).errors] == ["mode"]
    blank = ColumnsForm(heads=["Ext"], targets=["number"], mode="add")
    assert (blank["mode"].value(), blank["column-0"].value()) == ("add", "number")
    assert (target_label("full_name"), target_label("number")) == ("First and Last Name", "Extension Number")


def test_too_many_files_are_not_read() -> None:
    files: Any = {"spreadsheet": SimpleUploadedFile("people.csv", as_csv([row(1001)]))}
    form = FileForm({"mode": "both"}, files, too_many=True)
    assert form.errors == {"spreadsheet": ["Too many files in a short time. Wait five minutes."]}
    empty: Any = {"spreadsheet": SimpleUploadedFile("people.csv", b"")}
    assert FileForm({"mode": "both"}, empty).errors == {"spreadsheet": ["The file is empty. Choose another."]}
    assert [*FileForm({}, {}).errors] == ["spreadsheet", "mode"]


def test_which_imports_are_at_work_unapplied_or_forgotten(ada: User) -> None:
    def of(state: str, **more: Any) -> Import:
        return Import(by=ada, file_name="people.csv", format="ours", state=state, **more)

    assert [each.value for each in State if of(each).is_at_work] == ["checking", "running", "undoing"]
    assert [each.value for each in State if of(each).is_unapplied] == ["saved"]
    assert [each.value for each in State if of(each, sealed_table="x").is_unapplied] == ["saved", "undone"]
    assert of(State.READY, sealed_table="a").seen != of(State.READY, sealed_table="b").seen
    assert len(of(State.READY).seen) == 16
    old = timezone.now() - Import.KEPT - timedelta(minutes=1)
    kept, gone, at_work = (of(State.DONE, created_at=at) for at in (old + timedelta(minutes=2), old, old))
    for each in (kept, gone, at_work):
        each.seal("sealed_table", ["1000"])
        each.save()
    assert Import.forget_old([at_work.pk, uuid4()]) == [gone.pk]
    assert {*Import.objects.all()} == {kept, at_work}
    assert kept.unseal("sealed_table") == ["1000"]
    assert "1000" not in kept.sealed_table


@pytest.mark.parametrize(
    ("live", "state", "words"),
    [(True, State.DONE, "import.applied"), (False, State.SAVED, "import.applied_later")],
)
def test_what_the_pbx_took_is_done_and_what_it_takes_later_is_not(
    signed_in: Client, ada: User, monkeypatch: pytest.MonkeyPatch, live: bool, state: str, words: str
) -> None:
    applied: list[list[str]] = []

    def told(_given: Import, numbers: list[str]) -> Applied:
        applied.append(numbers)
        return Applied(live, "")

    monkeypatch.setattr(run, "_applied", told)
    made = begin(signed_in, given(upload(signed_in, as_csv([row(1002), row(1001)]))))
    assert (made.state, (made.why or {})["code"], applied) == (state, words, [["1001", "1002"]])
    assert (made.added, made.changed, made.done) == (2, 0, 2)
    assert made.ended_at
    Change.objects.update(applied_at=timezone.now())
    same = begin(signed_in, given(upload(signed_in, as_csv([row(1001, **{"First Name": "P1001"})]))))
    assert (same.state, same.why, len(applied)) == (State.DONE, None, 1)
