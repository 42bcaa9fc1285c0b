import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests import certificates
from tests.phones import sip
from tests.trunks.registrar import Answers, Registrar, reply, serving
from trunks.probe.client import ADVICE, SENTENCES, Outcome, Settings, Transport, probe
from trunks.probe.sip_message import SipError

PASSWORDS = {"acme": "t7Rw9KqX2m"}
NOBODY = Settings("localhost", 9, Transport.UDP)
TRANSPORTS = [Transport.UDP, Transport.TCP, Transport.TLS]


def certified(directory: Path, name: str = "localhost") -> ssl.SSLContext:
    """For a server of that name."""
    chain, key = certificates.made(name)
    (directory / "server.pem").write_bytes(chain + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    return context


@contextmanager
def provider(
    answers: Answers, transport: Transport = Transport.UDP, context: ssl.SSLContext | None = None
) -> Iterator[Settings]:
    with serving(transport, answers, context) as port:
        yield Settings("localhost", port, transport, "acme", PASSWORDS["acme"], domain="sip.example.com")


def said(status: int, reason: str) -> Answers:
    return lambda request: [reply(request, status, reason)]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_provider_that_takes_the_password(transport: Transport, tmp_path: Path, trust: ssl.SSLContext) -> None:
    registrar = Registrar(PASSWORDS)
    context = certified(tmp_path) if transport == Transport.TLS else None
    with provider(registrar, transport, context) as trunk:
        result = probe(trunk, trust=trust)
    assert (result.outcome, result.words) == (Outcome.OK, "200 OK")
    assert 0 < result.seconds < 5
    assert [each.method for each in registrar.heard] == ["REGISTER", "REGISTER"]
    assert registrar.heard[0].uri == "sip:sip.example.com"
    assert {each.call_id for each in registrar.heard} == {registrar.heard[0].call_id}
    assert [each.cseq for each in registrar.heard] == [1, 2]
    assert f"SIP/2.0/{transport.upper()} 127.0.0.1:" in registrar.heard[0].get("Via")


def test_nothing_changes_at_the_provider() -> None:
    registrar = Registrar(PASSWORDS)
    with provider(registrar) as trunk:
        probe(trunk)
    for request in registrar.heard:
        assert request.get("Contact") == ""
        assert request.get("Expires") == ""


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5"), ("SHA-512-256", "MD5")])
@pytest.mark.parametrize("qop", ['qop="auth"', 'qop="auth,auth-int"', ""])
def test_the_digests_that_are_known(algorithms: tuple[str, ...], qop: str) -> None:
    with provider(Registrar(PASSWORDS, algorithms, qop)) as trunk:
        assert probe(trunk).outcome == Outcome.OK


def test_a_digest_that_is_not_known() -> None:
    with provider(Registrar(PASSWORDS, ("AKAv1-MD5",))) as trunk:
        assert probe(trunk).outcome == Outcome.ODD_ANSWER


def test_the_name_of_the_digest_may_be_another() -> None:
    registrar = Registrar(PASSWORDS)
    with provider(registrar) as trunk:
        other = Settings("localhost", trunk.port, Transport.UDP, "4930123", trunk.password, auth_user="acme")
        assert probe(other).outcome == Outcome.OK
    assert registrar.heard[1].get("From").startswith("<sip:4930123@localhost>")


def test_an_old_nonce_is_no_wrong_password() -> None:
    with provider(Registrar(PASSWORDS, stale_answers=1)) as trunk:
        assert probe(trunk).outcome == Outcome.OK


def test_who_finds_every_nonce_old_is_not_asked_for_ever() -> None:
    registrar = Registrar(PASSWORDS, stale_answers=1000)
    with provider(registrar) as trunk:
        assert probe(trunk).outcome == Outcome.WRONG_PASSWORD
    assert len(registrar.heard) == 3


@pytest.mark.parametrize(("status", "words"), [(401, "401 Unauthorized"), (403, "403 Wrong password")])
def test_a_wrong_password(status: int, words: str) -> None:
    with provider(Registrar({"acme": "other"}, status_of_wrong=status)) as trunk:
        result = probe(trunk)
    assert (result.outcome, result.words) == (Outcome.WRONG_PASSWORD, words)


def test_no_password_where_one_is_asked_for() -> None:
    with provider(Registrar(PASSWORDS)) as trunk:
        result = probe(Settings("localhost", trunk.port, Transport.UDP, "acme"))
    assert (result.outcome, result.words) == (Outcome.WRONG_PASSWORD, "401 Unauthorized")


def test_a_name_that_is_not_known() -> None:
    with provider(Registrar({})) as trunk:
        result = probe(trunk)
    assert (result.outcome, result.words) == (Outcome.UNKNOWN_NAME, "404 Not found here")


@pytest.mark.parametrize("status", [302, 400, 403, 480, 500, 503, 603])
def test_a_refusal(status: int) -> None:
    with provider(said(status, "Not you")) as trunk:
        result = probe(trunk)
    assert (result.outcome, result.words) == (Outcome.REFUSED, f"{status} Not you")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (404, Outcome.OK),
        (405, Outcome.OK),
        (501, Outcome.OK),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (500, Outcome.REFUSED),
        (503, Outcome.REFUSED),
        (603, Outcome.REFUSED),
    ],
)
def test_a_trunk_without_registration_asks_for_options(status: int, outcome: Outcome) -> None:
    heard = []

    def answers(request: sip.Message) -> list[bytes]:
        heard.append(request.method)
        return [reply(request, status, "Well")]

    with provider(answers) as trunk:
        result = probe(Settings("localhost", trunk.port, Transport.UDP, registers=False))
    assert (result.outcome, heard) == (outcome, ["OPTIONS"])


