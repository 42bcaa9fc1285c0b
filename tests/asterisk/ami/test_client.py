"""The client of the manager interface, against a program on 127.0.0.1 that behaves as Asterisk should not."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk.ami.client import AmiError, AmiRefused, AmiUnreachable
from asterisk.ami.protocol import Message, Unsendable, parse
from asterisk.backend import Asterisk
from tests.node import connected

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
PATIENCE = 0.3
SOON = 10  # seconds: the far end never answers
Script = Callable[[socket.socket], None]
Serve = Callable[[Script], None]


@pytest.fixture
def serve(settings: Settings) -> Iterator[Serve]:
    """Lets a script be the far end of each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings.AMI_HOST, settings.AMI_PORT = listener.getsockname()
    threads: list[Thread] = []

    def follow(script: Script) -> None:
        with suppress(OSError), closing(listener.accept()[0]) as link:
            link.settimeout(5)
            script(link)

    def serve(script: Script) -> None:
        threads.append(Thread(target=follow, args=(script,)))
        threads[-1].start()

    yield serve
    for thread in threads:
        thread.join()
    listener.close()


def heard(link: socket.socket) -> Message:
    received = b""
    while b"\r\n\r\n" not in received:
        more = link.recv(4096)
        if not more:
            return {}
        received += more
    return parse(received.partition(b"\r\n\r\n")[0])


def answer(link: socket.socket, text: str) -> None:
    """To the next action; MARK stands for its id."""
    mark = heard(link).get("ActionID", "")
    link.sendall(text.replace("MARK", mark).replace("\n", "\r\n").encode())


SUCCESS = "Response: Success\nActionID: MARK\n\n"


def let_in(link: socket.socket) -> None:
    link.sendall(BANNER)
    answer(link, SUCCESS)


def ping() -> Message:
    with connected(PATIENCE) as ami:
        return ami.ask("Ping", PATIENCE)


def show() -> list[Message]:
    with connected(PATIENCE) as ami:
        return ami.ask_for_list("PJSIPShowEndpoint", PATIENCE, Endpoint="1001")


def silent(link: socket.socket) -> None:
    heard(link)


def closes_at_once(link: socket.socket) -> None:
    link.close()


def half_a_banner(link: socket.socket) -> None:
    link.sendall(BANNER[:9])
    heard(link)


def a_banner_drop_by_drop(link: socket.socket) -> None:
    with suppress(OSError):
        for _ in range(200):
            link.sendall(b"A")
            time.sleep(0.02)


def closes_after_the_banner(link: socket.socket) -> None:
    link.sendall(BANNER)


def garbage(link: socket.socket) -> None:
    link.sendall(b"\xff\0\xfe" * 5000)


def another_protocol(link: socket.socket) -> None:
    link.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def refuses_the_login(link: socket.socket) -> None:
    link.sendall(BANNER)
    answer(link, "Response: Error\nActionID: MARK\nMessage: Authentication failed\n\n")


def never_answers_the_action(link: socket.socket) -> None:
    let_in(link)
    heard(link)
    heard(link)


def closes_in_the_middle_of_an_answer(link: socket.socket) -> None:
    let_in(link)
    answer(link, "Response: Succ")


def answers_somebody_else_for_ever(link: socket.socket) -> None:
    let_in(link)
    heard(link)
    until = time.monotonic() + 5
    with suppress(OSError):
        while time.monotonic() < until:
            link.sendall(b"Event: Reload\r\n\r\nResponse: Success\r\nActionID: 999\r\n\r\n")
            time.sleep(0.01)


def answers_drop_by_drop(link: socket.socket) -> None:
    let_in(link)
    heard(link)
    with suppress(OSError):
        for byte in b"Response: Success\r\nActionID: 2\r\nPing: Pong" * 99:
            link.sendall(bytes([byte]))
            time.sleep(0.02)


