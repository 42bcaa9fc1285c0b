"""Which certificate the portal has, for which names and until when, and how the last try for one went."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from django.conf import settings

from accounts.models import Organization
from core.https import Certificate
from pbxportal import portal_address
from pbxportal.front import authority
from pbxportal.portal_address import Address

REFUSED = "could not get certificate from issuer"  # as Caddy logs it
WARN_BEFORE = timedelta(days=14)
READ_AT_ONCE = 200_000  # bytes of the log's end


@dataclass(frozen=True)
class Pair:
    """Chain, that of this machine first, and key, both as PEM."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class Held:
    names: tuple[str, ...]
    since: datetime
    until: datetime
    issuer: str


@dataclass(frozen=True)
class FailedTry:
    at: datetime
    error: str


def folder() -> Path:
    return Path(settings.VAR) / "front"


def pair(address: Address) -> Pair | None:
    """None where there is none yet, or where all is plain HTTP."""
    match address.certificate:
        case Certificate.NONE:
            return None
        case Certificate.ACME:
            return newest(folder() / "certificates/certificates", name_of(address))
        case Certificate.AUTHORITY:
            return Pair(folder() / "authority/chain.pem", folder() / "authority/key.pem")
        case Certificate.FILES:
            if settings.HTTPS_CERTIFICATE:
                return Pair(Path(settings.HTTPS_CERTIFICATE), Path(settings.HTTPS_KEY))
            return own_files()


def own_files() -> Pair:
    """Those that were pasted into the page."""
    return Pair(folder() / "files/chain.pem", folder() / "files/key.pem")


def root_fingerprint() -> str:
    """SHA-256 of the root of our own authority, as browsers show it; "" where there is none yet."""
    with suppress(OSError, ValueError):
        root = x509.load_pem_x509_certificate((folder() / "authority" / authority.ROOT).read_bytes())
        return root.fingerprint(hashes.SHA256()).hex(":").upper()
    return ""


def covers(held: "Held", name: str) -> bool:
    wild = f"*.{name.partition('.')[2]}"
    return name.strip("[]") in held.names or wild in held.names


def newest(certificates: Path, name: str) -> Pair | None:
    """Of those that Caddy has got, in a folder for each authority."""
    found = sorted(certificates.glob(f"*/{name}/{name}.crt"), key=lambda each: each.stat().st_mtime)
    return Pair(found[-1], found[-1].with_suffix(".key")) if found else None


def name_of(address: Address) -> str:
    return (urlsplit(address.urls[0]).hostname or "").strip("[]")


def names_to_sign(address: Address) -> list[str]:
    """All by which the portal is reached: that is also for what phones of the network type."""
    host, _ = portal_address.listening(address.bind)
    found = [name_of(address), *portal_address.own_addresses(host), "127.0.0.1", "localhost"]
    return list(dict.fromkeys(found))


def prepare(address: Address) -> bool:
    """Have what the authority of ours signs; whether it signed anew."""
    if address.certificate != Certificate.AUTHORITY:
        return False
    authority.root(folder() / "authority", Organization.company_name())
    files = pair(address)
    return files is not None and authority.sign(folder() / "authority", names_to_sign(address), files.chain, files.key)


def held(address: Address) -> Held | None:
    """None where there is none, or where it cannot be read."""
    files = pair(address)
    with suppress(OSError, ValueError):
        return read(files.chain.read_bytes()) if files else None
    return None


def read(chain: bytes) -> Held:
    """Raises ValueError where that is no certificate."""
    leaf = x509.load_pem_x509_certificate(chain)
    names: list[str] = []
    with suppress(x509.ExtensionNotFound):
        every = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*every.get_values_for_type(x509.DNSName), *map(str, every.get_values_for_type(x509.IPAddress))]
    issuer = [
        str(each.value)
        for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        for each in leaf.issuer.get_attributes_for_oid(kind)
    ]
    return Held(tuple(names), leaf.not_valid_before_utc, leaf.not_valid_after_utc, " ".join(issuer))


def failed_try(address: Address) -> FailedTry | None:
    """The last one to get or renew a certificate by ACME, unless it got one since."""
    failed = None
    for line in log_lines():
        if line.get("logger") not in ("tls.obtain", "tls.renew") or line.get("identifier") != name_of(address):
            continue
        if line.get("msg") == REFUSED and "context canceled" not in str(line.get("error")):
            failed = FailedTry(datetime.fromtimestamp(line["ts"], UTC), str(line["error"]))
        elif "successfully" in line.get("msg", ""):
            failed = None
    return failed


def log_lines() -> Iterator[dict[str, Any]]:
    with suppress(OSError), (Path(settings.VAR) / "log/front.log").open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - READ_AT_ONCE))
        for line in file:
            with suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict):
                    yield found
