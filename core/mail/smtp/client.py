"""The conversation with the mail server: opened, encrypted, signed in, and one e-mail at a time handed over.

All that fails before the dot that ends an e-mail is known not to have been delivered.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

import idna

from core import encryption
from core.mail.errors import Trouble, answer_text
from core.mail.headers import EncodedNames
from core.mail.smtp.protocol import Dialogue, EncryptedDialogue, Limits, Reply, trouble_of, within
from core.preferences.models import MailSecurity, Preferences

LABEL, ROW = "mail_password", 1
WANTS_A_SIGN_IN = {530, 534, 535, 538}
CLOSING = 421
FORWARDED = {251, 252}


@dataclass(frozen=True)
class Server:
    """What Preferences say of it."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str

    @classmethod
    def of(cls, preferences: Preferences) -> Server | None:
        """None: no mail server is set up. Raises Trouble where the password cannot be opened."""
        if not preferences.mail_host or not preferences.mail_from:
            return None
        return cls(
            preferences.mail_host,
            preferences.mail_port,
            preferences.mail_security,
            preferences.mail_user,
            password_of(preferences) if preferences.mail_user else "",
            preferences.mail_from,
        )


def password_of(preferences: Preferences) -> str:
    if not preferences.sealed_mail_password:
        return ""
    try:
        return encryption.unseal(LABEL, ROW, preferences.sealed_mail_password)
    except encryption.SealError as error:
        raise Trouble("sealed") from error


@dataclass
class Refused(Exception):
    """This e-mail, for good. `said` by the server, or a code of errors.WORDS."""

    said: str = ""
    code: str = ""

    def __str__(self) -> str:
        return answer_text(self.code, self.said)


class Later(Exception):
    """This e-mail, for now. The argument is what was said."""


class Uncertain(Exception):
    """No answer came after the dot."""


class Withdrawn(Exception):
    """The e-mail was taken back before the dot."""


