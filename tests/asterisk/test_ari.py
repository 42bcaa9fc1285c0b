"""Asterisk's REST interface while it is not loaded, against a program on 127.0.0.1 that answers as it does then."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk import ari
from asterisk.ami.client import AmiError
from asterisk.nodes import from_settings

HTML = b"<!DOCTYPE HTML><html><head><title>404 Not Found</title></head></html>"
answers: list[tuple[int, bytes]] = []


class Rest(BaseHTTPRequestHandler):
    def do_DELETE(self) -> None:
        status, body = answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def rest(settings: Settings) -> Iterator[list[tuple[int, bytes]]]:
    with HTTPServer(("127.0.0.1", 0), Rest) as server:
        settings.ARI_PORT = server.server_port
        Thread(target=server.serve_forever, daemon=True).start()
        yield answers
        answers.clear()
        server.shutdown()


@pytest.mark.parametrize(
    "answer",
    [
        (404, HTML),
        (404, b'{"message":"Resource not found"}'),
        (404, b'{"message":"configClass \'res_pjsip\' not found"}'),
        (404, b'{"message":"objectType \'contact\' not found"}'),
        (401, b'{"message":"Authentication required"}'),
        (503, HTML),
    ],
)
def test_a_registration_is_not_taken_for_removed_while_the_interface_is_not_there(
    rest: list[tuple[int, bytes]], answer: tuple[int, bytes]
) -> None:
    rest.append(answer)
    with pytest.raises(AmiError):
        ari.delete_contact(from_settings(), "1001;@abc")


def test_a_registration_that_had_gone_is_no_error(rest: list[tuple[int, bytes]]) -> None:
    rest.append((404, b'{"message":"Object with id \'1001;@abc\' not found"}'))
    ari.delete_contact(from_settings(), "1001;@abc")
