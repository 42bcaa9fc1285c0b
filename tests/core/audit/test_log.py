"""Maintenance > Operation Log: its filters, its pages and its export; an extension's own history."""

import csv
from codecs import BOM_UTF8
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.access.permissions import DEFAULT_ROLES
from core.audit import filters, log
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from tests.core.audit.test_records import tampered
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user

REFUSED, FAILED = AuditRecord.Result.REFUSED, AuditRecord.Result.FAILED


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def fill(count: int, by: User | None = None) -> None:
    for number in range(count):
        log.record(by, "extension.changed", 1000 + number % 5, fields={"last_name": ["a", "b"]})


def shown(client: Client, query: str = "") -> list[int]:
    answer = client.get(f"/log/{query}")
    assert answer.status_code == 200
    return [record.pk for record in answer.context["records"]]


def actions(client: Client, query: str = "") -> set[str]:
    return {record.action for record in client.get(f"/log/{query}").context["records"]}


# --- who sees it ---


@pytest.mark.parametrize("key", DEFAULT_ROLES)
def test_only_who_may_view_the_log_does(client: Client, db: None, key: str) -> None:
    client.force_login(make_user(role=key))
    row = AuditRecord.objects.values_list("id", flat=True).first()
    may = key in ("super_administrator", "administrator", "operator")
    assert (client.get("/log/").status_code == 200) is may
    assert (client.get(f"/log/{row}/").status_code == 200) is may
    assert (client.post("/log/export/").status_code == 200) is may
    assert ("Operation Log" in client.get("/", follow=True).content.decode()) is may


# --- pages ---


def test_the_newest_are_first_and_every_page_is_reached_both_ways(signed_in: Client) -> None:
    fill(164)  # and the sign-in
    seen, query = [], ""
    for _ in range(4):
        answer = signed_in.get(f"/log/{query}")
        seen.append([record.pk for record in answer.context["records"]])
        query = answer.context["links"].get("older", "")
    first, second, third, last = seen
    assert [first, second, third] == [list(range(top, top - 50, -1)) for top in (165, 115, 65)]
    assert last == list(range(15, 0, -1))
    assert query == ""
    assert shown(signed_in, answer.context["links"]["newer"]) == third
    oldest = signed_in.get("/log/").context["links"]["oldest"]
    assert shown(signed_in, oldest) == list(range(50, 0, -1))
    links = signed_in.get(f"/log/{oldest}").context["links"]
    assert set(links) == {"newest", "newer"}
    assert shown(signed_in, links["newer"]) == list(range(100, 50, -1))


@pytest.mark.parametrize("query", ["?before=x", "?after=-1", "?before=99999999999999999999", "?before=²"])
def test_a_page_that_is_none_is_an_end(signed_in: Client, query: str) -> None:
    fill(3)
    assert shown(signed_in, query) == [4, 3, 2, 1]


def test_one_page_has_no_links(signed_in: Client) -> None:
    assert signed_in.get("/log/").context["links"] == {}


# --- filters ---


def test_each_filter_shows_those_and_is_a_chip(signed_in: Client, hugo: User) -> None:
    log.record(hugo, "extension.added", 1000)
    log.record(hugo, "apply.refused", "Extension 1000", number="1000", result=REFUSED)
    log.record(None, "preferences.changed", "Preferences", result=FAILED)
    assert actions(signed_in, "?person=hugo") == {"extension.added", "apply.refused"}
    assert actions(signed_in, "?person=HUGO@EXAMPLE.com") == {"extension.added", "apply.refused"}
    assert actions(signed_in, "?person=system") == {"preferences.changed"}
    assert actions(signed_in, "?module=preferences") == {"preferences.changed"}
    assert actions(signed_in, "?result=refused") == {"apply.refused"}
    assert actions(signed_in, "?number=1000") == {"extension.added", "apply.refused"}
    assert actions(signed_in, "?number=1000&module=extension&person=hugo&result=done") == {"extension.added"}
    page = signed_in.get("/log/?person=nobody+here&number=100")
    assert page.context["records"] == []
    assert [chip["url"] for chip in page.context["chips"]] == ["?number=100", "?person=nobody+here"]
    assert "No matching entries" in page.content.decode()


