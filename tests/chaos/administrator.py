"""One of those who sign in, change extensions and believe what the pages say."""

import random
import re
import time
from collections.abc import Callable, Sequence
from itertools import count
from threading import Event, Lock, Thread

from asterisk.ami.client import AmiError
from asterisk.readback import proof
from tests.bench.page import Fields, form_with
from tests.chaos.browser import Browser, NoAnswerError, Page
from tests.chaos.journal import ENABLED, LIED, NAME, REFUSED, UNEXPECTED, Attempt, Failure, Journal
from tests.chaos.phones import Desk, Spare
from tests.chaos.site import SIGNALS, SUPERVISOR, WEB_SERVER, WEB_WORKER
from tests.node import connected
from tests.people import PASSWORD

PROVED = "Verified: Asterisk has all"
NOT_APPLIED = "The change was not applied"
LOST_TABLE = "table was replaced"
REMOVED = "Phone removed."
NOT_RESPONDING = 502
OF_PORTAL = (SUPERVISOR, WEB_SERVER, WEB_WORKER)
BUSY_TABLE = ("The PBX's table", "The PBX's file")  # an apply that names these is right while they are lost or full
PAUSE = (0.1, 1.0)
READ_SECONDS = 60
EXCUSE_SECONDS = 30  # so long after a fault a page may speak of it
ASK_SECONDS = 60
READ = ("/extensions/", "/history/", "/review/", "/history/check/", "/log/", "/pbx/?next=/extensions/")


