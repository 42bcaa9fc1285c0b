"""What is measured at one size: each operation, round by round. Failed where one does not do its work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import call_command

from accounts.models import Organization, User
from asterisk.models import ApplyRun
from core.random_text import random_text
from extensions.models import SipExtension
from tests.bench import filling
from tests.bench.browser import Browser
from tests.bench.bystander import Bystander
from tests.bench.reloads import Reloads
from tests.bench.server import Server
from tests.bench.surroundings import Failed
from tests.bench.table import Figures
from tests.node import apply
from tests.phones import rtp
from tests.phones.phone import Phone

PASSWORD = "Save and Apply: a new registration password"
NAME = "Save and Apply: a new name"
ADDED = "Save and Apply: a new extension"
PAGES = "Pages"
DEPARTMENTS = 1_000
# What the list is narrowed down by, and its orders.
LISTS = {
    "by caller ID": "sort=caller_id",
    "by mobile number": "sort=mobile",
    "by role": "sort=role",
    "last of all pages": "page=last",
    "enabled": "enabled=yes",
    "disabled": "enabled=no",
    "with voicemail, by name": "voicemail=yes&sort=name",
    "without voicemail": "voicemail=no",
    "without a role": "role=none",
    "unapplied": "unapplied=yes",
    "without an e-mail address": "email=no",
    "without a password": "password=no",
    "with a phone": "registration=registered",
    "without a phone": "registration=offline",
    "whose phone fails to register": "registration=failing",
    "several filters, by name": "enabled=yes&voicemail=yes&password=no&registration=offline&sort=-name",
}
BULK = "Many at once"
MANY = 1_000
OTHERS = "Another phone"
VOICEMAIL = "Voicemail"
MESSAGES = 5
TONE_SECONDS = 1
PATIENCE_SECONDS = 10
IDLE_SECONDS = 3
ADDED_ASIDE = 5
WARMING = 3


@dataclass(frozen=True)
class Site:
    size: int
    rounds: int
    figures: Figures
    browser: Browser
    server: Server
    extensions: list[SipExtension]

    def note(self, group: str, measure: str, *values: float) -> None:
        self.figures.add(group, measure, self.size, values)

    @contextmanager
    def timed_cpu(self, group: str, measure: str) -> Iterator[None]:
        before = self.server.cpu_seconds()
        yield
        self.note(group, measure, 1000 * (self.server.cpu_seconds() - before))

    # --- pages ---

    def pages(self) -> None:
        middle = self.extensions[self.size // 2]
        shown = [each.number for each in self.extensions[:25]]
        for name, path in {
            "list, first page": "/extensions/",
            "list, last page": "/extensions/?sort=-number",
            "list, by name": "/extensions/?sort=name",
            "list, search with one hit": f"/extensions/?q={middle.user.email}",
            "list, search with many hits": f"/extensions/?{urlencode({'q': middle.user.first_name})}",
            "list, search without a hit": "/extensions/?q=nobody-of-this-name",
            **{f"list, {name}": f"/extensions/?{query}" for name, query in LISTS.items()},
            "search in the header": f"/search/?{urlencode({'q': middle.user.first_name})}",
            "people without an extension": "/extensions/people/",
            "poll of a list's states": f"/extensions/status/?{urlencode({'n': shown}, doseq=True)}",
            "poll of the header": "/pbx/?next=/extensions/",
            "Add": "/extensions/add/",
            "Edit": f"/extensions/{middle.number}/edit/",
            "extension": f"/extensions/{middle.number}/",
        }.items():
            self._page(name, path)

    def departments(self) -> None:
        company = Organization.company()
        with filling.departments(DEPARTMENTS) as one:
            for name, path in {
                "tree": "/organizations/",
                "one": f"/organizations/{one.pk}/",
                "form to move one": f"/organizations/{one.pk}/move/",
                "Add an extension": "/extensions/add/",
                "extensions of one": f"/extensions/?organization={one.pk}",
                "extensions of the company": f"/extensions/?organization={company.pk}&below=yes",
            }.items():
                self._page(f"{DEPARTMENTS:,} departments, {name}", path)

    def _page(self, name: str, path: str) -> None:
        for _ in range(WARMING):
            self.browser.get(path)
        for _ in range(self.rounds):
            with self.timed_cpu(PAGES, f"{name}: server CPU, ms"):
                self.note(PAGES, f"{name}: request, ms", 1000 * self.browser.get(path).seconds)

    # --- Save and Apply ---

    def _save_and_apply(self, group: str, path: str, typed: dict[str, str], phone: Phone | None = None) -> None:
        """Takes the form of that page, types, presses the button, and registers at once."""
        fields = self.browser.form(path, "first_name")
        fields |= {name: [text] for name, text in {**typed, "then": "apply"}.items()}
        with self.timed_cpu(group, "server CPU, ms"):
            answer = self.browser.post(path, fields)
            tries = until_registered(phone) if phone else 0
            waited = time.perf_counter() - answer.ended
            self.note(group, "request, ms", 1000 * answer.seconds)
        if phone:
            self.note(group, "from its end until REGISTER 200, ms", 1000 * waited)
            self.note(group, "REGISTERs until then", tries)
        run = ApplyRun.objects.first()
        if not run or run.outcome != ApplyRun.Outcome.PROVED:
            raise Failed(f"{group}: {run}, expected proved")

    def new_passwords(self) -> None:
        extension = self.extensions[0]
        path = f"/extensions/{extension.number}/edit/"
        with Reloads() as reloads, phone_of(extension) as desk, phone_of(extension) as stranger:
            expect(desk, 200)
            for _ in range(self.rounds):
                stranger.line.password, desk.line.password = desk.line.password, random_text(20)
                self._save_and_apply(PASSWORD, path, {"registration_password": desk.line.password}, desk)
                expect(stranger, 401)
            desk.unregister()
            self._expect_no_reload(PASSWORD, reloads)

    def messages(self) -> None:
        """All have a mailbox. Two seconds after the tone the caller hangs up; then the light is waited for."""
        with phone_of(self.extensions[0]) as caller, phone_of(self.extensions[1]) as owner:
            expect(caller, 200)
            expect(owner, 200)
            for _ in range(MESSAGES):
                call = caller.call(f"*12{owner.number}")
                call.wait_answered()
                call.press("#")  # to the tone at once
                time.sleep(TONE_SECONDS)
                call.say(rtp.tone(440) * 3)
                dark, started = owner.light, time.perf_counter()
                call.hangup()
                until(lambda: owner.light != dark, f"No light of {owner.number}")  # noqa: B023 (asked at once)
                self.note(VOICEMAIL, "from the end of a message until the phone's light, ms", 1000 * since(started))
            for phone in (caller, owner):
                phone.unregister()

    def new_names(self) -> None:
        path = f"/extensions/{self.extensions[1].number}/edit/"
        with Reloads() as reloads:
            for place in range(self.rounds):
                self._save_and_apply(NAME, path, {"first_name": f"Name {place}"})
            self._expect_no_reload(NAME, reloads)

    def _expect_no_reload(self, group: str, reloads: Reloads) -> None:
        heard = reloads.heard()
        self.note(group, "reloads in all rounds", heard)
        if heard:
            raise Failed(f"{group}: Asterisk reloaded {heard} times, expected never")

    def new_extensions(self, places: range) -> None:
        with Reloads() as reloads:
            for place in places:
                self._new_extension(place)
            self._expect_no_reload(ADDED, reloads)

    # --- many at once ---

    def import_of_many(self, by: User) -> None:
        """Saved in bulk, as no page does it; applied and proved as ever."""
        first = int(self.extensions[-1].number) + 1 + 1_000
        started = time.perf_counter()
        added = filling.fill(MANY, by, first)
        saved = time.perf_counter()
        applied([each.number for each in added], by)
        self.note(BULK, f"{MANY:,} more: saved, s", saved - started)
        self.note(BULK, f"{MANY:,} more: applied and proved, s", time.perf_counter() - saved)

    def check(self) -> None:
        started = time.perf_counter()
        call_command("check_engine", stdout=StringIO())
        self.note(BULK, "check_engine: all of them against wish and Asterisk, s", time.perf_counter() - started)

    def _new_extension(self, place: int) -> None:
        number, name, password = str(self._free(place)), random_text(10), random_text(20)
        typed = {
            "first_name": "New",
            "last_name": f"Person {place}",
            "number": number,
            "registration_name": name,
            "registration_password": password,
        }
        with new_phone(number, name, password) as phone:
            self._save_and_apply(ADDED, "/extensions/add/", typed, phone)
            phone.unregister()

    def _free(self, place: int) -> int:
        return int(self.extensions[-1].number) + 1 + place

    # --- everybody else ---

    def others(self, by: User) -> None:
        """Comes last: it adds extensions that no other figure is to see."""
        aside = replace(self, figures=Figures())
        added = range(self.rounds, self.rounds + ADDED_ASIDE)
        self._other("while nothing is applied", lambda: time.sleep(IDLE_SECONDS))
        self._other("while passwords are applied in a loop", aside.new_passwords)
        self._other("while extensions are added in a loop", lambda: aside.new_extensions(added))
        self._other(f"while {MANY:,} are applied at once", lambda: self.import_of_many(by))

    def _other(self, measure: str, meanwhile: Callable[[], None]) -> None:
        with bystander(self.extensions[2]) as other:
            meanwhile()
        self.note(OTHERS, f"REGISTER, both of its messages, {measure}, ms", *(1000 * each for each in other.seconds))
        self.note(OTHERS, f"OPTIONS, {measure}, ms", *(1000 * each for each in other.options))


def applied(numbers: list[str], by: User) -> None:
    run = apply(numbers, by)
    if run.outcome != ApplyRun.Outcome.PROVED:
        raise Failed(f"Apply of {len(numbers)} extensions: {run.outcome}, {run.explanation_text}")


def new_phone(number: str, name: str, password: str) -> Phone:
    return Phone(number, name, password, ("127.0.0.1", settings.SIP_PORT))


def phone_of(extension: SipExtension) -> Phone:
    extension.refresh_from_db()
    return new_phone(extension.number, extension.registration_name, extension.registration_password)


def bystander(extension: SipExtension) -> Bystander:
    return Bystander(extension.number, extension.registration_name, extension.registration_password, settings.SIP_PORT)


def expect(phone: Phone, wanted: int) -> None:
    status = phone.register()
    if status != wanted:
        raise Failed(f"REGISTER of {phone.number}: {status}, expected {wanted}")


def since(started: float) -> float:
    return time.perf_counter() - started


def until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise Failed(otherwise)
        time.sleep(0.002)


def until_registered(phone: Phone) -> int:
    """How many REGISTERs it took, one right after the other."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    tries = 1
    while (status := phone.register()) != 200:
        tries += 1
        if time.monotonic() > deadline:
            raise Failed(f"REGISTER of {phone.number}: {status} for {PATIENCE_SECONDS} s, expected 200")
    return tries
