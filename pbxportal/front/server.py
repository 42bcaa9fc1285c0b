"""Caddy, as a child of `manage.py run`: its configuration is tried before it is taken, and proved by a request."""

import json
import os
import socket
import subprocess
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template

from asterisk import nodes
from core import https, socket_directory, whole_file
from core.ports import try_to_bind
from pbxportal import logs, portal_address
from pbxportal.front import certificates, configuration
from pbxportal.front.configuration import PLAIN_PORT, Plan
from pbxportal.front.program import Program
from pbxportal.portal_address import USUAL_PORT, Address
from pbxportal.supervisor import Child

ANSWER_SECONDS = 5
TRY_SECONDS = 30
HEALTH, STATIC = "/health/", "/static/favicon.svg"


class FrontError(Exception):
    """Why a configuration was not taken, in Caddy's words or ours."""


class Front:
    """What Caddy runs by: one folder, one configuration at a time."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.folder = settings.VAR / "front"
        self.file = self.folder / "caddy.json"
        self.sockets = sockets()

    @property
    def environment(self) -> dict[str, str]:
        """Nothing is kept elsewhere, and names are asked for without the host's own libraries."""
        return {"XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "GODEBUG": "netdns=go"}

    def child(self) -> Child:
        command = ["setpriv", "--pdeathsig", "TERM", "--", *self.program.command, "run", "--config", str(self.file)]
        return Child("The front server", command, logs.of("front"), self.environment)

    def configure(self, plan: Plan) -> None:
        """Try the configuration, and keep it for the next start. Raises FrontError, and leaves the one before."""
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o700)  # whoever made it: a folder in it was needed first
        draft = self.folder / "caddy.new.json"
        whole_file.write(draft, json.dumps(configuration.of(plan), indent=1))
        self._run("validate", "--config", str(draft))
        draft.replace(self.file)

    def reload(self) -> None:
        """Take what was configured, without closing a connection that is in use."""
        where = f"unix/{self.sockets / 'admin'}"
        self._run("reload", "--config", str(self.file), "--address", where, "--force")

    def _run(self, *arguments: str) -> None:
        command = [*self.program.command, *arguments]
        environment = os.environ | self.environment
        try:
            tried = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=TRY_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FrontError(str(error)) from error
        if tried.returncode:
            complaint = [line for line in tried.stderr.splitlines() if not line.startswith("{")]
            raise FrontError((" ".join(complaint) or tried.stderr.strip()).removeprefix("Error: "))


class SocketConnection(HTTPConnection):
    """To a server that listens on a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def answers(host: str, port: int) -> bool:
    """Whether the front server itself does: by a file, or by a redirect to HTTPS."""
    return is_answered(HTTPConnection(host or "127.0.0.1", port, timeout=ANSWER_SECONDS), STATIC)


def portal_answers() -> bool:
    """Whether the portal behind does."""
    return is_answered(SocketConnection(portal_socket()))


def is_answered(link: HTTPConnection, path: str = HEALTH) -> bool:
    """Whether a request is: by the portal, even if it has another name, or by a redirect to its address."""
    try:
        link.request("GET", path)
        return link.getresponse().status < HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
        return False
    finally:
        link.close()


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def sockets() -> Path:
    return socket_directory.make(settings.VAR / "front/run", "portal.sock", "pbxportal-")


def portal_socket() -> Path:
    return sockets() / "portal.sock"


def plan(program: Program, address: Address) -> Plan:
    files, node = certificates.pair(address), nodes.from_settings()
    return Plan(
        listen=address.bind,
        redirects=tuple(redirects(address)),
        urls=address.urls,
        certificate=address.certificate,
        email=https.chosen(settings.VAR).email,
        acme_directory=settings.ACME_DIRECTORY,
        acme_root=settings.ACME_ROOT,
        chain=files.chain if files else Path(),
        key=files.key if files else Path(),
        folder=settings.VAR / "front",
        portal_socket=portal_socket(),
        admin_socket=sockets() / "admin",
        static=settings.STATIC_ROOT,
        web_socket=f"{node.ari_host}:{node.ari_port}" if settings.PBX_EXPECTED else "",
        resting_page=get_template("502.html").render(),
        version=program.version,
    )


def redirects(address: Address) -> list[str]:
    """Where plain HTTP may still be asked for: those of the usual ports that are free, and that we may listen on."""
    if not address.is_secure or settings.SAID_BIND:
        return []
    host, port = portal_address.listening(address.bind)
    found = []
    for each in {PLAIN_PORT, USUAL_PORT} - {port}:
        with suppress(OSError):
            try_to_bind(host, each, socket.SOCK_STREAM)
            found.append(f"{bracketed(host)}:{each}")
    return found


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