@pytest.mark.parametrize("typed", ["Mu\u0308ller", "MULLER", "özgür", "ozgur mu", "MUELLER@EXA\u0308MPLE.DE"])
def test_a_person_is_found_however_they_are_typed(signed_in: Client, typed: str) -> None:
    person = make_user("Özgür", last_name="Müller", email="mueller@exämple.de")
    log.record(person, "extension.added", 1000)
    assert actions(signed_in, f"?person={quote(typed)}") == {"extension.added"}


def test_a_person_is_found_by_each_name_they_had_and_after_they_are_gone(signed_in: Client, hugo: User) -> None:
    log.record(hugo, "extension.added", 1000)
    hugo.first_name, hugo.email = "Victor", "victor@example.com"
    hugo.save()
    log.record(hugo, "extension.changed", 1000)
    both = {"extension.added", "extension.changed"}
    assert actions(signed_in, "?person=hugo") == actions(signed_in, "?person=victor") == both
    hugo.delete()
    assert actions(signed_in, "?person=hugo") == both


def test_several_people_are_shown_together_in_order_and_too_many_are_refused(signed_in: Client) -> None:
    people = [User.objects.create(first_name=f"Hu{place}") for place in range(21)]
    for each in people[:20] * 4:
        log.record(each, "extension.added", 1000)
    assert shown(signed_in, "?person=hu") == list(range(81, 31, -1))
    assert shown(signed_in, "?person=hu&before=32") == list(range(31, 1, -1))
    assert shown(signed_in, "?person=hu&oldest=1") == list(range(51, 1, -1))
    log.record(people[20], "extension.added", 1000)
    answer = signed_in.get("/log/?person=hu")
    assert answer.status_code == 422
    assert "More than 20 people match. Type more of the name" in answer.content.decode()


def at_minutes(*minutes: int) -> None:
    """Records of 2026-01-31, at these minutes past ten."""
    start = datetime(2026, 1, 31, 10, tzinfo=timezone.get_current_timezone())
    for row, minute in enumerate(minutes, 1):
        log.record(None, "engine.checked", "All")
        moment = start + timedelta(minutes=minute, seconds=30)
        back = row > 1 and minute < minutes[row - 2]
        tampered("UPDATE core_auditrecord SET at = %s, set_back = %s WHERE id = %s", moment, back, row)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("since=2026-01-31T10:02", [5, 4, 3]),
        ("until=2026-01-31T10:02", [3, 2, 1]),
        ("until=2026-01-31T10:02:30", [3, 2, 1]),
        ("until=2026-01-31T10:02:29", [2, 1]),
        ("since=2026-01-31T10:01&until=2026-01-31T10:03", [4, 3, 2]),
        ("since=2026-01-31&until=2026-01-31", [5, 4, 3, 2, 1]),
        ("until=2026-01-30", []),
    ],
)
def test_time_is_from_and_to_with_what_was_named(client: Client, ada: User, query: str, rows: list[int]) -> None:
    at_minutes(0, 1, 2, 3, 4)
    client.force_login(ada)
    assert [row for row in shown(client, f"?{query}") if row <= 5] == rows


