"""PBX Settings > Preferences > Attacks."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from pbxportal.pbx_settings.attack_forms import AttackForm
from tests.pages import html_of
from tests.people import make_user

URL = "/preferences/attacks/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def typed(**more: Any) -> dict[str, Any]:
    usual = {
        "version": str(Preferences.load().version),
        "attacks_on": "on",
        "attacks_tries": "10",
        "attacks_minutes": "5",
        "attacks_block_minutes": "15",
        "attacks_never": "",
        "attacks_agents": "friendly-scanner",
        "attacks_dialled": "00972",
        "outbound_a_minute": "20",
    }
    return {**usual, **more}


def test_what_is_saved_is_in_force_and_in_the_log(signed_in: Client) -> None:
    sent = typed(attacks_tries="20", attacks_never="192.0.2.10  10.0.0.0/8", attacks_agents=" a  b \r\nx\r\n\r\nx")
    answer = signed_in.post(URL, sent, follow=True)
    assert "Saved. The PBX follows within seconds." in answer.content.decode()
    saved = Preferences.load()
    assert (saved.attacks_tries, saved.attacks_never, saved.attacks_agents) == (20, "192.0.2.10, 10.0.0.0/8", "a b\nx")
    record = AuditRecord.objects.get(action="preferences.changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown["Failed attempts"] == ("10", "20")
    assert shown["Never block"] == ("", "192.0.2.10, 10.0.0.0/8")


def test_how_often_one_may_call_outside_waits_for_an_apply(signed_in: Client) -> None:
    answer = signed_in.post(URL, typed(outbound_a_minute="40"), follow=True)
    assert "Preferences saved. Apply to update the PBX." in answer.content.decode()
    (change,) = SystemChange.objects.waiting()
    assert str(change) == "Outbound calls within a minute: 20 -> 40"


def test_it_can_be_turned_off(signed_in: Client) -> None:
    sent = typed()
    del sent["attacks_on"]
    assert signed_in.post(URL, sent).status_code == 302
    assert Preferences.load().attacks_on is False
    assert "this is turned off in Preferences" in html_of(signed_in, "/blocked/")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("outbound_a_minute", "0", "from 1 to 1000"),
        ("attacks_tries", "2", "from 3 to 1000"),
        ("attacks_tries", "1001", "from 3 to 1000"),
        ("attacks_tries", "", "from 3 to 1000"),
        ("attacks_minutes", "0", "from 1 to 60"),
        ("attacks_minutes", "61", "from 1 to 60"),
        ("attacks_block_minutes", "0", "from 1 to 1440"),
        ("attacks_block_minutes", "1441", "from 1 to 1440"),
        ("attacks_never", "my office", "is not an address or network"),
        ("attacks_never", "0.0.0.0/0", "contains every address"),
        ("attacks_never", "10.0.0.1/8", "is one address in a network"),
        ("attacks_never", " ".join(f"10.0.0.{each}" for each in range(101)), "at most 100"),
        ("attacks_agents", "a|b", "cannot be used"),
        ("attacks_agents", "x;y", "cannot be used"),
        ("attacks_agents", "x" * 41, "cannot be used"),
        ("attacks_agents", "\n".join(f"agent{each}" for each in range(21)), "at most 20"),
        ("attacks_dialled", "^00", "cannot be used"),
        ("attacks_dialled", "٠٠٩٧٢", "cannot be used"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: str, words: str) -> None:
    answer = signed_in.post(URL, typed(**{field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in str(answer.context["form"].errors[field])
    assert Preferences.load().version == 1


def test_what_is_just_within_the_bounds_is_taken(ada: User) -> None:
    never = ", ".join(f"10.0.0.{each}" for each in range(100))
    agents = "\n".join([f"agent{each}" for each in range(19)] + ["x" * 40])
    numbers = ("attacks_tries", "attacks_minutes", "attacks_block_minutes", "outbound_a_minute")
    for values in ((3, 1, 1, 1), (1000, 60, 1440, 1000)):
        more = dict(zip(numbers, map(str, values), strict=True))
        form = AttackForm(typed(attacks_never=never, attacks_agents=agents, attacks_dialled="", **more), by=ada)
        assert form.errors == {}
        assert (form.cleaned_data["attacks_never"], form.cleaned_data["attacks_agents"]) == (never, agents)


def test_who_saves_second_is_told_what_differs(signed_in: Client) -> None:
    opened = typed(attacks_tries="30")
    assert signed_in.post(URL, typed(attacks_tries="60")).status_code == 302
    answer = signed_in.post(URL, opened)
    assert answer.status_code == 409
    assert "The saved value is now 60." in str(answer.context["form"].errors["attacks_tries"])


def test_who_may_only_look_sees_fields_that_cannot_be_changed(client: Client, ada: User) -> None:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "disabled" in page
    assert ">Save<" not in page
    assert client.post(URL, typed()).status_code == 403
