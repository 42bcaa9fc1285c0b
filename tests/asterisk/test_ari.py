"""Asterisk's REST interface while it is not loaded, against a program on 127.0.0.1 that answers as it does then."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk import ari
from asterisk.ami.client import AmiError, SignInRefused
from asterisk.nodes import Node, from_settings

HTML = b"<!DOCTYPE HTML><html><head><title>404 Not Found</title></head></html>"
CONTACT = "1001;@abc"
Answers = list[tuple[int, bytes]]
answers: Answers = []
asked: list[tuple[str, str, object]] = []


class Rest(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked.append((self.command, self.path, json.loads(body) if body else None))
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def rest(settings: Settings) -> Iterator[Answers]:
    with HTTPServer(("127.0.0.1", 0), Rest) as server:
        settings.ARI_PORT = server.server_port
        Thread(target=server.serve_forever, daemon=True).start()
        yield answers
        answers.clear()
        asked.clear()
        server.shutdown()


STATES = [
    (404, HTML),
    (404, b'{"message":"Resource not found"}'),
    (404, b'{"message":"configClass \'res_pjsip\' not found"}'),
    (404, b'{"message":"objectType \'contact\' not found"}'),
    (404, b""),
    (400, HTML),
    (401, b'{"message":"Authentication required"}'),
    (403, b'{"message":"Forbidden"}'),
    (500, b'{"message":"Internal Server Error"}'),
    (500, HTML),
    (503, b'{"message":"Asterisk not booted"}'),
    (503, HTML),
]
Question = Callable[[Node], object]
QUESTIONS: dict[str, Question] = {
    "get": lambda node: ari.check(node, 5),
    "put": lambda node: ari.qualify_contact(node, CONTACT, "30"),
    "delete": lambda node: ari.delete_contact(node, CONTACT),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("state", STATES)
def test_an_answer_that_speaks_of_the_state_of_the_pbx_says_nothing_of_a_registration(
    rest: Answers, state: tuple[int, bytes], question: Question
) -> None:
    rest.append(state)
    with pytest.raises(AmiError) as told:
        question(from_settings())
    assert isinstance(told.value, SignInRefused) == (state[0] == 401)


@pytest.mark.parametrize("text", [HTML, b"{}", b"[]]", b"[1]", b"null", b"\xff"])
def test_a_page_of_somebody_else_is_no_watched_registration(rest: Answers, text: bytes) -> None:
    rest.append((200, text))
    with pytest.raises(AmiError):
        ari.qualify_contact(from_settings(), CONTACT, "30")


def test_a_registration_that_is_watched_has_an_address(rest: Answers) -> None:
    rest.append((200, b'[{"attribute":"uri","value":"sip:1001@127.0.0.1:5062"}]'))
    assert ari.qualify_contact(from_settings(), CONTACT, "30")


def test_one_that_was_made_anew_without_an_address_is_taken_away(rest: Answers) -> None:
    rest.extend([(200, b'[{"attribute":"uri","value":""},{"attribute":"path","value":"x"}]'), (204, b"")])
    assert not ari.qualify_contact(from_settings(), CONTACT, "30")
    path = "/ari/asterisk/config/dynamic/res_pjsip/contact/1001%3B%40abc"
    wish = {"fields": [{"attribute": "qualify_frequency", "value": "30"}]}
    assert asked == [("PUT", path, wish), ("DELETE", path, None)]


def test_one_that_cannot_be_made_anew_has_gone(rest: Answers) -> None:
    rest.append((400, b'{"message":"Cannot create sorcery object"}'))
    assert not ari.qualify_contact(from_settings(), CONTACT, "30")


def test_what_the_pbx_holds_of_a_transport_is_read(rest: Answers) -> None:
    rest.append((200, b'[{"attribute":"bind","value":"192.0.2.1:5060"},{"attribute":"tos","value":"96"}]'))
    assert ari.transport(from_settings(), "a/b") == {"bind": "192.0.2.1:5060", "tos": "96"}
    assert asked == [("GET", "/ari/asterisk/config/dynamic/res_pjsip/transport/a%2Fb", None)]
    rest[:] = [(404, b'{"message":"Object with id \'a\' not found"}')]
    assert ari.transport(from_settings(), "a") == {}
    rest[:] = [(404, HTML)]
    with pytest.raises(AmiError):
        ari.transport(from_settings(), "a")


def test_a_registration_that_had_gone_is_no_error(rest: Answers) -> None:
    rest.append((404, b'{"message":"Object with id \'1001;@abc\' not found"}'))
    ari.delete_contact(from_settings(), CONTACT)
    assert not ari.qualify_contact(from_settings(), CONTACT, "30")
