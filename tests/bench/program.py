"""The bench from its first size to its last: fill, apply, start, measure. Django is set up when this is imported."""

import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from accounts.models import User
from asterisk.models import BlockedAddress
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from asterisk.process.fetch import Program, find_or_fetch
from core.debian import NotAvailableError
from extensions.models import SipExtension
from pbxportal.front.program import find_or_fetch as find_caddy
from pbxportal.front.server import Front
from tests.bench import attack, crowd, filling, log, process, signing_in, spreadsheets
from tests.bench.browser import Browser
from tests.bench.calls import measure as calls
from tests.bench.server import Server, serving, serving_behind
from tests.bench.site import Site, applied, bystander
from tests.bench.surroundings import Failed
from tests.bench.table import Figures
from tests.node import apply
from tests.people import PASSWORD, make_extension, make_user

Part = Callable[[int, Figures, Browser, Server, User], None]

PBX = "The PBX"
STARTS = 3
BOOT_SECONDS = 120
BESIDE_A_CROWD = 100
MOST = 100_000


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 (progress of a program)


def measure(sizes: list[int], rounds: int) -> str:
    """The whole report."""
    program = asterisk_program()
    figures = Figures()
    with serving() as server, Embedded(program, from_settings()) as pbx:
        ada = make_user("Ada", role="super_administrator")
        browser = Browser(settings.PORTAL_URL)
        for size in sizes:
            started = time.monotonic()
            extensions = prepared(size, figures, pbx, ada)
            browser = Browser(settings.PORTAL_URL)
            browser.sign_in("ada@example.com", PASSWORD)  # who proved it minutes ago would be asked again
            measure_site(Site(size, rounds, figures, browser, server, extensions), ada)
            say(f"{size:,} extensions: {time.monotonic() - started:.0f} s")
        signing_in.measure(rounds, figures, browser, server, ada)
        measure_log(rounds, figures, browser, server, ada)
    return f"{machine(program.version)}\n\n{figures}"


def asterisk_program() -> Program:
    try:
        return find_or_fetch(settings.BASE_DIR / "var" / "asterisk-program", say)
    except NotAvailableError as error:
        raise Failed(f"No Asterisk to measure. {error}") from error


def measure_attack(seconds: float) -> str:
    """What others' phones notice of an attacker."""
    found = asterisk_program()
    with serving(), Embedded(found, from_settings()):
        extension = make_extension("9999")
        apply([extension.number], None)

        def during() -> tuple[list[float], list[float]]:
            with bystander(extension) as phone:
                time.sleep(seconds)
            return phone.seconds, phone.options

        report = attack.measure(settings.SIP_PORT, during, seconds)
        blocked = BlockedAddress.objects.in_force().values_list("network", flat=True)
        return f"{machine(found.version)}\n\n{report}\nBlocked: {', '.join(blocked) or 'nobody'}"


def measure_calls(sizes: list[int] | None, a_second: float, seconds: float) -> str:
    """What the dial plan costs calls outside."""
    found = asterisk_program()
    with serving(), Embedded(found, from_settings()) as pbx:
        ada = make_user("Ada", role="super_administrator")
        report = calls.measure(pbx, ada, sizes or calls.SIZES, calls.Pace(a_second, seconds), say)
        return f"{machine(found.version)}\n\n{report}"


def measure_spreadsheets() -> str:
    found = asterisk_program()
    figures = Figures()
    with serving(), Embedded(found, from_settings()):
        ada = make_user("Ada", role="super_administrator")
        spreadsheets.measure(figures, ada, say)
    spreadsheets.exported(figures, ada, say)
    return f"{machine(found.version)}\n\n{figures}"


def measure_crowd(seconds: float) -> str:
    """What pages notice of connections that only wait."""
    found = asterisk_program()
    front = Front(find_caddy(settings.BASE_DIR / "var" / "caddy-program", say))
    with serving_behind(front), Embedded(found, from_settings()):
        ada = make_user("Ada", role="super_administrator")
        filling.fill(BESIDE_A_CROWD, ada)
        browser = Browser(settings.PORTAL_URL)
        browser.sign_in("ada@example.com", PASSWORD)
        report = crowd.measure(settings.PORTAL_PORT, browser, browser.cookie(settings.SESSION_COOKIE_NAME), seconds)
        return f"{machine(found.version)}\n\n{report}"


def measure_without_pbx(rounds: int, *parts: Part) -> str:
    """Parts of the report that need no Asterisk."""
    figures = Figures()
    with serving() as server:
        ada = make_user("Ada", role="super_administrator")
        browser = Browser(settings.PORTAL_URL)
        browser.sign_in("ada@example.com", PASSWORD)
        for part in parts:
            part(rounds, figures, browser, server, ada)
    return f"{machine('not run')}\n\n{figures}"


def measure_list(rounds: int, figures: Figures, browser: Browser, server: Server, by: User) -> None:
    """The list and the tree of departments, without phones."""
    started = time.monotonic()
    extensions = filling.fill(MOST, by)
    site = Site(MOST, rounds, figures, browser, server, extensions)
    site.pages()
    site.departments()
    say(f"{MOST:,} extensions: {time.monotonic() - started:.0f} s")


def measure_log(rounds: int, figures: Figures, browser: Browser, server: Server, by: User) -> None:
    for size in log.SIZES:
        started = time.monotonic()
        log.measure(size, rounds, figures, browser, server, by)
        say(f"{size:,} rows of the log: {time.monotonic() - started:.0f} s")


def machine(asterisk: str) -> str:
    cores = len(os.sched_getaffinity(0))
    database = f"SQLite {sqlite3.sqlite_version}"
    if connection.vendor == "postgresql":
        database = f"PostgreSQL {getattr(connection, 'pg_version', 0) // 10_000}, without fsync"
    return f"{cores} cores, Python {platform.python_version()}, {database}, Asterisk {asterisk}"


def prepared(size: int, figures: Figures, pbx: Embedded, by: User) -> list[SipExtension]:
    pbx.stop()
    filling.empty(by)
    pbx.start()
    extensions = filling.fill(size, by)
    figures.add(PBX, "Apply of all of them, s", size, [seconds_to_apply(extensions, by)])
    for _ in range(STARTS):
        pbx.stop()
        started = time.perf_counter()
        pbx.start(BOOT_SECONDS)
        figures.add(PBX, "start until fully booted, s", size, [time.perf_counter() - started])
        assert pbx.process
        figures.add(PBX, "memory after the start, MB", size, [process.memory_bytes(pbx.process.pid) / 1e6])
    os.sync()  # or the disk is still busy with what was filled when the first operation is measured
    return extensions


def seconds_to_apply(extensions: list[SipExtension], by: User) -> float:
    started = time.perf_counter()
    applied([extension.number for extension in extensions], by)
    return time.perf_counter() - started


def measure_site(site: Site, by: User) -> None:
    site.pages()
    site.departments()
    site.new_passwords()
    site.new_names()
    site.messages()
    site.new_extensions(range(site.rounds))
    site.check()
    site.others(by)
