import os
from threading import BoundedSemaphore

from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.passwords.opaque_string import opaque_string

# A hash takes a core and 19 MiB for as long as it lasts. Each of the web server's two processes makes so many at once:
# of twenty who sign in together the last waits half a second, and everybody else's page waits for none of them.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
turn = BoundedSemaphore(AT_ONCE)


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with OWASP's second row (19 MiB, two passes, one lane).

    OWASP calls its rows equal in strength. The first (46 MiB, one pass) takes twice the time, half of it for fresh
    memory; Django's default takes eight times as much of the CPU.
    """

    time_cost = 2
    memory_cost = 19456
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with turn:
            return super().encode(opaque_string(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        with turn:
            return super().verify(opaque_string(password), encoded)