class Administrator(Thread):
    new_numbers = count(1100)
    removing = Lock()

    def __init__(
        self, name: str, email: str, numbers: Sequence[str], spare: Spare, journal: Journal, seed: str
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.email, self.numbers, self.spare, self.journal = email, numbers, spare, journal
        self.chance = random.Random(seed)
        self.over = Event()
        self.browser = Browser(spare.portal)
        self.signed_in = False
        self.unread = ""
        self.values = count(1)
        self.desks: list[Desk] = []
        self.deeds: dict[Callable[[], None], int] = {
            self.saves: 20,
            self.saves_and_applies: 35,
            self.toggles: 15,
            self.reviews: 14,
            self.reads: 6,
            self.removes_a_phone: 6,
            self.adds: 4,
        }

    def run(self) -> None:
        while not self.over.is_set():
            try:
                if self._is_ready():
                    self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]()
            except NoAnswerError:
                self.journal.count("no answer at all")
            except Exception as error:  # reported as what it is, and the others go on
                self.journal.fail(UNEXPECTED, f"{self.name}", f"this program: {error!r}")
            self.over.wait(self.chance.uniform(*PAUSE))

    def _is_ready(self) -> bool:
        if not self.signed_in:
            self.browser = Browser(self.spare.portal)
            self.signed_in = self.browser.sign_in(self.email, PASSWORD)
        elif self.unread:  # what it says is about what was done before
            page = self._get(self.unread)
            self.unread = "" if page and page.status == 200 else self.unread
        return self.signed_in and not self.unread

    # --- asking, and what is to be thought of an answer ---

    def _get(self, path: str) -> Page | None:
        """None where it is no page to go on with."""
        page = self.browser.get(path)
        self._judge(page, "")
        return page if page.status == 200 else None

    def _judge(self, page: Page, done: str) -> None:
        done = f"{self.name}: {page.asked} {done}".strip()
        self._judge_header(page, done)
        self._judge_sign_in(page, done)
        if page.status in (200, 302, 409):
            return
        if page.status == 503:
            self._judge_unavailable(page, done)
        elif page.status == NOT_RESPONDING:
            self._judge_not_responding(page, done)
        elif page.status == 400:
            self.journal.fail(LIED, f"{done}, which is well-formed", str(page))
        else:
            self.journal.fail(UNEXPECTED, done, str(page))

    def _judge_unavailable(self, page: Page, done: str) -> None:
        if NOT_APPLIED in page.words:
            rightly = page.said.startswith(BUSY_TABLE) and self._excused("engine", "disk")
            self.journal.count("refused for the table or the disk" if rightly else "refused")
            if not rightly:
                self.journal.refused_pages.append(Failure(REFUSED, self.journal.now, done, f"503 {page.said}"))
        else:
            self.journal.count("503 of the database")
            if not self._excused():
                self.journal.fail(UNEXPECTED, f"{done}, no fault for {EXCUSE_SECONDS} s", str(page))

    def _judge_not_responding(self, page: Page, done: str) -> None:
        """Of the server in front, in place of a portal that was killed over the request."""
        self.journal.count("502 for a portal that was ended")
        if not self._excused(*(f"{number.name} {target}" for number in SIGNALS for target in OF_PORTAL)):
            self.journal.fail(UNEXPECTED, f"{done}, the portal not ended for {EXCUSE_SECONDS} s", str(page))

    def _judge_header(self, page: Page, done: str) -> None:
        said = " | ".join(filter(None, (page.header, page.messages, page.panel)))
        if LOST_TABLE in said and not self._excused("engine", "disk"):
            self.journal.fail(LIED, f"{done}, no table was lost for {EXCUSE_SECONDS} s", said)

    def _judge_sign_in(self, page: Page, done: str) -> None:
        if page.location.startswith("/sign-in/"):
            self.signed_in = False
            self.journal.fail(UNEXPECTED, f"{done}, signed in", f"{page.status} to {page.location}: signed out")

    def _excused(self, *beginnings: str) -> bool:
        return self.journal.since_fault(*beginnings) < EXCUSE_SECONDS

    def _posted(self, path: str, fields: Fields, attempt: Attempt) -> Page:
        """What the answer says of the attempt is written into it."""
        page = self.browser.post(path, fields)
        attempt.told = f"{page.status} {page.location}"
        if page.status != NOT_RESPONDING:
            attempt.ended = self.journal.now
        self._judge(page, f"{attempt.field}={attempt.value}")
        saved = page.status == 302 and page.location.startswith(("/extensions/", "/review/"))
        if saved or (page.status == 503 and NOT_APPLIED in page.words):
            attempt.acknowledged = True
            self.journal.count("changes acknowledged")
        elif page.status in (409, 422):
            self.journal.forget(attempt)
            self.journal.count(f"refused by the form ({page.status})")
        return page

    def _followed(self, page: Page) -> Page | None:
        """The page that a post leads to; kept in mind where it cannot be had now, as it would speak of this later."""
        self.unread = page.location
        until = time.monotonic() + READ_SECONDS
        while time.monotonic() < until:
            try:
                found = self._get(page.location)
            except NoAnswerError:
                found = None
            if found:
                self.unread = ""
                return found
            if not self.signed_in:
                self.unread = ""
                return None
            time.sleep(0.5)
        return None

    def _finish(self, page: Page, attempt: Attempt) -> None:
        if page.status != 302 or not self.signed_in:
            return
        then = self._followed(page)
        if then and page.location.startswith("/extensions/"):
            attempt.told += f": {then.messages} {then.panel}"
            if PROVED in f"{then.messages} {then.panel}":
                attempt.proved = True
                self.journal.count("applies told as proved")

    # --- what they do ---

    def saves(self) -> None:
        self._edits("save")

    def saves_and_applies(self) -> None:
        self._edits("apply")

    def _edits(self, then: str) -> None:
        number = self.chance.choice(self.numbers)
        path = f"/extensions/{number}/edit/"
        page = self._get(path)
        if page is None:
            return
        fields = form_with("first_name", page.text)
        attempt = self.journal.begin(number, NAME, self._value(), self.name)
        fields |= {"first_name": [str(attempt.value)], "then": [then]}
        self._finish(self._posted(path, fields, attempt), attempt)

    def _value(self) -> str:
        return f"{self.name} {next(self.values)}"

    def toggles(self) -> None:
        number = self.chance.choice(self.numbers)
        page = self._get(f"/extensions/{number}/")
        if page is None:
            return
        fields = form_with("enabled", page.text)
        attempt = self.journal.begin(number, ENABLED, fields["enabled"][0], self.name)
        self._finish(self._posted(f"/extensions/{number}/toggle/", fields, attempt), attempt)

    def reviews(self) -> None:
        """Looks at what waits, and applies some of it."""
        looked = self.journal.now
        page = self._get("/review/")
        waiting = re.findall(r'name="n" value="(\d+)"', page.text) if page else []
        if page is None or not waiting:
            return
        chosen = self.chance.sample(waiting, min(len(waiting), self.chance.randint(1, 5)))
        answer = self.browser.post("/apply/", form_with("seen", page.text) | {"n": chosen})
        self._judge(answer, f"n={','.join(chosen)}")
        then = self._followed(answer) if answer.status == 302 and self.signed_in else None
        if then and PROVED in then.messages:
            self.journal.count("applies told as proved")
            self.journal.prove_seen(chosen, looked)

    def reads(self) -> None:
        self._get(self.chance.choice([*READ, f"/extensions/{self.chance.choice(self.numbers)}/"]))

    def removes_a_phone(self) -> None:
        with self.removing:
            if not self.spare.registers():
                return
            path = f"/extensions/{self.spare.number}/"
            page = self._page_with_phone(path)
            if page is None:
                return
            phone = form_with("phone", page.text)
            answer = self.browser.post(f"{path}phones/remove/", phone)
            self._judge(answer, "remove the phone")
            then = self._followed(answer) if answer.status == 302 and self.signed_in else None
            if then and REMOVED in then.messages:
                self.journal.count("phones told as removed")
                self._look_whether_gone(phone["phone"][0])

    def _page_with_phone(self, path: str) -> Page | None:
        for _ in range(5):
            page = self._get(path)
            if page and 'name="phone"' in page.text:
                return page
            time.sleep(0.5)
        return None

    def _look_whether_gone(self, phone: str) -> None:
        told, until = self.journal.now, time.monotonic() + ASK_SECONDS
        while time.monotonic() < until:
            try:
                with connected() as ami:
                    there = [each["ID"] for each in proof.contacts(proof.endpoint(ami, self.spare.number))]
            except AmiError:
                time.sleep(0.5)
                continue
            if phone in there:
                done = f"{self.name}: POST /extensions/{self.spare.number}/phones/remove/ of {phone}"
                self.journal.fail(LIED, done, f"{REMOVED} Asterisk has it still", told)
            return

    def adds(self) -> None:
        """A new number, whose phone registers at once."""
        page = self._get("/extensions/add/")
        if page is None:
            return
        fields = form_with("first_name", page.text)
        number = str(next(self.new_numbers))
        self.journal.known(number, NAME, None)
        attempt = self.journal.begin(number, NAME, self._value(), self.name)
        fields |= {"number": [number], "first_name": [str(attempt.value)], "then": ["apply"]}
        self._finish(self._posted("/extensions/add/", fields, attempt), attempt)
        if attempt.proved:
            desk = Desk(
                number, fields["registration_name"][0], fields["registration_password"][0], self.chance.random()
            )
            desk.start()
            self.desks.append(desk)
