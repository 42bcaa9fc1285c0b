"""Certificates of an authority that nobody knows."""

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAYS = timedelta(days=90)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def builder(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool, lasting: timedelta = DAYS
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lasting)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )


@cache
def authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    return builder("Nobody's authority", "Nobody's authority", key, is_authority=True).sign(key, hashes.SHA256()), key


def made(
    name: str = "pbx.example.com",
    address: str = "127.0.0.1",
    encryption: KeySerializationEncryption | None = None,
    lasting: timedelta = DAYS,
) -> tuple[bytes, bytes]:
    """Chain and key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    root, root_key = authority()
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address(address))])
    issuer = "Nobody's authority"
    signed = builder(name, issuer, key, is_authority=False, lasting=lasting).add_extension(names, critical=False)
    chain = [signed.sign(root_key, hashes.SHA256()), root]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain), pem


def with_password() -> tuple[bytes, bytes]:
    return made(encryption=BestAvailableEncryption(b"secret"))
