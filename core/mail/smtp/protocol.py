"""SMTP as smtplib speaks it, with what the server says kept, and with an end to each wait."""

import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings

from core.mail.errors import Trouble, one_line

VERBS = {"EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}


@dataclass(frozen=True)
class Limits:
    """In seconds. The answer to the dot may take long: the server looks into the e-mail meanwhile."""

    connect: float = 10
    reply: float = 60
    opening: float = 90
    after_the_dot: float = 600


@dataclass(frozen=True)
class Reply:
    """`asked`: the verb that it answers, "" for the greeting."""

    asked: str
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Dialogue(smtplib.SMTP):
    """Keeps what the server says, and never what it is told."""

    def __init__(self, host: str, port: int, limits: Limits, replies: list[Reply]) -> None:
        self.replies, self.asked = replies, ""
        super().__init__(host, port, own_name(), timeout=limits.connect)
        assert self.sock  # noqa: S101 (else the line above had raised)
        self.sock.settimeout(limits.reply)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the dot would wait for the e-mail's ACK

    def putcmd(self, cmd: str, args: str = "") -> None:
        if cmd.upper() in VERBS:
            self.asked = cmd.upper()
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()
        self.replies.append(Reply(self.asked, code, one_line(text.decode(errors="replace"))))
        return code, text


class EncryptedDialogue(Dialogue):
    """Encrypted from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def own_name() -> str:
    """What we call ourselves: never looked up, which may take long."""
    host = urlsplit(settings.PORTAL_URL).hostname or "localhost"
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
    return host.encode("idna").decode()


@contextmanager
def within(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """However slowly the server drips: the timeout of a socket begins anew with each byte."""
    timer = Timer(seconds, _shut, [smtp])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def trouble_of(error: BaseException) -> Trouble:
    """What was raised on the way, as it is kept."""
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    match cause:
        case ssl.SSLCertVerificationError():
            return Trouble("certificate", cause.verify_message or str(cause))
        case ssl.SSLError():
            return Trouble("tls", cause.reason or str(cause))
        case TimeoutError():
            return Trouble("timeout")
        case socket.gaierror():
            return Trouble("no_address", cause.strerror or "")
        case UnicodeError():
            return Trouble("no_address")
        case ConnectionRefusedError():
            return Trouble("unreachable", cause.strerror or "")
        case ConnectionError():
            return Trouble("broken", cause.strerror or "")
        case OSError() if not isinstance(cause, smtplib.SMTPException):
            return Trouble("unreachable", cause.strerror or str(cause))
        case smtplib.SMTPResponseException():
            text = cause.smtp_error.decode(errors="replace") if isinstance(cause.smtp_error, bytes) else ""
            kind = "not_smtp" if cause.smtp_code < 0 else "greeting"
            return Trouble(kind, text if cause.smtp_code < 0 else f"{cause.smtp_code} {text}")
    return Trouble("broken")
