"""`manage.py run` with HTTPS: chosen while it runs, and turned off from the terminal; calls and registrations go on."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from asterisk.process.fetch import Program
from tests.browser.command import ROOT, Command
from tests.pbx.office import eventually

SECONDS = 60
CHOSEN = """
from django.conf import settings
from core import https
from core.preferences.models import Preferences
Preferences.objects.update(https_certificate='authority', https_name='localhost')
https.choose(settings.VAR, Preferences.load().https)
"""


@pytest.fixture
def command(tmp_path: Path, program: Program) -> Iterator[Command]:
    with Command(tmp_path, ROOT / "var" / "asterisk-program") as command:
        command.start()
        yield command


def manage(command: Command, *arguments: str) -> None:
    program = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(program, cwd=ROOT, env=command.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def asked(link: HTTPConnection, path: str) -> HTTPResponse:
    link.request("GET", path)
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer


def of_sip(port: int, trust: ssl.SSLContext) -> bytes | None:
    """The certificate that phones are shown."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), SECONDS) as link,
            trust.wrap_socket(link, server_hostname="localhost") as secure,
        ):
            return secure.getpeercert(binary_form=True)
    except OSError:
        return None


def test_https_is_turned_on_and_off_while_it_runs(command: Command) -> None:
    port, sip = int(command.ports["PORTAL_BIND"]), int(command.ports["SIP_TLS_PORT"])
    url, link = f"https://localhost:{port}", command.setup_link()
    assert link
    asterisk = [line for line in command.left_running() if "asterisk.conf" in line]
    manage(command, "shell", "-v", "0", "-c", CHOSEN)
    assert eventually(lambda: f"Portal:  {url}" in command.lines, SECONDS), command.text

    trust = ssl.create_default_context(cafile=str(command.directory / "front/authority/root.pem"))
    secure = asked(HTTPSConnection("localhost", port, timeout=SECONDS, context=trust), urlsplit(link).path)
    assert secure.status == 302, command.text
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookies = secure.headers.get_all("Set-Cookie", [])
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "Path=/"} <= {*cookie.split("; ")}
    plain = asked(HTTPConnection("localhost", port, timeout=SECONDS), "/sign-in/")
    assert (plain.status, plain.headers["Location"]) == (308, f"{url}/sign-in/")
    assert eventually(lambda: of_sip(sip, trust) is not None, SECONDS), command.text

    manage(command, "https", "off")
    assert eventually(lambda: f"Portal:  http://127.0.0.1:{port}" in command.lines[-1], SECONDS), command.text
    back = asked(HTTPConnection("127.0.0.1", port, timeout=SECONDS), "/sign-in/")
    assert (back.status, back.headers["Strict-Transport-Security"]) == (200, None)
    assert [line for line in command.left_running() if "asterisk.conf" in line] == asterisk
    assert command.stop() == 0, command.text
    assert command.left_running() == []
