"""When all faults have ended: what is there, what Asterisk has and does, and whether that is what the pages said."""

import time
from collections.abc import Callable, Iterable, Sequence

from asterisk import check, nodes
from asterisk.ami.client import AmiError
from asterisk.apply import run as apply_run
from asterisk.models import ApplyRun
from asterisk.readback import proof
from core import coded_text
from extensions.models import Change, SipExtension
from extensions.pbx import PbxError
from tests.bench.page import form_with
from tests.chaos.administrator import BUSY_TABLE, EXCUSE_SECONDS, PROVED
from tests.chaos.browser import Browser, NoAnswerError, Page
from tests.chaos.journal import (
    ENABLED,
    LIED,
    LOST,
    MISSING,
    NAME,
    REFUSED,
    UNCALLABLE,
    UNWELL,
    Journal,
    may_be_last,
)
from tests.chaos.phones import Desk
from tests.node import connected
from tests.people import PASSWORD

WELL_SECONDS = 400  # an apply that cannot be proved is tried again after at most 300 s
LAMP_SECONDS = 90
ASK_SECONDS = 60
YES, NO = "yes", "no"


class Verdict:
    def __init__(self, portal: str, journal: Journal, email: str) -> None:
        self.browser, self.journal, self.email = Browser(portal), journal, email

    # --- waiting ---

    def wait_until_well(self) -> None:
        since = self.journal.now
        why = self._until(self._why_not_well, WELL_SECONDS)
        if why:
            self.journal.fail(UNWELL, f"wait {WELL_SECONDS} s after the last fault", why)
        else:
            self.journal.counts["seconds until it was well"] = round(self.journal.now - since)

    @staticmethod
    def _until(wrong: Callable[[], str], seconds: float) -> str:
        until = time.monotonic() + seconds
        while (why := wrong()) and time.monotonic() < until:
            time.sleep(1)
        return why

    def _why_not_well(self) -> str:
        try:
            header = self._get("/pbx/?next=/extensions/")
        except NoAnswerError as error:
            return str(error)
        if header.status == 302:
            self.browser.sign_in(self.email, PASSWORD)
        if "PBX running" not in header.text:
            return str(header)
        if apply_run.is_behind():
            waiting = ApplyRun.objects.filter(outcome__in=["waiting", "running"]).values_list("pk", flat=True)
            return f"Applies {list(waiting)[:10]} are not proved"
        return ""

    def _get(self, path: str) -> Page:
        page = self.browser.get(path)
        if page.location.startswith("/sign-in/"):
            self.browser.sign_in(self.email, PASSWORD)
            page = self.browser.get(path)
        return page

    # --- what was said, against what is there ---

    def look_for_lost_changes(self) -> None:
        there = {each.number: each for each in SipExtension.objects.select_related("user")}
        for number, field in self._touched():
            extension = there.get(number)
            if field == NAME:
                now = extension.user.first_name if extension else None
            else:
                now = YES if extension and extension.enabled else NO
            self._compare(LOST, number, field, now)
        named = Change.objects.filter(fields__has_key="first_name")
        recorded = {(change.number, change.fields["first_name"][1]) for change in named}
        for each in self.journal.attempts:
            is_new = each.acknowledged and each.field == NAME and each.started
            if is_new and (each.number, each.value) not in recorded:
                self.journal.fail(LOST, str(each), "no record of it", each.started)

    def look_for_missing_applies(self) -> None:
        """Asterisk's own words, against what was told as proved, and what is told to wait."""
        said = self.asked_of_asterisk({number for number, _field in self._touched()})
        former = {}
        for change in Change.objects.waiting().order_by("-pk"):
            former[change.number] = change.former
        for number, field in self._touched():
            name = said[number]
            if field == NAME and name is None and any(each.value is None for each in self.journal.of(number, NAME)):
                self._compare(MISSING, number, NAME, None, proved=True)
            elif field == NAME and name is not None:
                self._compare(MISSING, number, NAME, name, proved=True)
            elif field == ENABLED:
                self._compare(MISSING, number, ENABLED, NO if name is None else YES, proved=True)
        for number, record in former.items():
            before = record["person"]["first_name"] if record and record["extension"]["enabled"] else None
            if said.get(number) != before and number in said:
                done = f"{number} waits to be applied (pages say so); on the PBX should be {before}"
                self.journal.fail(LIED, done, f"Asterisk has {said[number]} already")

    def _touched(self) -> list[tuple[str, str]]:
        return sorted({(each.number, each.field) for each in self.journal.attempts})

    def _compare(self, kind: str, number: str, field: str, now: str | None, *, proved: bool = False) -> None:
        possible = may_be_last(self.journal.of(number, field), proved=proved)
        if now not in {each.value for each in possible}:
            certain = [each for each in possible if (each.proved if proved else each.acknowledged)]
            who = "Asterisk has" if proved else "there is"
            done = "; ".join(map(str, certain)) or f"{number} {field}"
            at = max((each.started for each in certain), default=0.0)
            self.journal.fail(kind, done, f"{who} {now}", at)

    @staticmethod
    def asked_of_asterisk(numbers: Iterable[str]) -> dict[str, str | None]:
        """As name_of(), of each number."""
        until = time.monotonic() + ASK_SECONDS
        while True:
            try:
                with connected() as ami:
                    return {each: name_of(proof.endpoint(ami, each)) for each in numbers}
            except AmiError:
                if time.monotonic() > until:
                    raise
                time.sleep(1)

    def look_for_refusals(self) -> None:
        """All values are fine: what was refused was not for them, unless the table could not be written."""
        shown = set()
        for run in ApplyRun.objects.filter(outcome=ApplyRun.Outcome.REFUSED).order_by("pk"):
            why = coded_text.show(run.explanation)
            shown.add(why)
            at = (run.finished_at - self.journal.began_at).total_seconds() if run.finished_at else 0
            near = self.journal.since_fault("engine", "disk", at=at) < EXCUSE_SECONDS
            if near and any(start in why for start in BUSY_TABLE):
                continue
            self.journal.fail(REFUSED, f"apply {run.pk} of {', '.join(run.numbers)} by {run.by or 'system'}", why, at)
        for page in self.journal.refused_pages:
            if not any(page.answered.endswith(why) for why in shown):
                self.journal.failures.append(page)

    # --- the lamps ---

    def look_for_stuck_lamps(self, desks: Sequence[Desk]) -> None:
        for desk in desks:
            why = self._until(lambda number=desk.number: self._wrong_lamp(number), LAMP_SECONDS)  # type: ignore[misc]
            if why:
                self.journal.fail(LIED, f"GET /extensions/{desk.number}/, {LAMP_SECONDS} s after all was well", why)

    def _wrong_lamp(self, number: str) -> str:
        try:
            page = self._get(f"/extensions/status/?n={number}&detail=1")
            with connected() as ami:
                endpoint = proof.endpoint(ami, number)
        except (NoAnswerError, AmiError) as error:
            return str(error)
        if not endpoint:
            return ""
        reachable = sum(each.get("Status") not in ("Unavailable", "Unreachable") for each in proof.contacts(endpoint))
        shown = page.text.count('class="phone-where"') - page.text.count("Not responding")
        return "" if shown == reachable else f"{shown} reachable phones shown, Asterisk has {reachable}: {page.words}"

    # --- in the end everything is applied, and everybody called ---

    def apply_all(self, enabled: Iterable[str]) -> None:
        for number in enabled:
            fields = form_with("enabled", self._get(f"/extensions/{number}/").text)
            if fields["enabled"] == [YES]:
                self.browser.post(f"/extensions/{number}/toggle/", fields)
        if why := self._until(self._why_not_applied, ASK_SECONDS):
            self.journal.fail(UNWELL, f"POST /apply/ of all that waits, for {ASK_SECONDS} s without a fault", why)

    def _why_not_applied(self) -> str:
        page = self._get("/review/")
        if 'name="seen"' not in page.text:
            return ""
        answer = self.browser.post("/apply/", form_with("seen", page.text) | {"all": ["everybody"]})
        then = self._get(answer.location) if answer.status == 302 else answer
        return "" if PROVED in then.messages else str(then)

    def compare_everything(self) -> None:
        """As `manage.py check_engine` does, which asks for every value of every extension."""
        try:
            run = check.check(nodes.from_settings())
        except (PbxError, check.Running) as error:
            self.journal.fail(UNWELL, "check_engine in the end", str(error))
            return
        for drift in run.drifts:
            words = {name: coded_text.show(value) for name, value in drift.items()}
            self.journal.fail(MISSING, f"check_engine in the end: {words.pop('number')}", str(words))

    def call_everybody(self, desks: Sequence[Desk]) -> None:
        """Each registers, and is called by the one before."""
        for desk in desks:
            status = desk.registers()
            if status != 200:
                self.journal.fail(UNCALLABLE, f"REGISTER of {desk.number} in the end", str(status))
        for caller, callee in zip([desks[-1], *desks], desks, strict=False):
            why = caller.reaches(callee.number) and caller.reaches(callee.number)
            if why:
                self.journal.fail(UNCALLABLE, f"{caller.number} calls {callee.number}, registered", why)


def name_of(endpoint: list[dict[str, str]]) -> str | None:
    """None for a number that Asterisk does not know, or that may call for help alone: a disabled one."""
    for message in endpoint:
        if message.get("Event") == "EndpointDetail" and message["Context"] != proof.EMERGENCY_CONTEXT:
            return message.get("Callerid", "").partition("<")[0].strip(' "')
    return None
