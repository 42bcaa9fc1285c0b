"""What goes wrong on the way to a mail server, told apart, so that the page can say what to check."""

import errno
import smtplib
import socket
import ssl
import time

import pytest
from pytest_django.fixtures import Settings

from core.mail.smtp.protocol import own_name, trouble_of, within


def certificate_error(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = message
    return error


def tls_error(reason: str | None) -> ssl.SSLError:
    error = ssl.SSLError(1, "handshake failure")
    if reason:
        error.reason = reason
    return error


def disconnected(because: BaseException) -> smtplib.SMTPServerDisconnected:
    error = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    error.__context__ = because
    return error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (certificate_error("self-signed certificate"), "certificate", "self-signed certificate"),
        (certificate_error(""), "certificate", "certificate verify failed"),
        (tls_error("WRONG_VERSION_NUMBER"), "tls", "WRONG_VERSION_NUMBER"),
        (TimeoutError("timed out"), "timeout", ""),
        (socket.gaierror(-2, "Name or service not known"), "no_address", "Name or service not known"),
        (socket.gaierror(), "no_address", ""),
        (UnicodeError("label too long"), "no_address", ""),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "unreachable", "Connection refused"),
        (ConnectionRefusedError(), "unreachable", ""),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "broken", "Connection reset by peer"),
        (ConnectionResetError(), "broken", ""),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "unreachable", "No route to host"),
        (OSError("no more words"), "unreachable", "no more words"),
        (smtplib.SMTPConnectError(554, b"No SMTP here"), "greeting", "554 No SMTP here"),
        (smtplib.SMTPConnectError(421, "as text"), "greeting", "421 "),
        (smtplib.SMTPConnectError(-1, b"HTTP/1.1 400"), "not_smtp", "HTTP/1.1 400"),
        (disconnected(ConnectionResetError(errno.ECONNRESET, "Reset")), "broken", "Reset"),
        (disconnected(TimeoutError()), "timeout", ""),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "broken", ""),
        (smtplib.SMTPNotSupportedError("STARTTLS"), "broken", ""),
    ],
)
def test_each_fault_has_its_own_words(error: BaseException, code: str, said: str) -> None:
    trouble = trouble_of(error)
    assert (trouble.code, trouble.said) == (code, said)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://pbx.example.com", "pbx.example.com"),
        ("http://192.0.2.7:8000", "[192.0.2.7]"),
        ("http://[2001:db8::7]:8000", "[IPv6:2001:db8::7]"),
        ("https://telefon-zürich.example", "xn--telefon-zrich-4ob.example"),
        ("", "localhost"),
    ],
)
def test_the_portal_calls_itself_by_a_name_of_the_grammar(settings: Settings, address: str, name: str) -> None:
    settings.PORTAL_URL = address
    assert own_name() == name


def test_a_line_that_was_in_time_is_not_cut_later() -> None:
    server, ours = socket.socketpair()
    with server, smtplib.SMTP() as smtp:
        smtp.sock = ours
        with within(smtp, 0.05):
            pass
        time.sleep(0.2)
        server.send(b"220 here")
        assert ours.recv(100) == b"220 here"
        smtp.sock = None
        ours.close()
