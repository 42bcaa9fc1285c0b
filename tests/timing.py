"""Whether the time of an answer tells if there is such an account: `python -m tests.timing`.

At the portal's real web server, pairs of requests for a known and an unknown address, in turns. Were the two of a pair
exchanged by chance, how often would the median of their differences be as large as it was? That share is p.
"""

import http.client
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from urllib.parse import urlencode, urlsplit

import django

from tests.bench import surroundings

PAIRS, WARM, SHUFFLES = 200, 3, 10_000
TOLD_APART = 0.01
chance = random.Random(5)
Ask = Callable[[str], float]


def addresses() -> Iterator[str]:
    """Another for each request, so that no limit stops them."""
    for n in count():
        yield f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


class Door:
    """A form that anybody may post."""

    def __init__(self, url: str, path: str, field: str, **more: str) -> None:
        self.place, self.path, self.field, self.more = urlsplit(url), path, field, more
        self.client = addresses()

    def __call__(self, email: str) -> float:
        """Seconds until the answer is there."""
        line = http.client.HTTPConnection(self.place.hostname or "", self.place.port or 80)
        line.request("GET", self.path)
        page = line.getresponse()
        found = re.search('name="csrfmiddlewaretoken" value="(.*?)"', page.read().decode())
        cookie = re.match("[^;]+", page.headers["Set-Cookie"])
        assert found
        assert cookie
        body = urlencode({"csrfmiddlewaretoken": found[1], self.field: email, **self.more})
        headers = {
            "Cookie": cookie[0],
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": next(self.client),
        }
        started = time.perf_counter()
        line.request("POST", self.path, body, headers)
        answer = line.getresponse()
        answer.read()
        taken = time.perf_counter() - started
        line.close()
        if answer.status != 200:
            raise surroundings.Failed(f"{self.path} answers {answer.status}")
        return taken


def pairs(ask: Ask, known: list[str]) -> tuple[list[float], list[float]]:
    there: list[float] = []
    not_there: list[float] = []
    for n, email in enumerate(known):
        turns = [(there, email), (not_there, f"stranger{n}@example.com")]
        chance.shuffle(turns)
        for taken, each in turns:
            taken.append(1000 * ask(each))
    return there[WARM:], not_there[WARM:]


def likelihood(there: list[float], not_there: list[float]) -> float:
    differences = [a - b for a, b in zip(there, not_there, strict=True)]
    seen = abs(statistics.median(differences))
    larger = sum(
        abs(statistics.median([each * chance.choice((1, -1)) for each in differences])) >= seen for _ in range(SHUFFLES)
    )
    return (larger + 1) / (SHUFFLES + 1)


def line_of(name: str, there: list[float], not_there: list[float]) -> tuple[str, bool]:
    p = likelihood(there, not_there)
    medians = f"known {statistics.median(there):.2f} ms, unknown {statistics.median(not_there):.2f} ms"
    words = "TOLD APART" if p < TOLD_APART else "cannot be told apart"
    return f"{name}: {medians} (medians of {len(there)} pairs), p = {p:.3f}: {words}", p < TOLD_APART


def measure() -> int:
    from django.conf import settings
    from django.contrib.auth.hashers import make_password

    from accounts.models import User
    from core.preferences.models import Preferences
    from tests.bench.server import serving

    with serving():
        Preferences.objects.update(mail_host="mail.example.com")
        hashed = make_password("Correct7Horse9Staple")
        known = [f"person{n}@example.com" for n in range(PAIRS + WARM)]
        User.objects.bulk_create(User(first_name="Person", email=each, password=hashed) for each in known)
        doors = {
            "Sign-in with a wrong password": Door(settings.PORTAL_URL, "/sign-in/", "login", password="wrong"),
            "Forgotten password": Door(settings.PORTAL_URL, "/password/", "email"),
        }
        told_apart = False
        for name, door in doors.items():
            line, apart = line_of(name, *pairs(door, known))
            sys.stdout.write(f"{line}\n")
            told_apart |= apart
    return int(told_apart)


def main() -> int:
    """1 where they can be told apart."""
    with surroundings.own():
        os.environ["BEHIND_PROXY"] = "True"
        django.setup()
        return measure()


if __name__ == "__main__":
    raise SystemExit(main())