@pytest.mark.parametrize("most", [filters.MOST_SET_BACKS, 0])
def test_time_is_right_where_the_clock_was_set_back(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(filters, "MOST_SET_BACKS", most)  # of more, all rows are read
    at_minutes(0, 4, 8, 2, 3, 9, 1, 5)
    client.force_login(ada)
    assert shown(client, "?since=2026-01-31T10:02&until=2026-01-31T10:05") == [8, 5, 4, 2]
    assert shown(client, "?until=2026-01-31T10:02") == [7, 4, 1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=yesterday", "Enter a date, or a date and time"),
        ("since=2026-02-31", "Enter a date, or a date and time"),
        ("until=99999-01-01", "Enter a date, or a date and time"),
        ("since=2026-02-02&until=2026-02-01", "Enter a time later than From."),
        ("module=Nonsense", "Choose a module from the list."),
        ("result=perhaps", "Choose a result from the list."),
        ("number=10x", "Enter an extension number, such as 1001."),
        ("number=１００", "Enter an extension number, such as 1001."),
        (f"person={'x' * 101}", "at most 100 characters"),
        ("person=%00", "Null characters are not allowed."),
    ],
)
def test_a_bad_filter_is_refused_at_its_field(signed_in: Client, query: str, words: str) -> None:
    answer = signed_in.get(f"/log/?{query}")
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert answer.context["records"] == []


def test_what_was_typed_stays_in_its_field(signed_in: Client) -> None:
    page = signed_in.get("/log/?since=2026-01-31&until=2026-01-31").content.decode()
    assert 'value="2026-01-31T00:00:00"' in page
    assert 'value="2026-01-31T23:59:59"' in page
    page = signed_in.get("/log/?since=yesterday&number=10x").content.decode()
    assert '<input type="text" name="since" value="yesterday"' in page
    assert 'value="10x"' in page


@pytest.mark.parametrize(
    ("zone", "query"), [("America/New_York", "until=9999-12-31"), ("Asia/Tokyo", "since=0001-01-01")]
)
def test_a_day_that_has_no_time_elsewhere_is_refused(signed_in: Client, zone: str, query: str) -> None:
    Preferences.objects.update(time_zone=zone)
    assert signed_in.get(f"/log/?{query}").status_code == 422


def test_no_filter_reads_more_than_its_rows(client: Client, ada: User) -> None:
    """Each is served by an index, in order: no plan sorts, and none walks the whole table."""
    fill(3, ada)
    client.force_login(ada)
    number = "1000"
    for query in (
        "", f"number={number}", "module=extension", "result=done", "person=ada", f"number={number}&person=ada",
        f"number={number}&module=extension", f"number={number}&result=done", "person=ada&module=extension",
        "person=ada&result=done", "module=extension&result=done", "since=2026-01-31", "person=ada&since=2026-01-31",
    ):  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/log/?{query}")
        asked = [
            each["sql"] for each in queries if 'FROM "core_auditrecord"' in each["sql"] and "BETWEEN" in each["sql"]
        ]
        assert asked, query
        for statement in asked:
            plan = explained(statement)
            assert "TEMP B-TREE" not in plan, (query, plan)
            assert "SCAN" not in plan, (query, plan)
            if query and "since" not in query.split("&")[0]:
                assert "USING COVERING INDEX log_" in plan or "USING INDEX log_" in plan, (query, plan)


def explained(statement: str) -> str:
    if connection.vendor != "sqlite":  # with so few rows PostgreSQL reads them all, rightly
        return "USING INDEX log_"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return " ".join(str(row[-1]) for row in cursor.fetchall())


# --- one row, and the export ---


def test_a_row_shows_all_of_it(signed_in: Client) -> None:
    signed_in.post("/extensions/add/", Typed().fields, REMOTE_ADDR="192.0.2.7")
    page = html_of(signed_in, "/log/2/")
    for words in ("added an extension", "192.0.2.7", "Hopper", "ada@example.com", AuditRecord.objects.get(pk=2).hash):
        assert words in page
    assert Typed().fields["registration_password"] not in page
    assert signed_in.get("/log/4711/").status_code == 404
    assert signed_in.get("/log/99999999999999999999/").status_code == 404


def exported(client: Client, query: str = "") -> list[list[str]]:
    answer: Any = client.post(f"/log/export/{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="operation-log-20')
    content = b"".join(answer.streaming_content)
    assert content.startswith(BOM_UTF8)
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))


