"""What a sign-in costs beside its hash, and what many at once cost everybody else."""

import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from django.conf import settings
from django.contrib.auth.hashers import check_password

from accounts.models import User
from tests.bench.browser import Browser
from tests.bench.server import Server
from tests.bench.table import Figures
from tests.people import PASSWORD, make_user

GROUP = "Signing in (people at once in place of extensions)"
AT_ONCE = 20
CROWDS = 5
IDLE_SECONDS = 2


def measure(rounds: int, figures: Figures, browser: Browser, server: Server, by: User) -> None:
    for _ in range(rounds):
        started = time.perf_counter()
        check_password(PASSWORD, by.password)
        figures.add(GROUP, "Argon2 alone, ms", 1, [1000 * (time.perf_counter() - started)])
    for _ in range(rounds):
        before = server.cpu_seconds()
        figures.add(GROUP, "sign-in: request, ms", 1, [sign_in(str(by.email))])
        figures.add(GROUP, "sign-in and its form: server CPU, ms", 1, [1000 * (server.cpu_seconds() - before)])
    people = [make_user(f"Crowd{place}") for place in range(AT_ONCE)]
    try:
        crowds(figures, browser, [str(each.email) for each in people])
    finally:
        User.objects.filter(pk__in=[each.pk for each in people]).delete()


def sign_in(email: str) -> float:
    """In milliseconds: of the request that holds the password."""
    return 1000 * Browser(settings.PORTAL_URL).sign_in(email, PASSWORD).seconds


def crowds(figures: Figures, browser: Browser, emails: list[str]) -> None:
    with ThreadPoolExecutor(len(emails) + 1) as pool:
        with pages(pool, browser) as alone:
            time.sleep(IDLE_SECONDS)
        figures.add(GROUP, "another's page: request, ms", 1, alone)
        with pages(pool, browser) as meanwhile:
            for _ in range(CROWDS):
                figures.add(GROUP, "sign-in: request, ms", len(emails), pool.map(sign_in, emails))
        figures.add(GROUP, "another's page: request, ms", len(emails), meanwhile)


@contextmanager
def pages(pool: Executor, browser: Browser) -> Iterator[list[float]]:
    """One after the other, as long as the block lasts; then how long each took is in the list."""
    over, taken = Event(), list[float]()

    def ask() -> None:
        while not over.is_set():
            taken.append(1000 * browser.get("/extensions/").seconds)

    asking = pool.submit(ask)
    try:
        yield taken
    finally:
        over.set()
    asking.result()
