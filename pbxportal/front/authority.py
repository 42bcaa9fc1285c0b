"""The portal's own small authority, for a network without a public name: a root to trust once, and what it signs."""

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from core import whole_file

ROOT_LIFE, LIFE = timedelta(days=3650), timedelta(days=397)  # browsers take none that is valid for longer
RENEWED_BEFORE = timedelta(days=60)
YESTERDAY = timedelta(days=1)  # clocks differ


ROOT, ROOT_KEY = "root.pem", "root_key.pem"


def root(folder: Path, company: str) -> Path:
    """The file of the root's certificate, made at the first call with its key beside it."""
    path = folder / ROOT
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{company[:40]} pbxportal root")])
        signed = (
            _builder(name, name, key.public_key(), ROOT_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        whole_file.write(folder / ROOT_KEY, _pem_of(key))
        whole_file.write(path, signed.public_bytes(serialization.Encoding.PEM))
    return path


def sign(folder: Path, names: Sequence[str], chain: Path, key_file: Path) -> bool:
    """Have a certificate for those names and addresses in the two files; whether a new one was made."""
    if is_good(chain, names) and key_file.exists():
        return False
    root_certificate = x509.load_pem_x509_certificate((folder / ROOT).read_bytes())
    root_key = serialization.load_pem_private_key((folder / ROOT_KEY).read_bytes(), None)
    if not isinstance(root_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / ROOT_KEY} was not made by the portal.")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    signed = (
        _builder(subject, root_certificate.subject, key.public_key(), LIFE)
        .add_extension(x509.SubjectAlternativeName([general_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_certificate.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    whole_file.write(key_file, _pem_of(key))
    pem = serialization.Encoding.PEM
    whole_file.write(chain, signed.public_bytes(pem) + root_certificate.public_bytes(pem))
    return True


def is_good(chain: Path, names: Sequence[str]) -> bool:
    """Whether it is for those names, and not about to end."""
    if not chain.exists():
        return False
    leaf = x509.load_pem_x509_certificate(chain.read_bytes())
    named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*map(general_name, names)} <= {*named} and leaf.not_valid_after_utc - RENEWED_BEFORE > datetime.now(UTC)


def general_name(said: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(said.strip("[]")))
    except ValueError:
        return x509.DNSName(said)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - YESTERDAY)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
