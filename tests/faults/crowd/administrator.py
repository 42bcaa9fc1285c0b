"""One of twenty who add, edit, import, delete, export and apply at once, by HTTP, and believe what the pages say."""

import csv
import random
import re
import time
from collections.abc import Callable
from io import StringIO
from itertools import count
from threading import Event, Thread
from urllib.parse import urlencode

from django.db import connection

from accounts.models import User
from extensions.bulk.deeds import digest
from extensions.models import BulkAction, SipExtension
from extensions.spreadsheets.models import Import
from extensions.spreadsheets.table import Table
from tests.bench.page import Fields, form_with
from tests.faults.crowd.journal import NOT_APPLIED, Deed, Journal
from tests.faults.portal import MULTIPART, Answer, Browser, multipart

TRIES = 4
POLL_SECONDS, IMPORT_SECONDS = 0.5, 150
AT_WORK = 'id="import" hx-get='
READ = ("/extensions/", "/history/", "/log/", "/", "/extensions/bulk/", "/extensions/import/")
IN_A_BULK = 5
IN_AN_IMPORT = 3  # extensions that others have, which an import changes besides those that it adds


class Administrator(Thread):
    import_numbers = count(3000)

    def __init__(
        self, user: User, port: int, shared: list[str], rows: tuple[int, int], journal: Journal, seed: int
    ) -> None:
        super().__init__(name=user.first_name, daemon=True)
        self.user, self.shared, self.rows, self.journal = user, shared, rows, journal
        self.browser, self.chance, self.over = Browser(port, user), random.Random(seed), Event()
        self.values = count(1)
        self.own: list[str] = []  # numbers that this one has added
        self.work: dict[Callable[[], None], int] = {
            self.adds: 20,
            self.edits: 35,
            self.imports: 4,
            self.applies: 8,
            self.bulk_adds: 3,
            self.bulk_edits: 10,
            self.bulk_deletes: 3,
            self.deletes: 5,
            self.exports: 4,
            self.reads: 10,
        }
        self.first = list(self.work)[seed % len(self.work)]  # so that each is done by somebody

    def run(self) -> None:
        try:
            self.first()
            while not self.over.is_set():
                self.chance.choices(list(self.work), list(self.work.values()))[0]()
        except Exception as error:  # reported as what it is, and the others go on
            self.journal.fail(f"{self.name}: {error!r}"[:500])
        finally:
            connection.close()

    # --- asking ---

    def _ask(self, method: str, path: str, body: str | None = None, **more: str) -> Answer:
        started = time.monotonic()
        answer = self.browser.ask(method, path, body, **more)
        self.journal.note(f"{self.name}: {method} {path} {(body or '')[:300]}", answer, started)
        return answer

    def _get(self, path: str) -> str:
        """Empty where there is no page to go on with."""
        answer = self._ask("GET", path)
        return answer.page if answer.status == 200 else ""

    def _post(self, path: str, fields: Fields) -> Answer:
        return self._ask("POST", path, urlencode(fields, doseq=True))

    def _value(self) -> str:
        return f"{self.name} {next(self.values)}"

    @property
    def _then(self) -> list[str]:
        return [self.chance.choice(("apply", "save"))]

    @staticmethod
    def _is_saved(answer: Answer) -> bool:
        """Also what could not be applied yet."""
        return answer.status == 302 or (answer.status == 503 and NOT_APPLIED in answer.page)

    def _follow(self, answer: Answer) -> str:
        return self._get(answer.location.partition("#")[0]) if answer.status == 302 else ""

    # --- what they do ---

    def adds(self) -> None:
        """The number that the page suggests, as all the others do."""
        page = self._get("/extensions/add/")
        fields = form_with("first_name", page)
        deed = self.journal.begin(Deed("add", self.user.pk, fields["number"], self._value(), "first_name"))
        fields |= {"first_name": [deed.value], "email": [self._address(deed.value)], "then": self._then}
        for _ in range(TRIES):
            deed.numbers = fields["number"]
            answer = self._post("/extensions/add/", fields)
            deed.told = self._is_saved(answer)
            if deed.told:
                self.own += deed.numbers
                self._follow(answer)
                return
            free = re.search(r"Another extension has this number\. (\d+) is free\.", answer.page)
            if free is None:
                self.journal.fail(f"{deed}: refused, and no word of which number is free")
                return
            fields["number"] = [free[1]]

    def _address(self, value: str) -> str:
        return f"{value.lower().replace(' ', '-')}@example.com" if self.chance.random() < 1 / 4 else ""

    def bulk_adds(self) -> None:
        path = "/extensions/bulk/add/"
        deed = Deed("bulk add", self.user.pk, [], self._value(), "first_name")
        typed = form_with("count", self._get(path))
        typed |= {"count": [str(IN_A_BULK)], "first_name": [deed.value], "taken": ["skip"], "then": ["preview"]}
        self.journal.begin(deed)
        deed.told = False
        page = self._post(path, typed).page
        for _ in range(TRIES):
            answer = self._post(path, form_with("seen", page) | {"then": ["save"]})
            deed.told = self._is_saved(answer)
            if deed.told:
                done = BulkAction.objects.get(pk=answer.location.split("/")[-2])
                deed.numbers = list(done.items.values_list("number", flat=True))
                self.own += deed.numbers
                return
            page = answer.page

    def edits(self) -> None:
        """One that all edit; at times one that somebody else has added, and may delete."""
        added = [deed.numbers[0] for deed in list(self.journal.deeds) if deed.told and deed.kind == "add"]
        number = self.chance.choice(added if added and self.chance.random() < 1 / 5 else self.shared)
        path = f"/extensions/{number}/edit/"
        page = self._get(path)
        if not page:
            return
        fields = form_with("first_name", page)
        deed = self.journal.begin(Deed("edit", self.user.pk, [number], self._value(), "first_name"))
        fields |= {"first_name": [deed.value], "then": self._then}
        for _ in range(TRIES):
            deed.seen = {number: int(fields["version"][0])}
            answer = self._post(path, fields)
            deed.told = self._is_saved(answer)
            if answer.status != 409:
                self._follow(answer)
                return
            fields = form_with("version", answer.page) | {"then": self._then}  # Keep mine

    def applies(self) -> None:
        page = self._get("/review/")
        if 'name="seen"' not in page:
            return
        answer = self._post("/apply/", form_with("seen", page) | {"all": [self.chance.choice(("mine", "everybody"))]})
        self._follow(answer)

    def bulk_edits(self) -> None:
        """Others change these too between the preview and the save."""
        numbers = self.chance.sample(self.shared, len(self.shared) // 2)
        deed = Deed("bulk edit", self.user.pk, numbers, self._value(), "job_title")
        path = "/extensions/bulk/edit/"
        typed = form_with("do_job_title", self._get(f"{path}?{urlencode({'n': numbers}, doseq=True)}"))
        typed |= {"do_job_title": ["set"], "job_title": [deed.value], "then": ["preview"]}
        self.journal.begin(deed)
        deed.told = False
        for _ in range(TRIES):
            fields = self._looked_at(deed, lambda: self._post(path, typed).page)
            if fields is None:
                continue
            answer = self._post(path, fields | {"then": self._then})
            deed.told = self._is_saved(answer)
            if deed.told:
                self._follow(answer)
                return
            self.journal.count("bulk edits that were looked at again")

    def _looked_at(self, deed: Deed, page: Callable[[], str]) -> Fields | None:
        """The form of a preview, whose versions the deed has seen; None where they cannot be told."""
        before = self._versions(deed.numbers)
        fields = form_with("seen", page())
        known = (each for each in (before, self._versions(deed.numbers)) if self._digest(each) == fields["seen"][0])
        deed.seen = next(known, {})
        return fields if deed.seen else None

    @staticmethod
    def _versions(numbers: list[str]) -> dict[str, int]:
        found = SipExtension.objects.filter(number__in=numbers).order_by("position")
        return dict(found.values_list("number", "version"))

    @staticmethod
    def _digest(versions: dict[str, int]) -> str:
        return digest([SipExtension(number=number, version=version) for number, version in versions.items()])

    def deletes(self) -> None:
        if not self.own:
            return
        number = self.own.pop(self.chance.randrange(len(self.own)))
        path = f"/extensions/{number}/delete/"
        deed = self.journal.begin(Deed("delete", self.user.pk, [number]))
        for _ in range(TRIES):
            fields = form_with("version", self._get(path))
            deed.seen = {number: int(fields["version"][0])}
            answer = self._post(path, fields | {"then": self._then})
            deed.told = self._is_saved(answer) and not answer.location.startswith(path)
            if deed.told:
                return
            self.journal.count("deletes that were looked at again")

    def bulk_deletes(self) -> None:
        numbers = [self.own.pop() for _ in range(min(len(self.own), self.rows[0]))]
        if not numbers:
            return
        path = "/extensions/bulk/delete/"
        deed = self.journal.begin(Deed("bulk delete", self.user.pk, numbers))
        for _ in range(TRIES):
            fields = self._looked_at(deed, lambda: self._get(f"{path}?{urlencode({'n': numbers}, doseq=True)}"))
            if fields is None:
                continue
            answer = self._post(path, fields | {"then": self._then})
            deed.told = self._is_saved(answer)
            if deed.told:
                self._follow(answer)
                return
            self.journal.count("bulk deletes that were looked at again")

    def exports(self) -> None:
        page = self._get("/extensions/export/?all=yes&filter=")
        deed = self.journal.begin(Deed("export", self.user.pk, [], "-", "-"))
        answer = self._post("/extensions/export/", form_with("file_type", page) | {"file_type": ["csv"]})
        deed.told = answer.status == 200
        numbers = {row[0] for row in csv.reader(StringIO(answer.page.lstrip("\ufeff")))}
        if not numbers >= set(self.shared):
            self.journal.fail(f"An export without {set(self.shared) - numbers}: {answer.page[:300]}")

    def reads(self) -> None:
        for path in (self.chance.choice(READ), f"/extensions/{self.chance.choice(self.shared)}/"):
            self._get(path)

    # --- imports ---

    def imports(self) -> None:
        """New ones, and some that others edit meanwhile."""
        new = [str(next(self.import_numbers)) for _ in range(self.chance.randint(*self.rows))]
        others = self.chance.sample(self.shared, IN_AN_IMPORT) if self.chance.random() < 1 / 2 else []
        numbers = [*new, *others]
        deed = Deed("import", self.user.pk, numbers, self._value(), "first_name")
        made = self._uploaded(self.journal.begin(deed))
        path = made.get_absolute_url()
        deed.told = False
        for _ in range(TRIES):
            page = self._until_ended(path)
            made.refresh_from_db()
            deed.seen = self._seen_by(made)
            started = self._post(f"{path}start/", form_with("csrfmiddlewaretoken", page))
            self._until_ended(path)
            made.refresh_from_db()
            if made.state in Import.IN_PLACE:
                deed.told = True
                self.own += new
                return
            self.journal.count("imports that were looked at again")
            if not made.why:
                self.journal.fail(f"{deed}: not saved, and no word of why; {started.status} {started.location}")

    def _uploaded(self, deed: Deed) -> Import:
        token = form_with("mode", self._get("/extensions/import/"))["csrfmiddlewaretoken"][0]
        lines = ["Extension Number,First Name", *(f"{number},{deed.value}" for number in deed.numbers)]
        parts = {
            'name="csrfmiddlewaretoken"': token,
            'name="mode"': "both",
            'name="spreadsheet"; filename="people.csv"': "\r\n".join(lines),
        }
        answer = self._ask("POST", "/extensions/import/", multipart(parts), kind=MULTIPART)
        assert answer.status == 302, answer
        return Import.objects.get(pk=answer.location.split("/")[-2])

    def _until_ended(self, path: str) -> str:
        until = time.monotonic() + IMPORT_SECONDS
        while AT_WORK in (page := self._get(path)) or not page:
            assert time.monotonic() < until, f"{path}: {page}"
            time.sleep(POLL_SECONDS)
        return page

    @staticmethod
    def _seen_by(made: Import) -> dict[str, int]:
        """Of what is there already."""
        table = Table.of_json(made.unseal("sealed_table"))
        at = made.targets.index("number")
        return {row[at]: found.version for row, found in zip(table.rows, table.found, strict=True) if found.version}
