"""The server in front: what it passes on, serves itself, and refuses. The real Caddy, the real portal."""

import gzip
import signal
import socket
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from core.audit.models import AuditRecord
from core.http import LARGEST_BODY
from core.https import Certificate
from pbxportal import supervisor
from pbxportal.front import configuration, server
from pbxportal.front.server import Front, FrontError
from pbxportal.management.commands import run
from pbxportal.portal_address import Address
from pbxportal.supervisor import Child
from tests.faults.portal import Browser
from tests.front.conftest import Starts
from tests.pbx.office import eventually
from tests.people import make_user
from tests.settings import free_port

SECONDS = 30
SLOW = 60  # connections


def port_of(address: Address) -> int:
    return int(address.bind.rpartition(":")[2])


def ask(address: Address, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> HTTPResponse:
    link = HTTPConnection("127.0.0.1", port_of(address), timeout=SECONDS)
    link.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = link.getresponse()
    answer.read_before = answer.read()  # type: ignore[attr-defined]
    link.close()
    return answer


def content(answer: HTTPResponse) -> bytes:
    found: bytes = answer.read_before  # type: ignore[attr-defined]
    return found


@pytest.fixture
def static() -> Path:
    """Files as collectstatic leaves them."""
    (settings.STATIC_ROOT / "css").mkdir(parents=True, exist_ok=True)
    name = settings.STATIC_ROOT / "css/base.0123456789ab.css"
    name.write_text("a{}" * 1000)
    Path(f"{name}.gz").write_bytes(gzip.compress(name.read_bytes()))
    (settings.STATIC_ROOT / "plain.txt").write_text("as it is")
    return Path(settings.STATIC_ROOT)


def test_the_portal_is_found_where_it_listens_at_every_address(behind: Child, starts: Starts) -> None:
    """As with PORTAL_URL=https://: the setup link is printed when it answers."""
    address = starts()
    assert eventually(lambda: run.answers(("", port_of(address))), SECONDS)


def test_what_it_keeps_is_for_its_owner_alone(starts: Starts) -> None:
    """Keys of certificates among it."""
    starts()
    assert (settings.VAR / "front").stat().st_mode & 0o777 == 0o700


def test_it_serves_files_itself_small_and_for_good(
    starts: Starts, static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "RESTART_SECONDS", 0)
    address = starts()
    packed = ask(address, "/static/css/base.0123456789ab.css", Accept_Encoding="gzip, br")
    assert (packed.status, packed.headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(content(packed)) == b"a{}" * 1000
    assert packed.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert packed.headers["X-Content-Type-Options"] == "nosniff"
    plain = ask(address, "/static/plain.txt")
    assert (content(plain), plain.headers["Cache-Control"]) == (b"as it is", "max-age=60, public")
    for path in ("/static/", "/static/css/", "/static/../secrets/secret_key", "/static/%2e%2e/secrets/secret_key"):
        assert ask(address, path).status in (404, 502), path
    assert static.exists()


def test_without_the_portal_behind_it_it_says_so(
    starts: Starts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(configuration, "RESTART_SECONDS", 0)
    answer = ask(starts(portal_socket=tmp_path / "nobody"), "/")
    assert (answer.status, answer.headers["Retry-After"], answer.headers["Server"]) == (502, "5", None)
    assert b"The portal is not responding" in content(answer)


@pytest.mark.usefixtures("behind")
def test_pages_are_compressed_and_answers_to_forms_are_not(starts: Starts) -> None:
    address = starts()
    page = ask(address, "/sign-in/", Accept_Encoding="gzip")
    assert (page.status, page.headers["Content-Encoding"], page.headers["Server"]) == (200, "gzip", None)
    assert b"<h1" in gzip.decompress(content(page))
    refused = ask(address, "/sign-in/", "POST", b"x=1", Accept_Encoding="gzip")
    assert (refused.status, refused.headers["Content-Encoding"]) == (403, None)


@pytest.mark.usefixtures("behind")
def test_the_portal_sees_each_clients_own_address_and_no_invented_one(starts: Starts) -> None:
    make_user("Ada", role="super_administrator")
    address = starts()
    browser = Browser(port_of(address))
    browser.get("/sign-in/")
    for forged in ("203.0.113.5", "203.0.113.5, 198.51.100.1", ""):
        link = HTTPConnection("127.0.0.1", port_of(address), timeout=SECONDS, source_address=("127.0.0.9", 0))
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        body = f"csrfmiddlewaretoken={browser.token}&login=ada@example.com&password=wrong"
        link.request(
            "POST", "/sign-in/", body,
            {"Cookie": cookies, "X-Forwarded-For": forged, "Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert link.getresponse().status in (200, 302, 422)
        link.close()
    recorded = AuditRecord.objects.filter(module="sign_in").values_list("origin", flat=True)
    assert {*recorded} == {"127.0.0.9"}


@pytest.mark.usefixtures("behind")
def test_headers_that_only_a_server_in_front_may_send_do_not_pass(starts: Starts) -> None:
    address = starts()
    for name in (*configuration.FOR_GUNICORN, "Script-Name", "X-Forwarded-Proto"):
        link = HTTPConnection("127.0.0.1", port_of(address), timeout=SECONDS)
        link.request("GET", "/extensions/", headers={name: "https"})
        answer = link.getresponse()
        assert (answer.status, answer.headers["Location"]) == (302, "/sign-in/?next=/extensions/"), name
        link.close()


@pytest.mark.usefixtures("behind")
def test_half_sent_requests_keep_nobody_waiting(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads that never end, and bodies that do not come: the portal behind is not given either."""
    monkeypatch.setattr(configuration, "HEADER_SECONDS", 5)
    address = starts()
    half_head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    half_body = (
        b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\na="
    )
    slow = [socket.create_connection(("127.0.0.1", port_of(address)), SECONDS) for _ in range(2 * SLOW)]
    try:
        for number, each in enumerate(slow):
            each.sendall(half_head if number % 2 else half_body)
        answered = [ask(address, "/health/").status for _ in range(20)]
        assert answered == [200] * 20
        assert slow[1].recv(1000) == b""  # the time for a head is over
    finally:
        for each in slow:
            each.close()


@pytest.mark.usefixtures("behind")
def test_a_large_body_is_refused_by_the_portals_own_page(starts: Starts) -> None:
    address = starts()
    answer = ask(address, "/sign-in/", "POST", b"x" * (LARGEST_BODY + 1))
    assert (answer.status, b"too large" in content(answer)) == (413, True)


def test_a_request_waits_for_a_portal_that_is_being_started_again(
    behind: Child, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "RESTART_SECONDS", 60)
    address = starts()
    supervisor.stop([behind])
    answers: list[int] = []
    asking = Thread(target=lambda: answers.append(ask(address, "/health/").status))
    asking.start()
    behind.start()
    asking.join(SECONDS)
    assert answers == [200]


def test_a_configuration_that_is_not_valid_is_not_taken(front: Front, starts: Starts) -> None:
    address = starts()
    before = front.file.read_text()
    wrong = Address("nowhere:port", address.urls, address.certificate)
    with pytest.raises(FrontError, match="port"):
        front.configure(server.plan(front.program, wrong))
    assert front.file.read_text() == before


def test_another_configuration_is_taken_while_it_runs(front: Front, starts: Starts, static: Path) -> None:
    address = starts()
    other = Address(f"127.0.0.2:{port_of(address)}", address.urls, address.certificate)
    front.configure(server.plan(front.program, other))
    front.reload()
    assert eventually(lambda: server.listens("127.0.0.2", port_of(address)), SECONDS)
    assert eventually(lambda: not server.listens("127.0.0.1", port_of(address)), SECONDS)
    assert static.exists()


def test_its_socket_for_commands_is_not_called_an_open_interface(front: Front, starts: Starts) -> None:
    log = settings.VAR / "log/front.log"
    log.unlink(missing_ok=True)
    starts()
    front.reload()
    assert "open interface" not in log.read_text()


def test_it_starts_again_after_a_kill(front: Front) -> None:
    """Of the first one, sockets are left over."""
    port = int(free_port())
    address = Address(f"127.0.0.1:{port}", (f"http://127.0.0.1:{port}",), Certificate.NONE)
    children = [front.child(), front.child()]
    front.configure(server.plan(front.program, address))
    try:
        for child in children:
            child.start()
            assert eventually(lambda: server.listens("127.0.0.1", port), SECONDS), child.last_lines()
            front.reload()
            assert child.process
            child.signal(signal.SIGKILL)
            child.process.wait(SECONDS)
            assert not server.listens("127.0.0.1", port)
    finally:
        supervisor.stop(children)
