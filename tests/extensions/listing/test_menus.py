"""What the menu of a row offers, which is written once for each kind of rows."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override
from pytest_django import Settings

from accounts.models import User
from extensions import actions
from extensions.listing.menus import put_menus
from extensions.listing.rows import Row, rows_of
from extensions.models import SipExtension
from pbxportal import settings as portal_settings
from tests import pseudo
from tests.people import make_extension

FIRST, LAST = ["Open"], ["Offboard…", "Delete"]
EDIT = [*FIRST, "Edit", "Copy"]


def offers(menu: str) -> list[str]:
    return re.findall(r"menu-item[^>]*>\s*([^<]*?)\s*<", menu)


@pytest.fixture
def rows(ada: User) -> list[Row]:
    """Her own, another's, a disabled one, one who has left."""
    make_extension("1000", user=ada)
    make_extension("1001")
    make_extension("1002", enabled=False)
    make_extension("1003")
    actions.leave("1003", ada, "1001", None)
    return rows_of([*SipExtension.objects.order_by("number")])


def test_a_menu_offers_what_can_be_done(rows: list[Row], ada: User) -> None:
    put_menus(rows, {"1000", "1001", "1002", "1003"}, ada)
    assert [offers(each.menu) for each in rows] == [
        EDIT, [*EDIT, "Disable", *LAST], [*EDIT, "Enable", *LAST], [*EDIT, "Restore", "Delete"],
    ]  # fmt: skip
    assert ['value="no"' in each.menu for each in rows] == [False, True, False, False]


def test_a_menu_is_of_its_own_number(rows: list[Row], ada: User) -> None:
    put_menus(rows, {"1001", "1002"}, ada)
    assert [offers(each.menu)[:2] for each in rows] == [FIRST, EDIT[:2], EDIT[:2], FIRST]
    for row in rows:
        assert {*re.findall(r"[0-9]{4,}", row.menu)} == {row.number}
        assert f"Actions for {row.number}" in row.menu


def test_who_adds_nobody_copies_nobody(rows: list[Row], vic: User) -> None:
    put_menus(rows, {"1001"}, vic)
    assert offers(rows[1].menu) == ["Open", "Edit", "Disable", *LAST]


def test_a_menu_is_in_the_language_of_whoever_sees_it(
    rows: list[Row], ada: User, settings: Settings, tmp_path: Path
) -> None:
    pseudo.write(tmp_path, pseudo.of_the_portal(Path(portal_settings.BASE_DIR)))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*portal_settings.LANGUAGES, (pseudo.CODE, "Brackets")]
    put_menus(rows, set(), ada)
    with override(pseudo.CODE):
        other = rows_of([*SipExtension.objects.filter(number="1000")])
        put_menus(other, set(), ada)
    assert (offers(rows[0].menu), offers(other[0].menu)) == (["Open"], ["⟦Open⟧"])


def test_the_list_has_the_menus(rows: list[Row], ada: User, client: Client) -> None:
    client.force_login(ada)
    page = client.get("/extensions/").content.decode()
    put_menus(rows, {each.number for each in rows}, ada)
    assert [each.menu in page for each in rows] == [True] * 4
