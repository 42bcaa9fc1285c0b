"""Search finds what a plain look through all texts would find, and never looks through all rows to do so."""

from collections.abc import Callable
from itertools import product
from typing import Any

import phonenumbers
import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import InsufficientPrivilege, UndefinedTable

from accounts.models import User
from core import folding
from core.preferences.models import NameFormat
from extensions.listing import display_names, search, search_index
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
    expected = sorted(number for number, there in rows if all(word in there for word in folding.words(text)))
    assert numbers(text) == expected


@pytest.fixture
def people(db: None) -> None:
    for number, first, last, mobile in (
        ("1000", "Jürgen", "Müller", "+12025550147"),
        ("1001", "İsmail", "Yılmaz", "+442079460018"),
        ("1002", "Charles", "d’Artagnan", "+4915123456789"),
        ("1003", "Siobhán", "O'Brien", "+390612345678"),
    ):
        extension = make_extension(number, first_name=first, last_name=last)
        extension.user.mobile = mobile
        extension.user.save()
        extension.save()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("Mu\u0308ller", "1000"), ("müller", "1000"), ("MULLER", "1000"), ("Jürgen\u00a0Müller", "1000"),
        ("ismail", "1001"), ("ISMAIL", "1001"), ("İSMAİL", "1001"), ("YILMAZ", "1001"), ("yilmaz", "1001"),
        ("yılmaz", "1001"), ("d'Artagnan", "1002"), ("d’artagnan", "1002"), ("D´ARTAGNAN", "1002"),
        ("o’brien", "1003"), ("siobhan", "1003"), ("ｓｉｏｂｈán", "1003"),
        ("(202) 555-0147", "1000"), ("+1 202-555-0147", "1000"), ("202 555 0147", "1000"), ("202.555.0147", "1000"),
        ("1 (202) 555\u20110147", "1000"), ("555-0147", "1000"), ("(202) 555-", "1000"), ("(202", "1000"),
        ("jürgen (202) 555", "1000"), ("12025550147", "1000"), ("２０２ ５５５ ０１４７", "1000"),
        ("020 7946 0018", "1001"), ("+44 (0)20 7946 0018", "1001"), ("0044 20 7946 0018", "1001"),
        ("01512 3456789", "1002"), ("06 1234 5678", "1003"), ("10 03", "1003"), ("1003", "1003"),
    ],
)  # fmt: skip
def test_people_are_found_however_their_name_or_number_is_typed(people: None, typed: str, number: str) -> None:
    assert numbers(typed) == [number]


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_a_number_is_found_as_the_page_shows_it(db: None, language: str) -> None:
    for place, country in enumerate(sorted(phonenumbers.SUPPORTED_REGIONS)):
        number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
        if number and country in ("US", "GB", "AU", "CA", "IE", "DE", "IT", "IN", "AR"):
            extension = make_extension(str(1000 + place))
            extension.user.mobile = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            extension.user.save()
            extension.save()
    made = list(SipExtension.objects.all())
    assert len(made) == 9
    with translation.override(language):
        for each in made:
            assert each.number in numbers(each.user.mobile_shown)


def test_they_are_found_too_after_the_order_of_names_has_changed(people: None) -> None:
    display_names.rewrite(NameFormat.LAST_FIRST)
    for typed, number in (("Mu\u0308ller", "1000"), ("yilmaz ismail", "1001"), ("(202) 555-0147", "1000")):
        assert numbers(typed) == [number]


@given(st.text())
def test_a_folded_text_is_folded(text: str) -> None:
    assert folding.fold(folding.fold(text)) == folding.fold(text)


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
