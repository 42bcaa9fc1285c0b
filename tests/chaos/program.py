"""One run from the start of the portal to the verdict, and what is printed of it."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, connection

from accounts.models import User
from asterisk.ami.client import AmiError
from asterisk.models import ApplyRun
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.bench.surroundings import Failed
from tests.chaos.administrator import Administrator
from tests.chaos.browser import NoAnswerError
from tests.chaos.database import Database
from tests.chaos.faults import Storm
from tests.chaos.journal import ENABLED, FAILURES, NAME, UNWELL, Journal
from tests.chaos.phones import Desk, Spare
from tests.chaos.site import Site
from tests.chaos.verdict import YES, Verdict
from tests.node import apply
from tests.people import make_extension, make_user

ADMINISTRATORS, DESKS, EXTENSIONS = 6, 6, 20
FIRST_NUMBER = 1000
JOIN_SECONDS = 300
SHOWN_ALIKE = 3
LONGEST_LINE = 200
MOST_APPLIES = 100_000


def run(database: Database, seconds: float, seed: int, *, can_fill: bool) -> Journal:
    site = Site()
    try:
        site.start()
        extensions = set_up()
        journal = Journal()
        spare = extensions[DESKS]
        portal = settings.PORTAL_URL
        numbers = [each.number for each in extensions if each.number != spare.number]
        for number in numbers:
            journal.known(number, NAME, f"Person {number}")
            journal.known(number, ENABLED, YES)
        phone = Spare(spare, portal)
        desks = desks_of(extensions[:DESKS], seed)
        crowd = [
            Administrator(f"Admin{each}", f"admin{each}@example.com", numbers, phone, journal, f"{seed} {each}")
            for each in range(ADMINISTRATORS)
        ]
        connection.close()
        for each in (*desks, *crowd):
            each.start()
        Storm(site, database, journal, seed, can_fill=can_fill).blow(seconds)
        say(f"{journal.now:.0f} s: {len(journal.faults)} faults are over.")
        stop(crowd, desks, journal)
        judge(Verdict(portal, journal, "admin0@example.com"), desks, crowd, journal)
        phone.close()
        journal.counts |= tracebacks(site)
    finally:
        site.stop()
        if left := site.end_leftovers():
            say(f"Left running by manage.py run: {left}")
    return journal


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def set_up() -> list[SipExtension]:
    Preferences.objects.update(restore_points=MOST_APPLIES)  # the verdict reads the records of all
    for each in range(ADMINISTRATORS):
        make_user(f"Admin{each}", role="super_administrator")
    numbers = [str(FIRST_NUMBER + each) for each in range(EXTENSIONS)]
    extensions = [make_extension(number, first_name=f"Person {number}") for number in numbers]
    made = apply(numbers, User.objects.first())
    if made.outcome != ApplyRun.Outcome.PROVED:
        raise Failed(f"The first apply: {made.outcome}, {made.explanation_text}")
    return extensions


def desks_of(extensions: Sequence[SipExtension], seed: int) -> list[Desk]:
    numbers = [each.number for each in extensions]
    return [
        Desk(each.number, each.registration_name, each.registration_password, seed + place, numbers)
        for place, each in enumerate(extensions)
    ]


def stop(crowd: Sequence[Administrator], desks: Sequence[Desk], journal: Journal) -> None:
    everybody: list[Administrator | Desk] = [*crowd, *desks]
    for each in everybody:
        each.over.set()
    for each in everybody:
        each.join(JOIN_SECONDS)
    journal.counts["calls tried"] = sum(desk.calls for desk in desks)
    journal.counts["calls answered"] = sum(desk.answered for desk in desks)
    journal.counts["registrations"] = sum(desk.registered for desk in desks)


def judge(verdict: Verdict, desks: Sequence[Desk], crowd: Sequence[Administrator], journal: Journal) -> None:
    new_desks = [desk for each in crowd for desk in each.desks]
    for each in new_desks:
        each.over.set()
    close_old_connections()
    for look in (
        verdict.wait_until_well,
        verdict.look_for_lost_changes,
        verdict.look_for_missing_applies,
        lambda: verdict.look_for_stuck_lamps([*desks, *new_desks]),
        lambda: verdict.apply_all(each.number for each in desks),
        verdict.compare_everything,
        lambda: verdict.call_everybody(desks),
        verdict.look_for_refusals,
    ):
        try:
            look()
        except (NoAnswerError, AmiError) as error:
            journal.fail(UNWELL, "look at what is there in the end", str(error))
    journal.counts["applies"] = ApplyRun.objects.count()
    for each in (*desks, *new_desks):
        each.phone.close()


def tracebacks(site: Site) -> Counter[str]:
    """The errors that the portal logged with where they came from, and how often."""
    found: Counter[str] = Counter()
    logs = {log.name: log.read_text(errors="replace").splitlines() for log in (settings.VAR / "log").glob("*.log*")}
    for name, lines in {**logs, "manage.py run": site.lines}.items():
        found.update(f"logged by {name}: {error}" for line in lines for error in errors_of(line))
    found.update(line.partition(";")[0] for line in site.lines if re.match(r"[\w' ]+ ended \(", line))
    return found


def errors_of(line: str) -> Iterator[str]:
    try:
        record = json.loads(line)
    except ValueError:
        return
    if isinstance(record, dict) and record.get("exception"):
        raised = re.findall(r"^[A-Za-z][\w.]*: .*", record["exception"], re.MULTILINE)
        yield without_numbers(f"{record.get('event')}: {raised[-1] if raised else 'no words'}")[:LONGEST_LINE]


def without_numbers(text: str) -> str:
    """So that what is alike can be counted."""
    return re.sub(r"\d+", "N", text)


def report(journal: Journal) -> str:
    lines = ["", "Failures" if journal.failures else "No failures", ""]
    alike: Counter[str] = Counter()
    for failure in sorted(journal.failures, key=lambda each: each.at):
        key = without_numbers(f"{failure.kind} {failure.answered}")
        alike[key] += 1
        at = journal.began_at + timedelta(seconds=failure.at)
        lines.append(f"{at:%H:%M:%S} ({failure.at:.1f} s) {failure.kind}")
        lines.append(f"    done:     {failure.done}")
        if alike[key] > SHOWN_ALIKE:
            lines.append("    answered: as above")
            continue
        lines.append(f"    answered: {failure.answered}")
        near = journal.faults_before(failure.at)
        lines += [f"    fault:    {failure.at - fault.at:.1f} s before: {fault.words}" for fault in near]
    lines += ["", f"{'faults':60} {len(journal.faults):>6}"]
    lines += [f"  {kind:58} {count:>6}" for kind, count in journal.by_kind().items()]
    lines += [f"{what:60} {count:>6}" for what, count in sorted(journal.counts.items())]
    lines.append("-" * 67)
    for kind in FAILURES:
        lines.append(f"{kind:60} {sum(each.kind == kind for each in journal.failures):>6}")
    return "\n".join(lines) + "\n"
