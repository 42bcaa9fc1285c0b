"""PBX Settings > Preferences: each in use."""

import pytest
from django.test import Client

from accounts.models import AuditRecord, Organization, User
from pbxportal.models import Preferences
from tests.people import make_extension

TYPED = {
    "company": "Acme", "organization_management": "on", "country": "DE",
    "first_number": "200", "last_number": "299", "sip_host": "pbx.example.com", "sip_port": "5070",
    "restore_points": "1000", "name_format": "first_last", "time_zone": "UTC", "version": "1",
    "password_length": "10", "idle_minutes": "15", "session_hours": "24",
}  # fmt: skip


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_what_is_saved_is_used(signed_in: Client) -> None:
    assert signed_in.post("/preferences/", TYPED).status_code == 302
    assert Organization.company().name == "Acme"
    add = signed_in.get("/extensions/add/").content.decode()
    assert 'value="200"' in add
    make_extension("200")
    detail = signed_in.get("/extensions/200/").context["phone"]
    assert (detail["server"], detail["port"]) == ("pbx.example.com", 5070)
    record = AuditRecord.objects.filter(deed="preferences.changed").get()
    assert record.by_name == "ada@example.com"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("company", "", "Enter the Company Name"),
        ("country", "XX", "valid choice"),
        ("first_number", "5", "greater than or equal to 10"),
        ("last_number", "199", "not below the first"),
        ("sip_host", "pbx example;com", "host name or an address"),
        ("sip_port", "70000", "less than or equal to 65535"),
        ("restore_points", "9", "greater than or equal to 10"),
        ("restore_points", "100001", "less than or equal to 100000"),
        ("name_format", "last", "valid choice"),
        ("time_zone", "", "Enter the Time Zone"),
        ("time_zone", "Europe/Atlantis", "such as Europe/Berlin"),
        ("time_zone", "posixrules", "such as Europe/Berlin"),
        ("password_length", "9", "greater than or equal to 10"),
        ("password_length", "64", "less than or equal to 63"),
        ("idle_minutes", "4", "greater than or equal to 5"),
        ("idle_minutes", "121", "less than or equal to 120"),
        ("session_hours", "0", "greater than or equal to 1"),
        ("session_hours", "721", "less than or equal to 720"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: str, words: str) -> None:
    answer = signed_in.post("/preferences/", {**TYPED, field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in str(answer.context["form"].errors[field])
    assert Preferences.load().country == "US"
