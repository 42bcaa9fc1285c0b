"""A passkey, as a phone or a security key holds it: it signs what it is asked to, and lies where a test says so."""

import hashlib
import json
import os
import re
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.utils import websafe_encode

PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


def options_of(page: Any) -> dict[str, Any]:
    """What is to be signed, as the page says it to the browser."""
    found = re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page.content.decode(), re.DOTALL)
    said = json.loads(found[1] if found else page.content)
    options: dict[str, Any] = said["request_options"]["publicKey"]
    return options


@dataclass
class SoftPasskey:
    origin: str
    relying_party: str
    counter: int = 0
    more: dict[str, Any] = field(default_factory=dict)  # of what the browser says
    user_handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(16))

    def create(self, options: dict[str, Any]) -> str:
        self.user_handle = options["user"]["id"]
        length = struct.pack(">H", len(self.credential_id))
        x, y = self.key.public_key().public_numbers().x, self.key.public_key().public_numbers().y
        public = cbor.encode({1: 2, 3: -7, -1: 1, -2: x.to_bytes(32, "big"), -3: y.to_bytes(32, "big")})  # ES256
        data = self._head(PRESENT | VERIFIED | NEW) + bytes(16) + length + self.credential_id + public
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]), attestationObject=attestation
        )

    def get(self, options: dict[str, Any]) -> str:
        client_data, head = self._client_data("webauthn.get", options["challenge"]), self._head(PRESENT | VERIFIED)
        signature = self.key.sign(head + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._said(clientDataJSON=client_data, authenticatorData=head, signature=signature)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.more}
        return json.dumps(said).encode()

    def _head(self, flags: int) -> bytes:
        return hashlib.sha256(self.relying_party.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _said(self, **response: bytes) -> str:
        answer = {name: websafe_encode(value) for name, value in response.items()}
        key = websafe_encode(self.credential_id)
        held = {**answer, "userHandle": self.user_handle}
        return json.dumps(
            {"id": key, "rawId": key, "type": "public-key", "response": held, "clientExtensionResults": {}}
        )
