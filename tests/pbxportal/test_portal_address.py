"""The portal's address: one form of it, refused in words where it is none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from pbxportal import portal_address

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
        "https://pbx.example.com:port", "https://pbx.example.com:0", "https://pbx.example.com:70000", "https://pbx example.com",
        "http://0.0.0.0:8000", "http://[::]:8000", "http://[::1", "http://300.1.1.1", "https://-pbx.example.com", "https://*",
        "http://[fe80::1%25eth0]", "https://.example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_URL is .* Set it to http:// or https:// and a name"):
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


def test_a_command_says_what_is_wrong_without_a_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PBXPORTAL_VAR": str(tmp_path), "PORTAL_URL": "pbx.example.com"}
    environment["DJANGO_SETTINGS_MODULE"] = "pbxportal.settings"
    command = [sys.executable, "manage.py", "run"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:14]) == (1, "PORTAL_URL is ")
