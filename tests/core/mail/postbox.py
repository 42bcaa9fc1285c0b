"""A real SMTP server on loopback, which can be made to fail in each way that one may."""

import asyncio
import email
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.settings import free_port

HOST = "127.0.0.1"
TURNS_SECONDS = 0.02  # many turns of the loop
DROP = "drop"  # in place of an answer: the connection is cut


@dataclass
class Received:
    sender: str
    to: str
    raw: bytes
    mail: EmailMessage
    signed_in: str
    encrypted: bool
    greeted_as: str

    @property
    def key(self) -> str:
        return str(self.mail["Message-ID"])

    def text(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part
        return str(part.get_content())


@dataclass
class Moods:
    """What it answers to the next commands, verb -> answers in turn; a verb that is not there: with good will."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    always: dict[str, str] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    keeps_what_it_drops: bool = False

    def next(self, verb: str) -> str:
        if waiting := self.answers.get(verb):
            return waiting.pop(0)
        return self.always.get(verb, "")


class Moody(SMTP):
    moods: Moods

    async def smtp_DATA(self, arg: str) -> None:
        if self.moods.next("BODY") == DROP:
            await self.push("354 go on")
            await asyncio.sleep(self.moods.slow.get("BODY", 0))
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if answer := self.moods.next("AUTH"):
            await self.push(answer)
            return
        await super().smtp_AUTH(arg)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:
        if answer := self.moods.next("EHLO"):
            await self.push(answer)
            return
        await super().smtp_EHLO(hostname)


class Handler:
    def __init__(self, postbox: "Postbox") -> None:
        self.postbox = postbox

    async def _answer(self, verb: str, server: SMTP) -> str:
        moods = self.postbox.moods
        await asyncio.sleep(moods.slow.get(verb, 0))
        answer = moods.next(verb)
        if answer == DROP:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := await self._answer("MAIL", server):
            return answer
        if self.postbox.password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options += options
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.postbox.refuses(address) or await self._answer("RCPT", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return await self._answer("RSET", server) or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await self._answer("DATA", server)
        if not answer or (answer == DROP and self.postbox.moods.keeps_what_it_drops):
            content = envelope.content
            assert isinstance(content, bytes)
            self.postbox.received.append(
                Received(
                    str(envelope.mail_from),
                    str(envelope.rcpt_tos[0]),
                    content,
                    email.message_from_bytes(content, policy=default),
                    session.auth_data.decode() if isinstance(session.auth_data, bytes) else "",
                    session.ssl is not None or self.postbox.tls == "tls",
                    str(session.host_name),
                )
            )
        return answer or f"250 2.0.0 Queued as {len(self.postbox.received)}"


class MoodyController(Controller):
    def __init__(self, postbox: "Postbox", **more: Any) -> None:
        self.postbox = postbox
        self.servers: list[SMTP] = []
        super().__init__(Handler(postbox), HOST, postbox.port, **more)

    def stop(self, no_assert: bool = False) -> None:
        """With all connections, as a machine goes down."""
        asyncio.run_coroutine_threadsafe(self._abort(), self.loop).result()
        super().stop(no_assert)

    async def _abort(self) -> None:
        assert self.server
        self.server.close()
        await asyncio.sleep(TURNS_SECONDS)  # what has just been accepted becomes a connection
        for server in self.servers:
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
        await asyncio.sleep(TURNS_SECONDS)  # and what is aborted is closed, before the loop ends

    def factory(self) -> SMTP:
        server = Moody(self.handler, **self.SMTP_kwargs)
        server.moods = self.postbox.moods
        self.servers.append(server)
        self.postbox.connections += 1
        return server


class Postbox:
    """`tls`: "", "starttls" or "tls"; `password`: that of the user "portal", who then has to sign in."""

    def __init__(self, tls: str = "", password: str = "", certificate: "Certificate | None" = None) -> None:
        self.port = int(free_port())
        self.tls, self.password, self.certificate = tls, password, certificate
        self.user = "portal"
        self.moods = Moods()
        self.received: list[Received] = []
        self.connections = 0
        self.refuses: Callable[[str], str] = lambda _: ""
        self.utf8 = True  # SMTPUTF8 is offered
        self.controller: MoodyController | None = None

    def start(self) -> None:
        context = self.certificate.context() if self.certificate else None
        more: dict[str, Any] = {"server_hostname": "mail.test", "enable_SMTPUTF8": self.utf8, "auth_require_tls": False}
        if self.tls == "starttls":
            more["tls_context"] = context
        if self.password:
            more["authenticator"] = self._knows
        self.controller = MoodyController(self, ssl_context=context if self.tls == "tls" else None, **more)
        self.controller.start()

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    def _knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        known = data.login == self.user.encode() and data.password == self.password.encode()
        return AuthResult(success=known, handled=False, auth_data=data.login)

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self.received]


class Certificate:
    """Made by itself, for 127.0.0.1 and localhost."""

    def __init__(self, directory: Path, names: tuple[str, ...] = (HOST, "localhost")) -> None:
        self.file = directory / "mail.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
        now = datetime.now(UTC)
        others = [x509.IPAddress(ip_address(each)) if each[0].isdigit() else x509.DNSName(each) for each in names]
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(others), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        self.file.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + made.public_bytes(pem)
        )

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context
