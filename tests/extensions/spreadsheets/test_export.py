"""The list as a file: what is filtered, safe to open, and secrets only where they were asked for."""

import csv
from io import BytesIO, StringIO

import pytest
import python_calamine
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Role, User
from core.audit.models import AuditRecord
from extensions.listing.filters import Filters
from extensions.models import SipExtension
from extensions.spreadsheets import export
from extensions.spreadsheets.columns import NAMES
from tests.people import be_stale, make_extension
from tests.trees import department

Rows = list[dict[str, str]]


def exported(client: Client, file_type: str = "csv", **asked: str) -> Rows:
    answer = client.post("/extensions/export/", {"all": "yes", "file_type": file_type, **asked})
    assert answer.status_code == 200
    content = answer.getvalue()
    if file_type == "csv":
        return list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    head, *rows = python_calamine.CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, head), map(str, row), strict=True)) for row in rows]


def grace() -> SipExtension:
    extension = make_extension(
        "1001", first_name="Grace", last_name="Hopper", caller_id="1001", voicemail=True, outbound_call_minutes=5
    )
    extension.user.mobile = "+4915112345678"
    extension.user.role = Role.objects.get(key="employee")
    extension.user.email = "grace@example.com"
    extension.user.save()
    extension.user.organizations.set([department("Sales/East")])
    return extension


@pytest.mark.parametrize("file_type", ["csv", "xlsx"])
def test_a_row_has_all_that_the_form_has_but_secrets(signed_in: Client, file_type: str) -> None:
    extension = grace()
    (row,) = exported(signed_in, file_type)
    assert len(row) == len(NAMES)
    sign = "'" if file_type == "csv" else ""
    assert row["Mobile Number"] == f"{sign}+4915112345678"
    assert row["Departments"] == r"Company/Sales\/East"
    assert (row["User Role"], row["Voicemail"], row["Outbound Minutes in 24 Hours"]) == ("Employee", "yes", "")
    assert (row["Longest Outbound Call (minutes)"], row["Extension Number"]) == ("5", "1001")
    assert extension.registration_password not in row.values()


@pytest.mark.parametrize(("file_type", "words"), [("", "Choose an option."), ("exe", "Select a valid choice.")])
def test_a_file_of_no_type_is_asked_for_again(signed_in: Client, file_type: str, words: str) -> None:
    answer = signed_in.post("/extensions/export/", {"all": "yes", "file_type": file_type})
    assert answer.status_code == 422
    assert words in answer.context["form"].errors["file_type"][0]


def test_the_filters_of_the_list_choose(signed_in: Client) -> None:
    grace()
    make_extension("1002")
    found = exported(signed_in, filter=Filters(voicemail="yes").query)
    assert [row["Extension Number"] for row in found] == ["1001"]
    page = signed_in.get("/extensions/export/?all=yes&filter=voicemail%3Dyes").content.decode()
    assert "The file has 1 extension." in page


def test_secrets_need_the_password_and_are_recorded(signed_in: Client) -> None:
    extension = grace()
    be_stale(signed_in)
    asked = {"all": "yes", "file_type": "csv", "secrets": "on"}
    assert "/sign-in/again/" in signed_in.post("/extensions/export/", asked).headers["Location"]
    assert not AuditRecord.objects.filter(action="extensions.exported").exists()
    signed_in.force_login(User.objects.get(first_name="Ada"))
    (row,) = exported(signed_in, secrets="on")
    assert row["Registration Password"] == extension.registration_password
    assert row["Voicemail PIN"] == extension.voicemail_pin
    record = AuditRecord.objects.get(action="extensions.exported")
    assert (record.on_text, dict(record.more)["With secrets"]) == ("1 extension", "yes")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\uff1d1"])
def test_no_cell_is_a_formula(signed_in: Client, name: str) -> None:
    make_extension("1001", first_name=name)
    assert exported(signed_in)[0]["First Name"] == f"'{name}"
    assert exported(signed_in, "xlsx")[0]["First Name"] == name


def test_many_are_read_in_stretches(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1000, 1025):
        make_extension(str(number))
    monkeypatch.setattr(export, "AT_ONCE", 10)
    with django_assert_max_num_queries(2 * 4 + 1):
        rows = list(export.rows(SipExtension.objects.all(), NAMES))
    assert [row[0] for row in rows] == ["Extension Number", *map(str, range(1000, 1025))]


@pytest.mark.parametrize(("rows", "pieces"), [(0, 2), (1, 3), (2, 3), (3, 4), (4, 4)])
def test_no_row_is_lost_between_the_pieces_of_a_file(monkeypatch: pytest.MonkeyPatch, rows: int, pieces: int) -> None:
    monkeypatch.setattr(export, "AT_ONCE", 2)
    made = [*export.as_csv(iter([["Number", "Name"], *([str(row), "=x"] for row in range(rows))]))]
    lines = "".join(made).removeprefix(export.BYTE_ORDER_MARK).splitlines()
    assert lines == ["Number,Name", *(f"{row},'=x" for row in range(rows))]
    assert len(made) == pieces
