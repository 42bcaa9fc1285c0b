"""What Caddy is told, of a plan. Pure: the same plan gives the same configuration."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.http import LARGEST_HELD
from core.https import Certificate

Json = dict[str, Any]

HEADER_SECONDS, BODY_SECONDS, IDLE_SECONDS = 10, 60, 120
LARGEST_HEAD = 64_000  # bytes
LARGEST_BODY = LARGEST_HELD  # more than what the portal itself refuses with a page
HELD_ANSWER = 1_000_000
RESTART_SECONDS = 10  # so long a request waits for a portal that is being started again
BUFFERS_BY_SIZE = (2, 7)  # from this version on
HASHED_NAME = r"\.[0-9a-f]{12}\.[a-z0-9.]+$"
YEARS = "max-age=315360000, public, immutable"
TEXTS = ["text/*", "application/json*", "application/javascript*", "image/svg+xml*"]
PLAIN_PORT = 80
RENEW_CHECK = "10m"
AWAY = "{http.error.status_code} >= 502"
# gunicorn takes these from whoever sits on its socket.
FOR_GUNICORN = ["SCRIPT_NAME", "PATH_INFO", "Forwarded", "X-Forwarded-Ssl", "X-Forwarded-Protocol"]
WEB_SOCKET_CHECK = "/web-socket/"


@dataclass(frozen=True)
class Plan:
    """Where to listen, by which addresses the portal is found, and what stands behind."""

    listen: str
    redirects: tuple[str, ...]
    urls: tuple[str, ...]
    certificate: Certificate
    email: str
    acme_directory: str
    acme_root: str
    chain: Path
    key: Path
    folder: Path
    portal_socket: Path
    admin_socket: Path
    static: Path
    web_socket: str  # host and port of Asterisk's; "" where there is none
    resting_page: str
    version: tuple[int, ...]

    @property
    def is_secure(self) -> bool:
        return self.certificate != Certificate.NONE

    @property
    def name(self) -> str:
        return (urlsplit(self.urls[0]).hostname or "").strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


def of(plan: Plan) -> Json:
    servers: Json = {"portal": portal(plan)}
    plain = [each for each in plan.redirects if each.endswith(f":{PLAIN_PORT}")]
    if plain:
        servers["plain"] = limits(plan) | {"listen": plain, "routes": [redirect(plan)]}
    if former := [each for each in plan.redirects if each not in plain]:
        # A browser that has been told to speak HTTPS alone (HSTS) does so at every port.
        servers["former"] = limits(plan) | encrypted(plan) | {"listen": former, "routes": [redirect(plan)]}
    apps: Json = {"http": {"servers": servers, "grace_period": "1s"}}
    if plan.is_secure:
        apps["tls"] = certificates(plan)
    return {
        "admin": {"listen": f"unix/{plan.admin_socket}", "config": {"persist": False}},
        "storage": {"module": "file_system", "root": str(plan.folder / "certificates")},
        "logging": logs(),
        "apps": apps,
    }


def logs() -> Json:
    """What goes wrong, and all that concerns certificates: their page reads it (front.certificates)."""
    about = ["tls.obtain", "tls.renew", "tls.issuance"]
    # It warns of each door for commands that is no address of loopback, and calls a Unix socket an open interface.
    door = ["admin"]
    return {
        "logs": {
            "default": {"level": "WARN", "exclude": [*about, *door], "encoder": {"format": "json"}},
            "door": {"level": "ERROR", "include": door, "encoder": {"format": "json"}},
            "certificates": {"level": "INFO", "include": about, "encoder": {"format": "json"}},
        }
    }


def limits(plan: Plan) -> Json:
    return {
        "read_header_timeout": f"{HEADER_SECONDS}s",
        "read_timeout": f"{BODY_SECONDS}s",
        "idle_timeout": f"{IDLE_SECONDS}s",
        "max_header_bytes": LARGEST_HEAD,
        "protocols": ["h1", "h2"] if plan.is_secure else ["h1"],
        "automatic_https": {"disable": True},
        "errors": {
            "routes": [{"match": [{"expression": "{http.error.status_code} >= 502"}], "handle": [resting(plan)]}]
        },
    }


def portal(plan: Plan) -> Json:
    server = limits(plan) | {"listen": [plan.listen], "routes": routes(plan)}
    return server | encrypted(plan) if plan.is_secure else server


def encrypted(plan: Plan) -> Json:
    """Plain HTTP at the same port is led to HTTPS."""
    return {
        "tls_connection_policies": [{"default_sni": plan.name}],
        "listener_wrappers": [{"wrapper": "http_redirect"}, {"wrapper": "tls"}],
    }


def routes(plan: Plan) -> list[Json]:
    found = [
        nameless(),
        {"match": [{"path": ["/static/*"]}], "handle": static_files(plan), "terminal": True},
    ]
    if plan.web_socket:
        found.append({"match": [{"path": ["/ws"]}], "handle": web_socket(plan), "terminal": True})
    compress = {
        "handler": "encode",
        "encodings": {"gzip": {}},
        "minimum_length": 512,
        "match": {"headers": {"Content-Type": TEXTS}},
    }
    # A page that answers a form may show a secret beside what was sent: its length is to tell nothing.
    found.append({"match": [{"method": ["GET"]}], "handle": [compress]})
    found.append({"handle": [{"handler": "request_body", "max_size": LARGEST_BODY}, to_portal(plan, buffered=True)]})
    return found


def nameless() -> Json:
    """Nobody needs to know what stands here, or behind it."""
    return {"handle": [{"handler": "headers", "response": {"deferred": True, "delete": ["Server", "Via"]}}]}


def static_files(plan: Plan) -> list[Json]:
    def headers(cache: str) -> Json:
        return {
            "handler": "headers",
            "response": {"set": {"Cache-Control": [cache], "X-Content-Type-Options": ["nosniff"]}},
        }

    kept = {
        "handler": "subroute",
        "routes": [
            {"handle": [headers("max-age=60, public")]},
            {"match": [{"path_regexp": {"pattern": HASHED_NAME}}], "handle": [headers(YEARS)]},
        ],
    }
    files = {
        "handler": "file_server",
        "root": str(plan.static),
        "index_names": [],
        "precompressed": {"br": {}, "gzip": {}},
        "precompressed_order": ["br", "gzip"],
    }
    return [kept, {"handler": "rewrite", "strip_path_prefix": "/static"}, files]


def web_socket(plan: Plan) -> list[Json]:
    """Only who is signed in opens one: Asterisk sees all of them come from this machine."""
    ask = to_portal(plan, buffered=False) | {
        "rewrite": {"method": "GET", "uri": WEB_SOCKET_CHECK},
        "handle_response": [
            {"match": {"status_code": [2]}, "routes": [{"handle": [{"handler": "headers"}]}]},
        ],
    }
    ask["headers"]["request"]["delete"] += ["Upgrade", "Connection", "Sec-Websocket-*"]
    return [ask, {"handler": "reverse_proxy", "upstreams": [{"dial": plan.web_socket}]}]


def to_portal(plan: Plan, *, buffered: bool) -> Json:
    said = {"X-Forwarded-For": ["{http.request.remote.host}"], "X-Forwarded-Proto": ["{http.request.scheme}"]}
    proxy: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"unix/{plan.portal_socket}"}],
        "load_balancing": {"try_duration": f"{RESTART_SECONDS}s", "try_interval": "100ms"},
        "headers": {"request": {"set": said, "delete": [*FOR_GUNICORN]}},
    }
    if not buffered:
        return proxy
    if plan.version >= BUFFERS_BY_SIZE:
        return proxy | {"request_buffers": LARGEST_BODY, "response_buffers": HELD_ANSWER}
    return proxy | {"buffer_requests": True, "max_buffer_size": LARGEST_BODY}


def redirect(plan: Plan) -> Json:
    host = urlsplit(plan.urls[0]).netloc
    if len(plan.urls) > 1:  # found by the addresses of its machine
        host = "{http.request.host}" + ("" if plan.port == 443 else f":{plan.port}")
    where = {"Location": [f"https://{host}{{http.request.uri}}"]}
    return {"handle": [{"handler": "static_response", "status_code": 308, "headers": where}]}


def resting(plan: Plan) -> Json:
    """In place of Caddy's empty answer where the portal does not answer."""
    return {
        "handler": "static_response",
        "status_code": "{http.error.status_code}",
        "headers": {
            "Content-Type": ["text/html; charset=utf-8"],
            "Cache-Control": ["no-store"],
            "Retry-After": ["5"],
            "Server": [],
        },
        "body": plan.resting_page,
    }


def certificates(plan: Plan) -> Json:
    if plan.certificate != Certificate.ACME:
        return {"certificates": {"load_files": [{"certificate": str(plan.chain), "key": str(plan.key)}]}}
    issuer: Json = {
        "module": "acme",
        "challenges": {"http": {"alternate_port": PLAIN_PORT}, "tls-alpn": {"alternate_port": plan.port}},
    }
    if plan.email:
        issuer["email"] = plan.email
    if plan.acme_directory:
        issuer["ca"] = plan.acme_directory
    if plan.acme_root:
        issuer["trusted_roots_pem_files"] = [plan.acme_root]
    return {
        "certificates": {"automate": [plan.name]},
        "automation": {
            "renew_interval": RENEW_CHECK,
            "policies": [{"subjects": [plan.name], "issuers": [issuer], "key_type": "p256"}],
        },
    }
