"""Maintenance > Engine Check: each state of the page, and who may see it."""

import pytest
from django.test import Client

from accounts.models import User
from asterisk import check
from asterisk.models import CheckRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from tests.pages import html_of
from tests.pbx.office import Office, engine_tables
from tests.pbx.test_apply import rows

PAGE = "/history/check/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def shown(client: Client, **headers: str) -> str:
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def spoil(number: str) -> None:
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET max_contacts = 9 WHERE number = ?", (number,))


def test_only_who_manages_extensions_sees_it_and_presses_its_buttons(client: Client, vic: User) -> None:
    client.force_login(vic)
    assert client.get(PAGE).status_code == 404
    for button in ("now", "repair"):
        assert client.post(f"{PAGE}{button}/").status_code == 404
        assert client.get(f"{PAGE}{button}/").status_code == 404


def test_before_the_first_check_it_offers_one(signed_in: Client) -> None:
    page = shown(signed_in)
    assert "No check has run yet" in page
    assert "Check now" in page
    assert "Repair" not in page


def test_what_is_equal_is_said(signed_in: Client, office: Office) -> None:
    office.extension()
    check.check(from_settings())
    page = shown(signed_in)
    assert "No differences" in page
    assert "Repair" not in page


def test_what_differs_is_shown_and_repaired(signed_in: Client, office: Office) -> None:
    extension = office.extension()
    before = rows(extension.number)
    spoil(extension.number)
    check.check(from_settings())
    page = shown(signed_in)
    for words in (
        "1 extension differs",
        "IP Phone Concurrent Registrations",
        f'href="/extensions/{extension.number}/"',
    ):
        assert words in page
    answer = signed_in.post(f"{PAGE}repair/", follow=True).content.decode()
    assert "Repaired. The PBX has exactly what was applied." in answer
    assert "No differences" in answer
    assert rows(extension.number) == before
    assert "There are no differences." in signed_in.post(f"{PAGE}repair/", follow=True).content.decode()


def test_a_check_that_was_broken_off_is_said(signed_in: Client, asterisk: Embedded) -> None:
    check.check(from_settings())
    CheckRun.objects.create(total=100, compared=40)
    page = shown(signed_in)
    assert "The last check was interrupted." in page
    assert "No differences" in page


def test_one_under_way_shows_how_far_it_is_and_asks_again(signed_in: Client, asterisk: Embedded) -> None:
    CheckRun.objects.create(total=100, compared=40)
    with check.only_one(from_settings().engine_file):
        page = shown(signed_in, **{"HX-Request": "true"})
        assert signed_in.post(f"{PAGE}now/").status_code == 302
    assert "Comparing: 40 of 100 extensions" in page
    assert 'hx-trigger="every 1s"' in page
    assert "<html" not in page
    assert CheckRun.objects.count() == 1


def test_a_repair_beside_a_check_says_why_not(signed_in: Client, office: Office) -> None:
    extension = office.extension()
    spoil(extension.number)
    check.check(from_settings())
    with check.only_one(from_settings().engine_file):
        page = signed_in.post(f"{PAGE}repair/", follow=True).content.decode()
    assert "Not repaired. A check is already running." in page
    login = rows(extension.number).login
    assert login
    assert login.max_contacts == 9


def test_the_header_tells_only_who_can_do_something_about_it(
    signed_in: Client, office: Office, ada: User, vic: User
) -> None:
    extension = office.extension()
    assert "extension differs" not in html_of(signed_in, "/extensions/")
    spoil(extension.number)
    check.check(from_settings())
    page = html_of(signed_in, "/extensions/")
    assert "1 extension differs" in page
    assert f'href="{PAGE}">View</a>' in page
    signed_in.force_login(vic)
    assert "extension differs" not in html_of(signed_in, "/", follow=True)
