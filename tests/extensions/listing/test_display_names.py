"""In which order names stand, and the columns that the list sorts and searches by."""

import pytest
from django.test import Client

from accounts.models import User
from core.preferences.models import NameFormat, Preferences
from extensions.listing import display_names
from extensions.listing.search_index import MANY
from extensions.models import SipExtension
from tests.people import make_extension

FIRST_LAST, LAST_FIRST, LASTFIRST = NameFormat


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("Grace", "Hopper", ("Grace Hopper", "Hopper Grace", "HopperGrace")),
        ("小明", "王", ("小明 王", "王 小明", "王小明")),
        ("Suharto", "", ("Suharto",) * 3),
        ("", "Madonna", ("Madonna",) * 3),
    ],
)
def test_each_format(first: str, last: str, shown: tuple[str, ...]) -> None:
    assert tuple(each.of(first, last) for each in NameFormat) == shown


def columns() -> set[tuple[str, str, str]]:
    return set(SipExtension.objects.values_list("number", "sort_name", "search_text"))


def as_saved_one_by_one() -> set[tuple[str, str, str]]:
    for each in SipExtension.objects.select_related("user"):
        each.save()
    return columns()


@pytest.mark.parametrize("many", [3, MANY + 5])
@pytest.mark.parametrize("chosen", [LAST_FIRST, LASTFIRST])
def test_all_are_rewritten_as_a_save_would(db: None, chosen: NameFormat, many: int) -> None:
    make_extension("1000", first_name="Jürgen", last_name="Groß", caller_id="77*")
    make_extension("1001", first_name="ΐ" * 63, last_name="ŉ" * 63)
    make_extension("1002", first_name="Suharto")
    for place in range(3, many):
        make_extension(str(1000 + place), last_name=f"Last {place}")
    before = columns()
    display_names.rewrite(chosen)
    after = columns()
    assert after != before
    Preferences.objects.update(name_format=chosen)
    assert after == as_saved_one_by_one()


@pytest.mark.parametrize("many", [3, MANY + 5])
def test_the_list_finds_and_sorts_in_the_new_order(client: Client, ada: User, many: int) -> None:
    for place in range(many):
        make_extension(str(1000 + place), first_name=f"Abe{many - place:04}", last_name=f"Zyx{place:04}")
    client.force_login(ada)
    Preferences.objects.update(name_format=LASTFIRST)
    display_names.rewrite(LASTFIRST)
    assert found(client, f"zyx0001abe{many - 1:04}") == ["1001"]
    assert found(client, "zyx0002") == ["1002"]
    assert found(client, f"abe{many - 2:04} zyx") == ["1002"]
    assert found(client, "", "name")[:3] == ["1000", "1001", "1002"]
    later = make_extension("2000", first_name="Later", last_name="Zyx")
    assert found(client, "zyxlater") == ["2000"]
    later.user.last_name = "Vuw"
    later.save()
    assert (found(client, "vuwlater"), found(client, "zyxlater")) == (["2000"], [])


def found(client: Client, words: str, sort: str = "number") -> list[str]:
    answer = client.get("/extensions/", {"q": words, "sort": sort})
    return [each.number for each in answer.context["extensions"]]
