"""Search finds what a plain look through all texts would find, and never looks through all rows to do so."""

from collections.abc import Callable
from itertools import product
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from accounts.models import User
from extensions.listing import search, search_index
from extensions.models import Change, SipExtension
from tests.people import make_extension

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's own index")
TYPED = [
    "",
    "ada",
    "ADA lov",
    "d",
    "10",
    "1001",
    "ov ac",
    "öz",
    "ß",
    "strasse",
    'a"b',
    "a*",
    "-ada",
    "美",
    "美咲",
    "美咲 1",
    "zq",
]


def numbers(text: str) -> list[str]:
    return sorted(search.search(SipExtension.objects.all(), text).rows.values_list("number", flat=True))


@pytest.fixture
def company(db: None) -> None:
    firsts = ("Ada", "Özge", "美咲子", "Straße", 'a"b*-ada')
    for place, (first, last) in enumerate(product(firsts, ("Lovelace", "d", ""))):
        make_extension(str(1000 + place), first_name=first, last_name=last)


@pytest.mark.parametrize("few", [1, search.FEW])
@pytest.mark.parametrize("text", TYPED)
def test_every_word_must_occur(company: None, monkeypatch: pytest.MonkeyPatch, text: str, few: int) -> None:
    monkeypatch.setattr(search, "FEW", few)
    rows = SipExtension.objects.values_list("number", "search_text")
    expected = sorted(number for number, there in rows if all(word in there for word in text.casefold().split()))
    assert numbers(text) == expected


def test_what_changes_is_found_anew(company: None) -> None:
    extension = SipExtension.objects.get(number="1000")
    extension.user.first_name = "Grace"
    extension.user.save()
    extension.save()
    assert numbers("grace") == ["1000"]
    assert "1000" not in numbers("ada")
    extension.user.delete()
    assert numbers("grace") == []


def test_more_than_a_few_are_not_counted(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        make_extension(first_name="Grace")
    client.force_login(ada)
    assert "4 found" in client.get("/extensions/?q=grace").content.decode()
    monkeypatch.setattr(search, "FEW", 3)
    assert "3+ found" in client.get("/extensions/?q=grace").content.decode()


def test_rows_that_one_may_not_see_are_neither_found_nor_counted(company: None, vic: User) -> None:
    own = make_extension("2000", user=vic)
    found = search.search(SipExtension.objects.visible_to(vic), "e")
    assert (list(found.rows), found.total) == ([own], 1)
    assert search.search(SipExtension.objects.visible_to(vic), "ada").total == 0


@on_sqlite
@pytest.mark.parametrize("query", ["", "?sort=name", "?sort=-email", "?q=ada", "?q=ada&sort=name", "?q=ad+d", "?q=d"])
@pytest.mark.parametrize("few", [1, search.FEW])
def test_no_page_reads_the_whole_table(
    company: None, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch, query: str, few: int
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    client.force_login(ada)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/extensions/{query}").status_code == 200
    selects = [each["sql"] for each in asked if each["sql"].startswith("SELECT")]
    assert any(search_index.ROWS in each for each in selects)
    assert not [each for each in selects if reads_all(each)]


def reads_all(sql: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [step[3] for step in cursor.fetchall()]
    return any(step.startswith(f"SCAN {search_index.ROWS}") and " INDEX " not in step for step in steps)


@on_sqlite
def test_migrate_makes_lost_triggers_again(company: None) -> None:
    with connection.cursor() as cursor:
        for name in ("learn", "forget", "follow"):
            cursor.execute(f"DROP TRIGGER {search_index.TABLE}_{name}")
    make_extension("3000", first_name="Unheard")
    assert numbers("unheard") == []
    call_command("migrate", verbosity=0)
    assert numbers("unheard") == ["3000"]


def fill(first: int, many: int) -> None:
    users = User.objects.bulk_create(User(first_name=f"Person {place}") for place in range(many))
    SipExtension.objects.bulk_create(
        SipExtension(user=user, number=str(first + place), caller_id="1", registration_name=f"r{first + place}")
        for place, user in enumerate(users)
    )


def test_only_by(ada: User, hugo: User) -> None:
    waiting = Change.objects.waiting()
    assert waiting.only_by(ada)
    for by, expected in ((ada, True), (hugo, False), (None, False)):
        Change.objects.create(number="1000", kind=Change.Kind.CHANGED, by=ada)
        change = Change.objects.create(number="1000", kind=Change.Kind.CHANGED, by=by)
        assert waiting.only_by(ada) == expected
        change.delete()


@pytest.mark.parametrize(
    ("fault", "raised"), [(InsufficientPrivilege, ImproperlyConfigured), (UndefinedTable, ProgrammingError)]
)
def test_who_may_not_make_the_index_is_told_how(
    db: None, monkeypatch: pytest.MonkeyPatch, fault: type[psycopg.Error], raised: type[Exception]
) -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql not in (*search_index.ON_SQLITE, *search_index.ON_POSTGRESQL):
            return execute(sql, *rest)
        raise ProgrammingError("refused") from fault()

    monkeypatch.setattr(search_index, "_is_there", lambda _: False)
    with connection.execute_wrapper(refuse), pytest.raises(raised) as told:
        search_index.look_after("default")
    assert ("CREATE EXTENSION" in str(told.value)) == (fault is InsufficientPrivilege)