class Connection:
    """Open, and signed in. Raises Trouble."""

    def __init__(self, server: Server, limits: Limits, replies: list[Reply] | None = None) -> None:
        self.server, self.limits = server, limits
        self.replies: list[Reply] = [] if replies is None else replies
        self.handed_over = 0
        try:
            kind = EncryptedDialogue if server.security == MailSecurity.TLS else Dialogue
            self.smtp = kind(server.host.strip("[]"), server.port, limits, self.replies)
        except (OSError, UnicodeError) as error:
            raise trouble_of(error) from error
        try:
            with within(self.smtp, limits.opening):
                self._open()
        except Trouble:
            self.smtp.close()
            raise
        except (OSError, UnicodeError) as error:  # smtplib's errors are OSErrors
            self.smtp.close()
            raise trouble_of(error) from error

    def _open(self) -> None:
        self.smtp.ehlo_or_helo_if_needed()
        if self.server.security == MailSecurity.STARTTLS:
            if not self.smtp.has_extn("starttls"):
                raise Trouble("no_starttls")
            self.smtp.starttls(context=ssl.create_default_context())
            self.smtp.ehlo_or_helo_if_needed()
        if self.server.user:
            self._sign_in()

    def _sign_in(self) -> None:
        if not self.may_carry_a_password:
            raise Trouble("unencrypted")
        if not self.smtp.has_extn("auth"):
            raise Trouble("no_auth")
        try:
            if (self.server.user + self.server.password).isascii():
                self.smtp.login(self.server.user, self.server.password)
            else:
                self._sign_in_in_utf8()
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            said = self.replies[-1]
            if said.asked != "AUTH":
                raise Trouble("no_auth") from error
            raise Trouble("busy" if said.code < 500 else "password_refused", str(said)) from None

    def _sign_in_in_utf8(self) -> None:
        """As RFC 4616 has it; smtplib knows ASCII alone."""
        words = base64.b64encode(f"\0{self.server.user}\0{self.server.password}".encode()).decode()
        code, text = self.smtp.docmd("AUTH", f"PLAIN {words}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)

    @property
    def socket(self) -> socket.socket:
        return self.smtp.sock  # type: ignore[return-value]

    @property
    def may_carry_a_password(self) -> bool:
        if isinstance(self.socket, ssl.SSLSocket):
            return True
        return ipaddress.ip_address(self.socket.getpeername()[0].partition("%")[0]).is_loopback

    def hand_over(self, message: EmailMessage, to: str, before_the_dot: Callable[[], bool]) -> Reply:
        """The server's answer. Raises Trouble, Later, Refused; Withdrawn where `before_the_dot` says no; Uncertain."""
        try:
            with within(self.smtp, self.limits.opening):
                self._up_to_the_dot(message, to)
        except (OSError, ValueError) as error:
            self.close()
            raise trouble_of(error) from error
        if self._is_dead():
            self.close()
            raise Trouble("broken")
        try:
            go_on = before_the_dot()
        except BaseException:
            self.close()
            raise
        if not go_on:
            self.close()
            raise Withdrawn
        return self._dot()

    def _up_to_the_dot(self, message: EmailMessage, to: str) -> None:
        sender, receiver = in_ascii_if_possible(self.server.sender), in_ascii_if_possible(to)
        options = []
        if not (sender + receiver).isascii():
            if not self.smtp.has_extn("smtputf8"):
                raise Refused(code="no_utf8") if sender.isascii() else Trouble("sender_utf8")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
            self.smtp.command_encoding = "utf-8"
        content = in_bytes(message, utf8=bool(options))
        self._expect(250, self.smtp.mail(sender, options)[0], of="sender_refused")
        self._expect(250, self.smtp.rcpt(receiver)[0])
        self._expect(354, self.smtp.docmd("DATA")[0])
        self.smtp.send(content)

    def _expect(self, wanted: int, code: int, *, of: str = "") -> None:
        if code == wanted or (wanted == 250 and code in FORWARDED):
            return
        said = str(self.replies[-1])
        if code == CLOSING or code < 400:
            self.close()
            raise Trouble("busy" if code == CLOSING else "not_smtp", said)
        self.reset()
        if code in WANTS_A_SIGN_IN:
            raise Trouble("password_refused", said)
        if of:
            raise Trouble("busy" if code < 500 else of, said)
        raise Later(said) if code < 500 else Refused(said)

    def _is_dead(self) -> bool:
        """Closed, or with something to say that nobody asked for: nothing good."""
        try:
            return bool(select.select([self.socket], [], [], 0)[0])
        except (OSError, ValueError, TypeError):
            return True

    def _dot(self) -> Reply:
        try:
            self.socket.settimeout(self.limits.after_the_dot)
            with within(self.smtp, self.limits.after_the_dot):
                self.smtp.asked = "DATA"
                self.smtp.send(b".\r\n")
                code, _text = self.smtp.getreply()
            self.socket.settimeout(self.limits.reply)
        except (OSError, AttributeError) as error:
            self.close()
            raise Uncertain from error
        said = self.replies[-1]
        if 200 <= code < 300:
            self.handed_over += 1
            return said
        if code == CLOSING:
            self.close()
        if 400 <= code < 500:
            raise Later(str(said))
        if code >= 500:
            raise Refused(str(said))
        self.close()
        raise Uncertain

    def reset(self) -> None:
        """Ready for the next e-mail; or closed."""
        try:
            if self.smtp.rset()[0] != 250:
                self.close()
        except OSError:
            self.close()

    @property
    def is_open(self) -> bool:
        return self.smtp.sock is not None

    def leave(self) -> None:
        """With a good-bye."""
        if self.is_open:
            with suppress(OSError):
                self.socket.settimeout(1)
                self.smtp.quit()
        self.close()

    def close(self) -> None:
        self.smtp.close()


def in_ascii_if_possible(address: str) -> str:
    """A domain has an ASCII name in any case; what stands before the @ may have none."""
    name, _at, domain = address.rpartition("@")
    with suppress(idna.IDNAError):
        domain = idna.encode(domain, uts46=True).decode()
    return f"{name}@{domain}"


def in_bytes(message: EmailMessage, *, utf8: bool) -> bytes:
    """Lines end in CRLF, a line that begins with a dot has another before it; the dot of the end is not there yet."""
    policy = EncodedNames(linesep="\r\n", utf8=utf8, cte_type="8bit" if utf8 else "7bit")
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", message.as_bytes(policy=policy))
    content = re.sub(rb"(?m)^\.", b"..", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"
