"""What a sign-in costs beside its hash, and what many at once cost everybody else."""

import time
from concurrent.futures import ThreadPoolExecutor
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
    people = [make_user(f"Person{place}") for place in range(AT_ONCE)]
    try:
        crowds(figures, browser, [str(each.email) for each in people])
    finally:
        User.objects.filter(pk__in=[each.pk for each in people]).delete()


def sign_in(email: str) -> float:
    """In milliseconds: of the request that holds the password."""
    return 1000 * Browser(settings.PORTAL_URL).sign_in(email, PASSWORD).seconds


def crowds(figures: Figures, browser: Browser, emails: list[str]) -> None:
    with ThreadPoolExecutor(len(emails) + 1) as pool:
        over = Event()
        alone = pool.submit(pages, browser, over)
        time.sleep(IDLE_SECONDS)
        over.set()
        figures.add(GROUP, "another's page: request, ms", 1, alone.result())
        over = Event()
        meanwhile = pool.submit(pages, browser, over)
        for _ in range(CROWDS):
            figures.add(GROUP, "sign-in: request, ms", len(emails), pool.map(sign_in, emails))
        over.set()
        figures.add(GROUP, "another's page: request, ms", len(emails), meanwhile.result())


def pages(browser: Browser, over: Event) -> list[float]:
    """How long each took, one after the other."""
    taken = []
    while not over.is_set():
        taken.append(1000 * browser.get("/extensions/").seconds)
    return taken
