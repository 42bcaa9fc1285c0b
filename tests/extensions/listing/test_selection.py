"""What was chosen in the list: by number, or all that match."""

from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from core.access.permissions import Permission
from extensions.listing.selection import Selection, chosen
from extensions.models import SipExtension
from tests.people import make_extension
from tests.trees import department


def sent(user: User, query: str, *, posted: bool = True) -> Selection:
    factory = RequestFactory()
    form = "application/x-www-form-urlencoded"
    request: Any = factory.post("/", query, content_type=form) if posted else factory.get(f"/?{query}")
    request.user = user
    return chosen(request)


def numbers(selection: Selection) -> list[str]:
    return list(selection.rows.order_by("position").values_list("number", flat=True))


@pytest.fixture(autouse=True)
def extensions(db: None) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number, voicemail=number != "1002")


@pytest.mark.parametrize("posted", [True, False])
def test_single_numbers_or_all_that_match(ada: User, posted: bool) -> None:
    some = sent(ada, "n=1002&n=1000&n=1000&n=x&voicemail=yes", posted=posted)
    assert (numbers(some), some.count, some.is_all, some.change) == (["1000", "1002"], 2, False, "")
    every = sent(ada, "all=yes&n=1002&filter=voicemail%3Dyes&count=2", posted=posted)
    assert (numbers(every), every.count, every.is_all, every.change) == (["1000", "1001"], 2, True, "")
    assert numbers(sent(ada, "all=yes", posted=posted)) == ["1000", "1001", "1002"]
    assert numbers(sent(ada, "", posted=posted)) == []


@pytest.mark.parametrize("query", ["n=1000&n=1001", "all=yes&filter=voicemail%3Dyes&count=2"])
def test_a_selection_that_has_changed_says_so_and_is_confirmed_by_sending_it_again(ada: User, query: str) -> None:
    assert not sent(ada, query).has_changed
    SipExtension.objects.get(number="1001").delete()
    changed = sent(ada, query)
    assert changed.has_changed
    assert changed.change == "Your selection now has 1 extension. It had 2 when you made it."
    again = sent(ada, changed.query)
    assert not again.has_changed
    assert numbers(again) == ["1000"]


def test_what_chooses_the_same_again(ada: User) -> None:
    some = sent(ada, "n=1002&n=1000&n=1009")
    assert (some.fields, some.numbers, some.seen) == ([("n", "1000"), ("n", "1002")], ("1002", "1000", "1009"), 3)
    assert some.change == "Your selection now has 2 extensions. It had 3 when you made it."
    every = sent(ada, "all=yes&filter=voicemail%3Dyes&count=3")
    assert every.fields == [("all", "yes"), ("filter", "voicemail=yes"), ("count", "2")]
    assert every.query == "all=yes&filter=voicemail%3Dyes&count=2"
    assert every.change == "Your selection now has 2 extensions. It had 3 when you made it."
    assert sent(ada, "all=yes&count=0").change == "Your selection now has 3 extensions. It had 0 when you made it."
    for untold in ("", "&count=x", "&count=-1"):
        assert (sent(ada, f"all=yes{untold}").has_changed, sent(ada, f"all=no{untold}").count) == (False, 0)


def test_only_those_are_chosen_whom_the_person_may_manage(vic: User) -> None:
    sales = department("Sales")
    make_extension("1003").user.organizations.set([sales])
    mightier = make_extension("1004").user
    mightier.organizations.set([sales])
    mightier.role = Role.objects.get(key="administrator")
    mightier.save()
    for query in ("n=1000&n=1003&n=1004", "all=yes"):
        assert numbers(sent(vic, query)) == []
    role = Role.objects.create(name="C", granted=[Permission.MANAGE_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS)
    role.organizations.set([sales])
    vic.role = role
    vic.save()
    vic = User.objects.get(pk=vic.pk)
    for query in ("n=1000&n=1003&n=1004", "all=yes", f"all=yes&filter=organization%3D{sales.pk}"):
        assert numbers(sent(vic, query)) == ["1003"]


def test_where_phones_are_not_known_none_is_chosen_and_the_page_says_why(
    ada: User, settings: Settings, tmp_path: Path
) -> None:
    settings.LIVE_FILE = tmp_path / "live.sqlite3"
    unknown = sent(ada, "all=yes&filter=registration%3Dregistered&count=0")
    assert numbers(unknown) == []
    assert unknown.change.startswith("Phone status is not available")