def test_options_are_signed_where_that_is_asked_for() -> None:
    registrar = Registrar(PASSWORDS)
    with provider(registrar) as trunk:
        assert probe(replace(trunk, registers=False)).outcome == Outcome.OK
    assert [each.method for each in registrar.heard] == ["OPTIONS", "OPTIONS"]


def test_a_lost_datagram_is_sent_again() -> None:
    heard = []

    def answers(request: sip.Message) -> list[bytes]:
        heard.append(request.cseq)
        return [reply(request, 200)] if len(heard) == 2 else []

    with provider(answers) as trunk:
        assert probe(trunk).outcome == Outcome.OK
    assert heard == [1, 1]


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_a_provider_that_says_nothing(transport: Transport) -> None:
    with provider(lambda _request: [], transport) as trunk:
        result = probe(trunk, seconds=0.7)
    assert (result.outcome, result.words) == (Outcome.NO_ANSWER, "")
    assert result.seconds < 2


def test_a_provider_that_is_for_ever_trying() -> None:
    with provider(said(100, "Trying")) as trunk:
        assert probe(trunk, seconds=0.7).outcome == Outcome.NO_ANSWER


def test_an_answer_to_another_question_is_none() -> None:
    def answers(request: sip.Message) -> list[bytes]:
        return [reply(request, 200).replace(request.call_id.encode(), b"other"), reply(request, 503, "Full")]

    with provider(answers) as trunk:
        assert probe(trunk).words == "503 Full"


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request", b"\xff\xfe\x00", b"SIP/2.0 OK", b"a"])
def test_what_is_no_sip(transport: Transport, answer: bytes) -> None:
    with provider(lambda _request: [answer + b"\r\n\r\n"], transport) as trunk:
        assert probe(trunk).outcome == Outcome.ODD_ANSWER


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize(
    "flood",
    [1000 * b"a", b"SIP/2.0 100 Trying\r\n\r\n", b"SIP/2.0 200 OK\r\nContent-Length: 99999\r\n\r\n" + 1000 * b"a"],
    ids=["no head", "trying", "a body"],
)
def test_endless_answers_end(transport: Transport, flood: bytes) -> None:
    with provider(lambda _request: 5000 * [flood], transport) as trunk:
        result = probe(trunk, seconds=3)
    assert result.outcome in {Outcome.ODD_ANSWER, Outcome.NO_ANSWER}


@pytest.mark.parametrize("size", ["-1", "x", "1e3", "999999999", "٣"])
def test_a_body_of_no_size(size: str) -> None:
    answer = f"SIP/2.0 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
    with provider(lambda _request: [answer], Transport.TCP) as trunk:
        assert probe(trunk).outcome == Outcome.ODD_ANSWER


def test_an_answer_with_a_body_in_pieces() -> None:
    def answers(request: sip.Message) -> list[bytes]:
        trying = reply(request, 183).replace(b"Content-Length: 0", b"Content-Length: 4") + b"abcd"
        whole = trying + b"\r\n\r\n" + reply(request, 200, "OK")
        return [whole[:100], whole[100:]]

    with provider(answers, Transport.TCP) as trunk:
        assert probe(trunk).outcome == Outcome.OK


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("a\x1b[31mb", "503 a [31mb"),
        ("a\u202eb\u2066c\u200bd", "503 a b c d"),
        (200 * "x", f"503 {76 * 'x'}"),
        ("é 日本", "503 é 日本"),
        ("a\tb \x00 c", "503 a b c"),
        ("<b>&amp;</b>", "503 <b>&amp;</b>"),
    ],
)
def test_the_providers_words_are_one_short_line(reason: str, words: str) -> None:
    with provider(said(503, reason)) as trunk:
        assert probe(trunk).words == words


