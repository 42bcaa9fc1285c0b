"""The portal's address: one form of it, refused in words where it is none."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from asterisk.nodes import from_settings
from core import host_names, https, reach
from core.https import Certificate, Choice
from pbxportal import portal_address
from pbxportal.management.commands import run
from pbxportal.management.commands.run import Welcome
from pbxportal.supervisor import door
from tests.pbx.office import eventually
from tests.people import PASSWORD

ROOT = Path(__file__).resolve().parent.parent.parent
SAID = (
    "import json; from pbxportal import settings as s;"
    "print(json.dumps({name: getattr(s, name) for name in dir(s) if name.isupper()}, default=str))"
)


def settings_with(tmp_path: Path, **environment: str) -> dict[str, Any]:
    """The portal's settings, as a process with these variables reads them."""
    said = {**os.environ, "PBXPORTAL_VAR": str(tmp_path), **environment}
    done = subprocess.run([sys.executable, "-c", SAID], env=said, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://pbx.example.com", "https://pbx.example.com"),
        ("https://pbx.example.com/", "https://pbx.example.com"),
        ("https://pbx.example.com///", "https://pbx.example.com"),
        ("https://pbx.example.com:443", "https://pbx.example.com"),
        ("http://pbx.example.com:80/", "http://pbx.example.com"),
        ("HTTPS://PBX.Example.COM:8443", "https://pbx.example.com:8443"),
        ("  https://pbx.example.com. ", "https://pbx.example.com"),
        ("http://pbx.example.com:443", "http://pbx.example.com:443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[2001:DB8:0::1]:8000", "http://[2001:db8::1]:8000"),
        ("http://192.0.2.1:8000", "http://192.0.2.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address_has_one_form_however_it_is_typed(typed: str, url: str) -> None:
    assert portal_address.normalized(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "pbx.example.com", "//pbx.example.com", "https:/pbx.example.com", "https://", "https://:8443", "ftp://pbx.example.com",
        "https://pbx.example.com/portal", "https://pbx.example.com?x", "https://pbx.example.com#x", "https://ada@pbx.example.com",
        "https://pbx.example.com:port", "https://pbx.example.com:0", "https://pbx.example.com:70000",
        "https://pbx example.com",
        "http://0.0.0.0:8000", "http://[::]:8000", "http://[::1", "http://300.1.1.1", "https://-pbx.example.com", "https://*",
        "http://[fe80::1%25eth0]", "https://.example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_URL is .* Set it to http:// or https:// and a host name"):
        portal_address.normalized(typed)


@pytest.mark.parametrize(
    "typed", ["8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:0", "[::1]", ":70000"]
)
def test_a_bind_that_is_none_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_BIND is .* such as 127\.0\.0\.1:8000"):
        portal_address.listening(typed)


def test_all_settings_are_of_the_one_form(tmp_path: Path) -> None:
    found = settings_with(tmp_path, PORTAL_URL="HTTPS://PBX.example.com:443/")
    assert found["PORTAL_URL"] == "https://pbx.example.com"
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://pbx.example.com"]
    assert "pbx.example.com" in found["ALLOWED_HOSTS"]
    assert found["HTTPS"]


def test_the_portal_answers_to_an_ipv6_address(tmp_path: Path) -> None:
    assert "[2001:db8::1]" in settings_with(tmp_path, PORTAL_URL="http://[2001:db8::1]:8000")["ALLOWED_HOSTS"]


def test_a_portal_that_listens_everywhere_is_found_by_the_addresses_of_its_machine(tmp_path: Path) -> None:
    for bind in ("0.0.0.0:8000", ":8000", "[::]:8000"):
        found = settings_with(tmp_path, PORTAL_BIND=bind)
        expected = [*portal_address.own_addresses(found["PORTAL_HOST"]), "127.0.0.1"]
        hosts = [host_names.host_of(each) for each in expected]
        assert found["PORTAL_ADDRESSES"] == [f"http://{each}:8000" for each in hosts]
        assert found["PORTAL_URL"] == found["PORTAL_ADDRESSES"][0]
        assert set(hosts) <= set(found["ALLOWED_HOSTS"])
        assert "//0." not in str(found["PORTAL_ADDRESSES"])


def test_own_addresses_are_those_that_one_can_bind() -> None:
    for each in portal_address.own_addresses("::"):
        with socket.socket(socket.AF_INET6 if ":" in each else socket.AF_INET) as probe:
            probe.bind((each, 0))


def test_a_portal_with_a_name_answers_to_no_other(tmp_path: Path) -> None:
    found = settings_with(tmp_path, PORTAL_BIND="0.0.0.0:8000", PORTAL_URL="http://pbx.example.com:8000")
    assert found["PORTAL_ADDRESSES"] == ["http://pbx.example.com:8000"]


def test_run_prints_where_the_portal_is_found(settings: Settings) -> None:
    settings.PORTAL_ADDRESSES = ["http://192.0.2.2:8000", "http://127.0.0.1:8000"]
    welcome = Welcome(door("Portal", "PORTAL_BIND", "0.0.0.0:8000"), None, None, from_settings())
    assert welcome.lines[0] == "Portal:  http://192.0.2.2:8000 or http://127.0.0.1:8000"


def test_run_prints_the_set_up_link_on_a_line_of_its_own() -> None:
    welcome = Welcome(door("Portal", "PORTAL_BIND", "127.0.0.1:8000"), "http://127.0.0.1:8000/x", None, from_settings())
    at = welcome.lines.index("http://127.0.0.1:8000/x")
    assert welcome.lines[at - 1] == welcome.lines[at + 1] == ""


def test_run_says_where_to_go_when_the_portal_answers_and_not_when_its_port_is_open(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, port = live_server.url.removeprefix("http://").split(":")
    assert eventually(lambda: run.answers((host, int(port))), 30)
    monkeypatch.setattr(run, "ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not run.answers(silent.getsockname())
        address = silent.getsockname()
    assert not run.answers(address)


@pytest.mark.parametrize(
    ("url", "environment", "is_said"),
    [
        ("http://127.0.0.1:8000", {}, True),
        ("http://192.0.2.2:8000", {}, False),
        ("https://pbx.example.com", {}, False),
        ("http://127.0.0.1:8000", {"PORTAL_BIND": "127.0.0.1:8000"}, False),
    ],
)
def test_run_says_how_to_open_the_set_up_link_from_another_computer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, environment: dict[str, str], is_said: bool
) -> None:
    settings.PORTAL_URL = url
    for name in reach.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    portal_door = door("Portal", "PORTAL_BIND", "127.0.0.1:8000")
    command = ".venv/bin/python manage.py reach network"
    assert (command in Welcome(portal_door, f"{url}/x", None, from_settings()).lines) is is_said
    assert command not in Welcome(portal_door, None, None, from_settings()).lines


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_wrong_name_is_told_the_right_one_and_which_setting(db: None, settings: Settings, method: str) -> None:
    settings.PORTAL_URL = "https://pbx.example.com"
    answer = getattr(Client(), method)("/sign-in/", headers={"Host": "<b>elsewhere</b>.example.com:8000"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "&lt;b&gt;elsewhere" in page
    assert 'href="https://pbx.example.com"' in page
    assert "PORTAL_URL" in page
    assert "ALLOWED_HOSTS" in page


@pytest.mark.parametrize(
    ("environment", "bind", "certificate"),
    [
        ({"PORTAL_URL": "https://pbx.example.org"}, ":443", "acme"),
        ({"PORTAL_URL": "https://pbx.example.org:8443"}, ":8443", "acme"),
        ({"PORTAL_URL": "https://pbx.lan:8443"}, ":8443", "authority"),
        ({"PORTAL_URL": "https://pbx"}, ":443", "authority"),
        ({"PORTAL_URL": "https://192.0.2.7:8443"}, ":8443", "authority"),
        ({"PORTAL_URL": "https://localhost:8443"}, "127.0.0.1:8443", "authority"),
        ({"PORTAL_URL": "https://pbx.lan", "ACME_DIRECTORY": "https://ca.lan/dir"}, ":443", "acme"),
        ({"PORTAL_URL": "https://pbx.lan", "HTTPS_CERTIFICATE": "/c.pem", "HTTPS_KEY": "/k.pem"}, ":443", "files"),
        ({"PORTAL_URL": "https://pbx.example.org", "PORTAL_BIND": "192.0.2.7:8443"}, "192.0.2.7:8443", "acme"),
        ({"PORTAL_URL": "https://pbx.example.org", "BEHIND_PROXY": "True"}, "127.0.0.1:8000", "none"),
        ({"PORTAL_URL": "http://pbx.example.org:8000"}, "127.0.0.1:8000", "none"),
        ({}, "127.0.0.1:8000", "none"),
    ],
)
def test_where_the_portal_listens_and_who_signs_follows_from_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], bind: str, certificate: str
) -> None:
    for name in ("PORTAL_BIND", "PORTAL_URL"):
        monkeypatch.delenv(name, raising=False)
    found = portal_address.find(
        environment.get("PORTAL_URL", ""),
        environment.get("PORTAL_BIND", ""),
        tmp_path,
        own_https="BEHIND_PROXY" not in environment,
        has_files="HTTPS_CERTIFICATE" in environment,
        has_authority="ACME_DIRECTORY" in environment,
    )
    assert (found.bind, found.certificate) == (bind, certificate)


@pytest.mark.parametrize(
    ("choice", "bind", "url"),
    [
        (Choice(Certificate.ACME, "pbx.example.org"), ":443", "https://pbx.example.org"),
        (Choice(Certificate.AUTHORITY, "pbx.lan", 8443), ":8443", "https://pbx.lan:8443"),
        (Choice(Certificate.AUTHORITY, "", 8443), "127.0.0.1:8443", "https://127.0.0.1:8443"),
        (Choice(Certificate.NONE, "pbx.lan", 8443), "127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_what_was_chosen_on_the_page_is_the_address(tmp_path: Path, choice: Choice, bind: str, url: str) -> None:
    https.choose(tmp_path, choice)
    asked = {"has_files": False, "has_authority": False}
    found = portal_address.find("", "", tmp_path, own_https=True, **asked)
    assert (found.bind, found.urls[0], found.certificate) == (bind, url, choice.certificate)
    own = portal_address.find("http://pbx.example.org:8000", "", tmp_path, own_https=True, **asked)
    assert own.certificate == Certificate.NONE, "PORTAL_URL wins"
    assert not portal_address.find("", "", tmp_path, own_https=False, **asked).is_secure


@pytest.mark.parametrize("environment", [{"FRONT": "nginx"}, {"FRONT": "caddy", "BEHIND_PROXY": "True"}])
def test_a_front_that_is_none_is_refused_in_words(environment: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set it to caddy, or to none"):
        portal_address.front(environment["FRONT"], [*environment.get("BEHIND_PROXY", "")])


def test_a_command_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PBXPORTAL_VAR": str(tmp_path), "PORTAL_URL": "pbx.example.com"}
    environment["DJANGO_SETTINGS_MODULE"] = "pbxportal.settings"
    command = [sys.executable, "manage.py", "run"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:14]) == (1, "PORTAL_URL is ")


def test_two_portals_on_one_host_share_no_cookie(tmp_path: Path) -> None:
    one, other = (settings_with(tmp_path, PORTAL_URL=f"http://pbx.example.com{port}") for port in ("", ":8000"))
    names = [name for name in one if name.endswith("_COOKIE_NAME") and name.split("_")[0] != "LANGUAGE"]
    assert len(names) == 6
    assert not [name for name in names if one[name] == other[name]]


def test_cookies_of_https_are_bound_to_the_host(tmp_path: Path) -> None:
    found = settings_with(tmp_path, PORTAL_URL="https://pbx.example.com")
    names = {found[f"{each}_COOKIE_NAME"] for each in ("SESSION", "CSRF", "DEVICE", "MESSAGE", "MFA_TRUST")}
    assert all(name.startswith("__Host-") for name in names)
    assert found["CHALLENGE_COOKIE_NAME"].startswith("__Secure-")  # it is of one path
    assert found["SESSION_COOKIE_SECURE"]
    assert found["CSRF_COOKIE_SECURE"]


def test_every_cookie_of_a_sign_in_has_a_name_of_this_portals_own(ada: User) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "ada@example.com", "password": PASSWORD})
    client.get("/account/security/")
    client.post("/account/notifications/", {"wanted": []})
    port = settings.PORTAL_URL.rpartition(":")[2]
    assert len(client.cookies) == 4
    assert not [name for name in client.cookies if not name.endswith(f"_{port}")]


def test_a_portal_on_all_addresses_names_those_of_the_network_first_and_its_own_last() -> None:
    everywhere = "0.0.0.0"  # noqa: S104 (nothing is bound)
    addresses = list(portal_address.own_addresses(everywhere))
    assert not [each for each in addresses if each.startswith(("127.", "0.")) or ":" in each]
    assert portal_address.by_itself(everywhere, 8000)[-1] == "http://127.0.0.1:8000"
    assert portal_address.by_itself(everywhere, 80)[-1] == "http://127.0.0.1"
    assert portal_address.by_itself("192.0.2.1", 443, "https") == ["https://192.0.2.1"]


def test_of_ipv6_the_addresses_that_others_can_open_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        "00000000000000000000000000000001 01 80 10 80       lo",
        "fe80000000000000021122fffe334455 02 40 20 80     eth0",
        "20010db8000000000000000000000007 02 40 00 80     eth0",
    ]
    with monkeypatch.context() as here:
        here.setattr(socket, "if_nameindex", list)
        here.setattr(Path, "exists", lambda _: True)
        here.setattr(Path, "read_text", lambda _: "\n".join(rows))
        assert list(portal_address.own_addresses("::")) == ["2001:db8::7"]
        assert list(portal_address.own_addresses("")) == []


@pytest.mark.parametrize(("bind", "found"), [("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:65535", ("::1", 65535))])
def test_where_the_portal_listens_is_read(bind: str, found: tuple[str, int]) -> None:
    assert portal_address.listening(bind) == found


@pytest.mark.parametrize("bind", ["127.0.0.1:65536", "127.0.0.1:00", "127.0.0.1:-1"])
def test_a_port_that_is_none_is_refused(bind: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        portal_address.listening(bind)
