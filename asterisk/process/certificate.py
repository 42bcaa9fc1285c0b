"""The certificate of SIP over TLS: taken over when the portal has got or renewed one.

Chain and key are one file, so that no moment, and no power cut, leaves a key beside another's certificate. Asterisk
reads it for new connections from its reload on; those that are open or being opened, with their calls and
registrations, go on.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from django.utils.translation import gettext

from asterisk import nodes
from asterisk.ami.client import connected
from asterisk.live import watching
from asterisk.nodes import Node
from asterisk.process import transports
from core import file_lock, whole_file
from core.coded_text import CodedText


class CertificateError(ValueError):
    """What Asterisk could not use: what was there before stays. Its text is coded, as a PbxError's."""


@dataclass(frozen=True)
class Certificate:
    names: tuple[str, ...]
    until: datetime

    def is_good_for(self, host: str) -> bool:
        """Whether a phone that looks at it would go on, now: a star stands for the first part of a name."""
        wanted = host.strip("[]").lower()
        names = {each.lower() for each in self.names}
        return self.until > datetime.now(UTC) and not names.isdisjoint((wanted, f"*.{wanted.partition('.')[2]}"))


def install(chain: bytes, key: bytes, node: Node | None = None) -> bool:
    """Whether it is another than before. Raises CertificateError, and OSError where it cannot be written.

    `chain` and `key`: as PEM, the certificate of this machine first. Asterisk takes it at its next start, or by `take`.
    """
    node = node or nodes.from_settings()
    path = transports.certificate(node)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    both = chain.rstrip() + b"\n" + key.rstrip() + b"\n"
    with file_lock.acquire(path.with_suffix(".lock")):
        if path.exists() and path.read_bytes() == both:
            return False
        draft = path.with_suffix(".new")
        whole_file.write(draft, both, lasting=True)
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(draft, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            draft.unlink()
            raise CertificateError(CodedText("certificate.unusable", error=error)) from error
        draft.replace(path)
        transports.write(node)
    return True


def take(node: Node | None = None) -> None:
    """Have Asterisk show it from now on. Raises AmiError where it does not answer, as while it starts."""
    node = node or nodes.from_settings()
    with connected(node) as ami:
        watching.reload(node, ami)


def installed(node: Node | None = None) -> Certificate | None:
    """That of this machine, as Asterisk has it; None where there is none."""
    try:
        found = x509.load_pem_x509_certificate(transports.certificate(node or nodes.from_settings()).read_bytes())
    except (OSError, ValueError):
        return None
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Certificate((), found.not_valid_after_utc)
    every = (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))
    return Certificate(every, found.not_valid_after_utc)


def _no_password() -> bytes:
    raise ValueError(gettext("the key is protected by a password"))
