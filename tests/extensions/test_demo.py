"""`manage.py demo`, with a PBX that is away."""

import socket
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import Organization, User
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension


@pytest.fixture(autouse=True)
def _no_pbx(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.ENGINE_FILE = tmp_path / "engine.sqlite3"
    with socket.socket() as taken:  # bound, and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        settings.AMI_PORT = taken.getsockname()[1]
        yield


def demo() -> list[str]:
    said = StringIO()
    call_command("demo", stdout=said)
    return said.getvalue().splitlines()


def test_it_makes_a_company_of_25_people_and_a_lobby_phone(ada: User) -> None:
    lines = demo()
    assert SipExtension.objects.exclude(user__email=None).count() == 25
    lobby = SipExtension.objects.get(user__email=None)
    assert (lobby.user.full_name, lobby.enabled) == ("Lobby", True)
    assert [each.user.first_name for each in SipExtension.objects.filter(enabled=False)] == ["Suharto"]
    assert SipExtension.objects.filter(max_phones=3).count() == 1
    assert len(lines) == 3
    assert lines[0] == "Added 26 extensions, 1000 to 1025."


def test_everybody_is_in_a_department_of_the_tree(ada: User) -> None:
    demo()
    firmware = Organization.objects.get(name="Firmware")
    engineering = Organization.objects.get(name="Engineering")
    assert [firmware.parent, engineering.parent] == [engineering, Organization.company()]
    people = User.objects.exclude(pk=ada.pk)
    assert not people.filter(organizations=None).exists()
    assert not people.filter(organizations=Organization.company()).exists()


def test_without_organization_management_there_are_no_departments(ada: User) -> None:
    Preferences.objects.update(organization_management=False)
    demo()
    assert SipExtension.objects.count() == 26
    assert [each.parent for each in Organization.objects.all()] == [None]


def test_it_is_kept_for_a_pbx_that_is_away(ada: User) -> None:
    lines = demo()
    assert lines[2].startswith("Not live yet. Waiting for the PBX")
    assert len(Change.objects.waiting().numbers()) == 26


def test_no_password_is_printed(ada: User) -> None:
    said = "\n".join(demo())
    extensions = list(SipExtension.objects.all())
    assert len(extensions) > 20
    assert not [each for each in extensions if each.registration_password in said]


def test_a_second_time_nothing_is_added(ada: User) -> None:
    demo()
    assert demo() == ["The demo company already exists. Nothing was added."]
    assert SipExtension.objects.count() == 26


def test_what_was_deleted_comes_back_alone(ada: User) -> None:
    demo()
    User.objects.get(email="kwame@example.com").delete()
    assert demo()[0].endswith("; 25 already existed.")
    assert SipExtension.objects.count() == 26


def test_without_an_administrator_it_says_what_to_do_first(db: None) -> None:
    with pytest.raises(CommandError, match="Open the setup link"):
        demo()
    assert not SipExtension.objects.exists()


def test_a_range_that_is_too_small_is_said(ada: User) -> None:
    Preferences.objects.update(first_number=1000, last_number=1004)
    with pytest.raises(CommandError, match=r"could not be added\. Extension Number: "):
        demo()
