"""An authenticator app, as a phone has it: RFC 6238 in the standard library."""

import hmac
import struct
import time
from base64 import b32decode
from hashlib import sha1

STEP = 30


def code(secret: str, steps: int = 0) -> str:
    """What the app shows now, or so many steps from now."""
    counter = struct.pack(">Q", int(time.time()) // STEP + steps)
    digest = hmac.new(b32decode(secret.replace(" ", "")), counter, sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