def a_list_that_never_ends(link: socket.socket) -> None:
    let_in(link)
    answer(link, SUCCESS + "Event: EndpointDetail\nActionID: MARK\n\n")
    heard(link)


UNREACHABLE: list[Script] = [
    silent,
    closes_at_once,
    half_a_banner,
    a_banner_drop_by_drop,
    closes_after_the_banner,
    garbage,
    another_protocol,
    refuses_the_login,
    never_answers_the_action,
    closes_in_the_middle_of_an_answer,
    answers_somebody_else_for_ever,
    answers_drop_by_drop,
    a_list_that_never_ends,
]


@pytest.mark.parametrize("script", UNREACHABLE, ids=lambda script: script.__name__)
def test_a_far_end_that_does_not_answer_is_unreachable_and_soon(serve: Serve, script: Script) -> None:
    serve(script)
    began = time.monotonic()
    with pytest.raises(AmiUnreachable):
        show()
    assert time.monotonic() - began < SOON


def test_nobody_there_is_unreachable(settings: Settings) -> None:
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))
        settings.AMI_PORT = unheard.getsockname()[1]
        with pytest.raises(AmiUnreachable):
            ping()


def test_no_is_an_answer(serve: Serve) -> None:
    def script(link: socket.socket) -> None:
        let_in(link)
        answer(link, "Response: Error\nActionID: MARK\nMessage: Permission denied\n\n")

    serve(script)
    with pytest.raises(AmiRefused, match="Permission denied"):
        ping()


def test_a_slow_answer_is_heard_in_time_and_in_pieces(serve: Serve) -> None:
    def script(link: socket.socket) -> None:
        for byte in BANNER:
            link.sendall(bytes([byte]))
        answer(link, SUCCESS)
        link.sendall(b"Event: FullyBooted\r\n\r\n")
        mark = heard(link)["ActionID"]
        for byte in f"Response: Success\r\nActionID: {mark}\r\nPing: Pong\r\n\r\n".encode():
            link.sendall(bytes([byte]))
            time.sleep(0.001)

    serve(script)
    assert ping()["Ping"] == "Pong"


def test_a_list_is_its_events(serve: Serve) -> None:
    def script(link: socket.socket) -> None:
        let_in(link)
        events = "".join(f"Event: {name}\nActionID: MARK\n\n" for name in ("EndpointDetail", "AuthDetail"))
        answer(link, f"{SUCCESS}{events}Event: Done\nEventList: Complete\nActionID: MARK\n\n")

    serve(script)
    assert [event["Event"] for event in show()] == ["EndpointDetail", "AuthDetail"]


def test_a_login_that_is_refused_does_not_repeat_the_secret(serve: Serve, settings: Settings) -> None:
    settings.AMI_SECRET = "not-to-be-shown"
    serve(refuses_the_login)
    with pytest.raises(AmiUnreachable, match="Authentication failed") as refused:
        ping()
    assert "not-to-be-shown" not in str(refused.value)


def test_only_what_the_portal_needs_is_ever_asked(serve: Serve) -> None:
    serve(let_in)
    with connected(PATIENCE) as ami:
        for action in ("Command", "Originate", "UpdateConfig", "Setvar"):
            with pytest.raises(AmiError):
                ami.ask(action)


def test_a_line_break_in_a_value_is_not_sent(serve: Serve) -> None:
    after_login: list[Message] = []

    def script(link: socket.socket) -> None:
        let_in(link)
        after_login.append(heard(link))

    serve(script)
    with connected(PATIENCE) as ami, pytest.raises(Unsendable):
        ami.ask("Getvar", Variable="x\r\n\r\nAction: Command\r\nCommand: core stop now")


def test_the_state_of_a_silent_pbx_is_said_soon(serve: Serve, db: None) -> None:
    serve(silent)
    began = time.monotonic()
    assert not Asterisk().state().up
    assert time.monotonic() - began < SOON