def test_a_realm_that_would_begin_a_header_is_not_given_back() -> None:
    registrar = Registrar(PASSWORDS, realm="a\nContact: <sip:evil@example.com>\n")
    with provider(registrar) as trunk:
        assert probe(trunk).outcome == Outcome.ODD_ANSWER
    assert len(registrar.heard) == 1


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP, Transport.TLS])
def test_nobody_listens_there(transport: Transport) -> None:
    kind = socket.SOCK_DGRAM if transport == Transport.UDP else socket.SOCK_STREAM
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    result = probe(Settings("127.0.0.1", port, transport, "acme"))
    assert (result.outcome, result.words) == (Outcome.UNREACHABLE, "Connection refused")


def test_a_name_that_is_nobodys() -> None:
    assert probe(Settings("nobody.invalid", 5060, Transport.UDP)).outcome == Outcome.NAME_NOT_FOUND


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: [over.wait()][:0])
    result = probe(Settings("sip.example.com", 5060, Transport.UDP), seconds=0.2)
    over.set()
    assert (result.outcome, result.words) == (Outcome.NAME_NOT_FOUND, "")
    assert result.seconds < 1


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_the_next_address_is_tried_where_one_does_not_listen(
    monkeypatch: pytest.MonkeyPatch, transport: Transport
) -> None:
    with provider(Registrar(PASSWORDS), transport) as trunk:
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, trunk.port)) for host in ("127.0.0.2", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: rows)
        assert probe(trunk).outcome == Outcome.OK


def test_the_next_address_is_tried_where_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with provider(lambda _request: []) as silent, provider(Registrar(PASSWORDS)) as trunk:
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", each.port)) for each in (silent, trunk)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: rows)
        assert probe(trunk, seconds=2).outcome == Outcome.OK


def test_a_certificate_of_another_name(tmp_path: Path, trust: ssl.SSLContext) -> None:
    with provider(Registrar(PASSWORDS), Transport.TLS, certified(tmp_path, "other.example.com")) as trunk:
        result = probe(trunk, trust=trust)
    assert result.outcome == Outcome.TLS_FAILED
    assert result.words.startswith("Hostname mismatch")


def test_a_certificate_of_an_authority_that_nobody_knows(tmp_path: Path) -> None:
    with provider(Registrar(PASSWORDS), Transport.TLS, certified(tmp_path)) as trunk:
        result = probe(trunk)
    assert result.outcome == Outcome.TLS_FAILED
    assert "certificate" in result.words


def test_a_server_without_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor() as pool:
        told = pool.submit(probe, Settings("127.0.0.1", door.getsockname()[1], Transport.TLS, "acme"))
        visitor, _ = door.accept()
        with visitor:
            visitor.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")
            result = told.result()
    assert (result.outcome, result.words) == (Outcome.TLS_FAILED, "wrong version number")


def test_a_server_without_tls_that_says_nothing() -> None:
    with provider(said(200, "OK"), Transport.TCP) as trunk:
        assert probe(replace(trunk, transport=Transport.TLS), seconds=0.5).outcome == Outcome.NO_ANSWER


def test_a_server_that_closes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor() as pool:
        told = pool.submit(probe, Settings("127.0.0.1", door.getsockname()[1], Transport.TCP, "acme"))
        visitor, _ = door.accept()
        visitor.recv(65536)
        visitor.close()
        result = told.result()
    assert result.outcome == Outcome.NO_ANSWER
    assert result.seconds < 4


@pytest.mark.parametrize("evil", ["a\r\nX: y", "a\x00", "a\u202eb"])
def test_a_user_name_that_would_begin_a_header_is_never_sent(evil: str) -> None:
    for trunk in (replace(NOBODY, user=evil), replace(NOBODY, auth_user=evil)):
        with pytest.raises(SipError):
            probe(trunk)


@pytest.mark.parametrize("evil", ["a\r\nX: y", "a b", "a\x00", "a>b", "a;b"])
def test_a_host_that_is_none_is_never_asked(evil: str) -> None:
    for trunk in (replace(NOBODY, host=evil), replace(NOBODY, domain=evil), replace(NOBODY, host=evil, domain="a")):
        with pytest.raises(SipError):
            probe(trunk)


def test_a_password_is_not_printed() -> None:
    assert PASSWORDS["acme"] not in repr(replace(NOBODY, password=PASSWORDS["acme"]))


def test_every_outcome_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Outcome)
    assert set(ADVICE) == set(Outcome) - {Outcome.OK}
