"""A row of the list, and where its heads and pages lead."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from extensions import actions
from extensions.listing.columns import COLUMNS, FITTING, PAGE_SIZES, USUAL, Layout, keep, layout_of
from extensions.listing.rows import Order, Shown, heads, link, order, organizations_of, rows_of
from extensions.listing.search import Found
from extensions.models import Change, ListSettings, SipExtension
from tests.people import make_extension, make_user
from tests.trees import department


def test_a_row_says_what_an_extension_is(ada: User) -> None:
    role = Role.objects.get(key="employee")
    grace = make_user("Grace", custom=role, job_title="Clerk", mobile="+4915112345678")
    make_extension("1000", user=grace, caller_id="77", voicemail=True)
    make_extension("1001", first_name="Lobby")
    actions.leave("1001", ada, "1000", None)
    Change.objects.filter(number="1000").delete()
    first, second = rows_of([*SipExtension.objects.all()])
    assert (first.number, first.name, first.email, first.role) == ("1000", "Grace", "grace@example.com", str(role))
    assert (first.has_role, first.has_other_caller_id, first.signs_in, first.voicemail) == (True, True, True, True)
    assert (first.organizations, first.waiting, first.rings, first.left_on) == ("Company", False, "", None)
    assert (first.caller_id, first.job_title, bool(first.mobile)) == ("77", "Clerk", True)
    assert (second.email, second.role, second.has_role, second.has_other_caller_id) == ("", "None", False, False)
    assert (second.signs_in, second.waiting, second.rings, second.enabled) == (False, True, "1000", False)
    assert (second.url, second.choose_words) == ("/extensions/1001/", "Select 1001")
    grace.organizations.add(department("Alpha"))
    grace.is_active = False
    grace.save()
    (again,) = rows_of([*SipExtension.objects.filter(number="1000")])
    assert (again.organizations, again.signs_in) == ("Alpha, Company", False)
    assert organizations_of([]) == {}


@pytest.mark.parametrize(
    ("text", "name", "column", "falls"),
    [("", "number", "number", False), ("-name", "-name", "name", True), ("voicemail", "number", "number", False),
     ("--name", "number", "number", False), ("email", "email", "email", False)],
)  # fmt: skip
def test_an_order_is_of_a_column_that_has_one(text: str, name: str, column: str, falls: bool) -> None:
    found = order(text)
    assert (found.name, found.column, found.is_falling) == (name, column, falls)


def test_a_head_turns_its_order_round() -> None:
    kept = {"q": "a b", "role": ""}
    assert Order("name").link_of("name", kept) == "?q=a+b&sort=-name"
    assert Order("-name").link_of("name", kept) == "?q=a+b&sort=name"
    assert Order("-name").link_of("email", {}) == "?sort=email"
    shown = {head.column.name: head for head in heads(Layout(COLUMNS, 25), Order("-name"), {})}
    assert [name for name, head in shown.items() if head.direction] == ["name"]
    assert (shown["name"].direction, shown["voicemail"].url, shown["email"].url) == ("desc", "", "?sort=email")
    assert Order("name").direction_of("name") == "asc"
    assert link({"a": "", "b": "1"}) == "?b=1"


@pytest.mark.parametrize(
    ("first", "rows", "last"), [(1, 25, 25), (26, 1, 26), (None, 25, None)],
)  # fmt: skip
def test_the_last_row_of_a_page(first: int | None, rows: int, last: int | None) -> None:
    some: Any = [object()] * rows
    page = Shown(some, first, "", "", "", "")
    assert page.last == last
    nothing = SipExtension.objects.none()
    assert [page.is_part_of(Found(nothing, total, more)) for total, more in ((rows, False), (rows, True))] == [
        False, True,
    ]  # fmt: skip
    assert page.is_part_of(Found(nothing, rows + 1))


def test_columns_and_page_size_are_those_that_there_are(client: Client, ada: User) -> None:
    def names(*, with_organizations: bool = True) -> list[str]:
        return [each.name for each in layout_of(ada, with_organizations=with_organizations).columns]

    usual = ["number", "name", *USUAL]
    assert names() == usual
    assert names(with_organizations=False) == [name for name in usual if name != "organizations"]
    assert layout_of(ada, with_organizations=True).page_size == PAGE_SIZES[0]
    keep(ada, ["voicemail", "email", "number", "no-column", "organizations"], 50)
    assert names() == ["number", "name", "email", "organizations", "voicemail"]
    assert (ListSettings.objects.get().columns, ListSettings.objects.get().page_size) == (
        ["email", "organizations", "voicemail"],
        50,
    )
    keep(ada, [], 51)
    assert (names(), layout_of(ada, with_organizations=True).page_size) == (["number", "name"], PAGE_SIZES[0])
    assert [Layout(COLUMNS[:many], 25).is_wide for many in (FITTING, FITTING + 1)] == [False, True]
    shows = Layout(COLUMNS[:2], 25).shows
    assert (shows["email"], shows["name"], len(shows)) == (False, True, len(COLUMNS))
