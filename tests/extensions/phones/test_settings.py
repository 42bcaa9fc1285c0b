"""What a person types into the phone: which server, over what, and on which port."""

from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from core import reach
from core.preferences.models import Preferences
from extensions import pbx
from extensions.phones.settings import phone_settings
from tests.people import make_extension

pytestmark = pytest.mark.django_db
ANY = reach.EVERYWHERE[0]


class Told:
    """What a PBX says of itself."""

    def __init__(self, host: str, certified: str) -> None:
        self.host, self.certified = host, certified

    def address(self) -> tuple[str, int]:
        return self.host, 5060

    def secure_port(self) -> int:
        return 5061

    def is_certified(self, server: str) -> bool:
        return server == self.certified


@pytest.fixture(autouse=True)
def any_name(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def settings_of(
    monkeypatch: pytest.MonkeyPatch, host: str = ANY, asked: str = "pbx.example.com", certified: str = "", **more: Any
) -> dict[str, Any]:
    monkeypatch.setattr(pbx, "get", lambda: Told(host, certified))
    request: Any = RequestFactory().get("/", headers={"host": asked})
    return phone_settings(request, make_extension("1000", registration_name="reg-1", **more))


@pytest.mark.parametrize(
    ("transport", "certified", "shown", "port"),
    [
        ("udp", "pbx.example.com", "UDP", 5060),
        ("tcp", "pbx.example.com", "TCP", 5060),
        ("tls", "", "TLS", 5061),
        ("any", "pbx.example.com", "TLS", 5061),
        ("any", "other.example.com", "UDP or TCP", 5060),
    ],
)
def test_encrypted_where_the_phone_may_and_can(
    monkeypatch: pytest.MonkeyPatch, transport: str, certified: str, shown: str, port: int
) -> None:
    found = settings_of(monkeypatch, certified=certified, transport=transport)
    assert (str(found["transport"]), found["port"], found["plain_port"]) == (shown, port, 5060)
    assert (found["user_name"], found["authentication_name"], found["must_encrypt"]) == ("1000", "reg-1", False)


@pytest.mark.parametrize(
    ("host", "asked", "named", "server", "only_here"),
    [
        ("192.0.2.1", "pbx.example.com", "", "192.0.2.1", False),
        (ANY, "pbx.example.com:8000", "", "pbx.example.com", False),
        ("", "pbx.example.com", "", "pbx.example.com", False),
        (ANY, "localhost:8000", "", "localhost", True),
        (ANY, "localhost:8000", "https://pbx.example.com", "pbx.example.com", False),
        (ANY, "127.0.0.1", "http://localhost:8000", "127.0.0.1", True),
        (ANY, "10.0.0.5", "https://pbx.example.com", "10.0.0.5", False),
        ("127.0.0.1", "pbx.example.com", "", "127.0.0.1", True),
    ],
)
def test_the_server_is_the_one_that_the_network_knows(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, host: str, asked: str, named: str, server: str, only_here: bool
) -> None:
    settings.PORTAL_URL = named
    found = settings_of(monkeypatch, host, asked)
    assert (found["server"], found["only_here"]) == (server, only_here)


def test_what_preferences_say_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Preferences.objects.update(sip_host="sip.example.com", sip_port=5070)
    found = settings_of(monkeypatch, "127.0.0.1", media_encryption="required")
    assert (found["server"], found["port"], found["only_here"]) == ("sip.example.com", 5070, False)
    assert found["must_encrypt"]


@pytest.mark.parametrize("is_set", [True, False])
def test_whether_the_address_was_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch, is_set: bool) -> None:
    monkeypatch.delenv("SIP_BIND", raising=False)
    if is_set:
        monkeypatch.setenv("SIP_BIND", "127.0.0.1")
    monkeypatch.delenv("SIP_BIND_FILE", raising=False)
    assert settings_of(monkeypatch)["sip_bind_is_set"] is is_set
