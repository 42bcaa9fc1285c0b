"""What may not be where others reach the portal, and who may read what it makes."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from pytest_django.fixtures import Settings

from core import proxies
from pbxportal import checks
from tests.pbxportal.test_portal_address import ROOT, settings_with

OPEN = {"PORTAL_HOST": "192.0.2.1", "PORTAL_URL": "http://192.0.2.1:8000"}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("portal.E001", {"DEBUG": True}),
    ("portal.E002", {"ALLOWED_HOSTS": ["pbx.example.com", "*"]}),
    ("portal.E003", {"SECRET_KEY": "secret"}),
    ("portal.E003", {"SECRET_KEY": "x" * 64}),
    ("portal.E003", {"SECRET_KEY": "django-insecure-q8Rw9KqX2mZv5LpB8nYct7Rw9KqX2mZv5LpB8nYc"}),
    ("portal.E004", {"PORTAL_URL": "https://pbx.example.com", "HTTPS": True, "FRONT": "none"}),
]
REACHED: list[dict[str, Any]] = [
    {"PORTAL_HOST": "0.0.0.0"},  # noqa: S104 (said, not bound)
    {"PORTAL_HOST": ""},
    {"PORTAL_HOST": "192.0.2.1"},
    {"PORTAL_URL": "http://pbx.example.com"},
    {"BEHIND_PROXY": proxies.named("True")},
]


def set_all(settings: Settings, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)


def found() -> list[str | None]:
    return [error.id for error in checks.production()]


@pytest.mark.parametrize(("code", "wrong"), WRONG)
def test_what_is_dangerous_stops_a_start_where_others_reach_the_portal(
    settings: Settings, code: str, wrong: dict[str, Any]
) -> None:
    set_all(settings, OPEN)
    assert found() == []
    set_all(settings, wrong)
    assert found() == [code]
    with pytest.raises(ImproperlyConfigured):
        checks.refuse_to_start()
    with pytest.raises(SystemCheckError):
        call_command("check")


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ("abcdefgh" * 4, []),
        ("abcdefg" * 5, ["portal.E003"]),
        (("abcdefgh" * 4)[1:], ["portal.E003"]),
    ],
)
def test_a_secret_key_is_long_and_of_many_characters(settings: Settings, key: str, codes: list[str]) -> None:
    set_all(settings, {**OPEN, "SECRET_KEY": key})
    assert found() == codes


@pytest.mark.parametrize("reached", REACHED)
def test_others_reach_it_by_a_bind_a_name_or_a_proxy(settings: Settings, reached: dict[str, Any]) -> None:
    settings.DEBUG = True
    assert found() == []
    set_all(settings, reached)
    assert found() == ["portal.E001"]


def test_https_by_our_own_server_in_front_is_right(settings: Settings) -> None:
    set_all(settings, {"PORTAL_URL": "https://pbx.example.com", "HTTPS": True, "FRONT": "caddy"})
    assert found() == []


def test_https_with_its_proxy_is_right(settings: Settings) -> None:
    settings.FRONT = "none"
    values = {"PORTAL_URL": "https://pbx.example.com", "HTTPS": True, "BEHIND_PROXY": proxies.named("192.0.2.10")}
    set_all(settings, values)
    assert found() == []


def test_a_file_that_others_may_read_stops_a_start(settings: Settings, tmp_path: Path) -> None:
    set_all(settings, {**OPEN, "VAR": tmp_path})
    (tmp_path / "secrets").mkdir(mode=0o755)
    secret = tmp_path / "secrets" / "secret_key"
    secret.touch(mode=0o600)
    assert found() == []
    secret.chmod(0o640)
    assert [error.hint for error in checks.production()] == [f"chmod 600 {secret}"]
    secret.parent.chmod(0o700)
    assert found() == []


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    said = {**os.environ, "PBXPORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "pbxportal.settings", **environment}
    command = ["sh", "-c", 'umask 022; exec "$@"', "sh", sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=said, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_a_bare_migrate_makes_is_its_owners_alone(tmp_path: Path) -> None:
    var = tmp_path / "new" / "var"
    assert manage(var, "migrate", "-v0").returncode == 0
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (var, *var.rglob("*"))}
    assert {modes[name] for name in ("var", "secrets")} == {0o700}
    assert {modes[name] for name in ("portal.sqlite3", "secret_key", "sealing_key", "ami_secret")} == {0o600}


def test_run_does_not_start_open_to_others_with_debug_on(tmp_path: Path) -> None:
    done = manage(tmp_path, "run", PORTAL_URL="http://pbx.example.com", DEBUG="True")
    assert done.returncode == 1
    assert "(portal.E001) DEBUG is on" in done.stderr
    assert "HINT: Unset DEBUG." in done.stderr


def test_https_answers_no_plain_http(db: None, settings: Settings, tmp_path: Path) -> None:
    read = settings_with(tmp_path, PORTAL_URL="https://pbx.example.com", BEHIND_PROXY="True")
    for name in ("SECURE_SSL_REDIRECT", "SECURE_SSL_HOST", "SECURE_PROXY_SSL_HEADER", "SECURE_REDIRECT_EXEMPT"):
        setattr(settings, name, read[name])
    settings.BEHIND_PROXY = proxies.named("True")
    settings.ALLOWED_HOSTS = ["pbx.example.com"]
    client = Client(SERVER_NAME="pbx.example.com")
    plain = client.get("/sign-in/?next=/log/")
    assert (plain.status_code, plain["Location"]) == (301, "https://pbx.example.com/sign-in/?next=/log/")
    assert client.post("/sign-in/", {"login": "x"}).status_code == 301
    by_proxy = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5"}
    assert client.get("/sign-in/", headers=by_proxy).status_code == 200
    assert client.get("/sign-in/", headers=by_proxy, REMOTE_ADDR="192.0.2.1").status_code == 301
    assert client.get("/health/").status_code == 200