def test_the_export_has_what_is_filtered_and_is_recorded(signed_in: Client) -> None:
    fill(12)
    head, *lines = exported(signed_in, "?number=1001")
    assert head[:5] == ["Entry", "Time", "Person", "E-mail", "From"]
    assert [line[0] for line in lines] == ["13", "8", "3"]
    assert lines[0][10] == "Last Name: a -> b"
    record = AuditRecord.objects.first()
    assert record
    assert (record.action, record.by_email) == ("log.exported", "ada@example.com")
    assert record.more == [("Filter", "Extension: 1001")]


def test_a_spreadsheet_reads_the_umlauts_of_the_export(signed_in: Client) -> None:
    """It takes a file without a byte order mark for one of its own code page; once, at the very beginning."""
    log.record(make_user("Jörg"), "extension.added", 1000)
    answer: Any = signed_in.post("/log/export/")
    content = b"".join(answer.streaming_content)
    assert (content[:6], content.count(BOM_UTF8)) == (BOM_UTF8 + b"Ent", 1)
    assert "Jörg,jörg@example.com" in content.decode()


def test_the_export_is_whole_beyond_what_is_read_at_once(signed_in: Client) -> None:
    fill(filters.EXPORTED_AT_ONCE + 3)
    rows = [int(line[0]) for line in exported(signed_in)[1:]]
    assert rows == list(range(filters.EXPORTED_AT_ONCE + 4, 0, -1))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_of_the_export_is_a_formula(signed_in: Client, sign: str) -> None:
    log.record(None, "preferences.changed", f"{sign}1+1")
    line = exported(signed_in, "?module=preferences")[1]
    assert line[7] == f"'{sign}1+1"


def test_a_bad_filter_exports_nothing(signed_in: Client) -> None:
    answer = signed_in.post("/log/export/?number=x")
    assert (answer.status_code, answer["Location"]) == (302, "/log/?number=x")
    assert not AuditRecord.objects.filter(action="log.exported").exists()


def test_the_export_is_no_link(signed_in: Client) -> None:
    assert signed_in.get("/log/export/").status_code == 405


# --- an extension's own page ---


def test_an_extension_has_its_history_for_who_manages_it(signed_in: Client, vic: User) -> None:
    make_extension("1000", user=vic)
    signed_in.post("/extensions/1000/registration-password/", REMOTE_ADDR="192.0.2.7")
    page = signed_in.get("/extensions/1000/")
    assert [each.action for each in page.context["history"]] == ["extension.password_revealed", "extension.added"]
    assert "192.0.2.7" in page.content.decode()
    assert 'href="/log/?number=1000"' in page.content.decode()


def test_people_see_their_own_without_addresses_and_refusals(client: Client, ada: User, hugo: User, vic: User) -> None:
    make_extension("1000", user=vic)
    make_extension("1001", user=ada)
    client.force_login(hugo)
    client.post("/extensions/1000/registration-password/", REMOTE_ADDR="192.0.2.7")
    log.record(hugo, "page.refused", "x", number="1000", result=REFUSED)
    client.force_login(vic)
    page = client.get("/extensions/1000/")
    assert page.status_code == 200
    assert [each.action for each in page.context["history"]] == ["extension.password_revealed", "extension.added"]
    assert "192.0.2.7" not in page.content.decode()
    assert "/log/" not in page.content.decode()
    client.force_login(hugo)  # sees Ada's, and may not manage it
    page = client.get("/extensions/1001/")
    assert page.status_code == 200
    assert "history" not in page.context


def test_the_history_is_not_that_of_whom_the_number_had_before(signed_in: Client) -> None:
    make_extension("1000", first_name="Grace")
    signed_in.post("/extensions/1000/delete/", {"then": "save"})
    make_extension("1000", first_name="Alan")
    history = signed_in.get("/extensions/1000/").context["history"]
    assert [each.action for each in history] == ["extension.added"]
    assert ("First Name", "Alan") in [(each.label, each.new) for each in history[0].fields]


def test_the_last_ten_are_shown(signed_in: Client) -> None:
    make_extension("1000")
    fill(60)
    assert len(signed_in.get("/extensions/1000/").context["history"]) == 10
