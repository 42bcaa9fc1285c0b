"""The operation log at its sizes: its pages and filters, one more record, and the check of the whole chain."""

import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from random import Random

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from core.audit import hash_chain, log, triggers
from core.audit.models import AuditHead, AuditPerson, AuditRecord
from tests.bench.browser import Browser
from tests.bench.server import Server
from tests.bench.table import Figures

SIZES = [1_000, 1_000_000]
LOG = "Operation Log (rows in place of extensions)"
BATCH = 10_000
WARMING = 2
# Who did it: a clerk has but few rows, and those are the oldest.
FIRST_PERSON, PEOPLE, CLERK = 1_000_000, 40, 999_999
ACTIONS = (
    ("extension", "extension.changed", 60),
    ("history", "apply.proved", 25),
    ("sign_in", "sign_in.done", 14),
    ("preferences", "preferences.changed", 1),
)
BEGIN = timezone.now() - timedelta(days=400)
FAILED_EVERY = 50  # of sign-ins alone


def fill(size: int) -> None:
    """Up to that many rows, with a right chain."""
    chance = Random(1)
    people = [*range(FIRST_PERSON, FIRST_PERSON + PEOPLE), CLERK]
    AuditPerson.objects.bulk_create(
        [AuditPerson(by=by, search=f"person{by} person{by}@example.com") for by in people], ignore_conflicts=True
    )
    triggers.release(connection)  # the head goes on by many rows at a time
    while (head := AuditHead.objects.get(pk=1)).count < size:
        with transaction.atomic():
            made = list(rows(head, min(BATCH, size - head.count), chance))
            AuditRecord.objects.bulk_create(made)
            AuditHead.objects.update(count=made[-1].pk, last_hash=made[-1].hash, last_at=made[-1].at)
    triggers.protect(connection)


def rows(head: AuditHead, count: int, chance: Random) -> Iterator[AuditRecord]:
    previous, last_at = head.last_hash, head.last_at
    choices = [(module, action) for module, action, weight in ACTIONS for _ in range(weight)]
    for row in range(head.count + 1, head.count + count + 1):
        at = BEGIN + timedelta(seconds=row)
        module, action = chance.choice(choices)
        number = str(1000 + chance.randrange(5000)) if module == "extension" else ""
        by = CLERK if row < 40 else FIRST_PERSON if chance.random() < 0.3 else FIRST_PERSON + chance.randrange(PEOPLE)
        failed = module == "sign_in" and row % FAILED_EVERY == 0
        record = AuditRecord(
            id=row,
            at=at,
            set_back=last_at is not None and at < last_at,
            by=by,
            by_name=f"Person {by}",
            by_email=f"person{by}@example.com",
            origin=f"192.0.2.{chance.randrange(256)}",
            module=module,
            action=action,
            on=number or module,
            number=number,
            result=log.Result.FAILED if failed else log.Result.DONE,
            detail={"fields": {"last_name": ["Hopper", f"Murray {row}"], "job_title": ["", "Clerk"]}},
        )
        record.hash = previous = hash_chain.digest(previous, [getattr(record, name) for name in hash_chain.HASHED])
        last_at = at
        yield record


def pages() -> dict[str, str]:
    busy, middle = f"person{FIRST_PERSON}@", AuditRecord.objects.get(pk=AuditHead.objects.get().count // 2).at
    since, until = (moment.strftime("%Y-%m-%dT%H:%M") for moment in (middle, middle + timedelta(hours=2)))
    return {
        "first page": "",
        "last page": "oldest=1",
        "page in the middle": f"before={AuditHead.objects.get().count // 2}",
        "person with a third of all": f"person={busy}",
        "person with the 39 oldest": f"person=person{CLERK}@",
        "10 people at once": f"person=person{FIRST_PERSON // 10}",
        "person without a match": "person=nobody+of+this+name",
        "time, two hours": f"since={since}&until={until}",
        "time, all before the middle": f"until={since}",
        "time without a match": "until=2001-01-01",
        "module": "module=extension",
        "module, last page": "module=extension&oldest=1",
        "module without a match": "module=role",
        "result, most": "result=done",
        "result, few": "result=failed",
        "result without a match": "result=refused",
        "number": "number=1234",
        "number without a match": "number=99999999",
        "person and module": f"person={busy}&module=preferences",
        "person and result": f"person={busy}&result=failed",
        "person and result without a match": f"person={busy}&result=refused",
        "module and result without a match": "module=extension&result=failed",
        "person, module and result without a match": f"person={busy}&module=extension&result=failed",
        "number, person, module, result without a match": f"number=1234&person={busy}&module=extension&result=failed",
        "person and time": f"person={busy}&since={since}&until={until}",
    }


def measure(size: int, rounds: int, figures: Figures, browser: Browser, server: Server, by: User) -> None:
    started = time.perf_counter()
    fill(size)
    figures.add(LOG, "filled, s", size, [time.perf_counter() - started])
    for name, query in pages().items():
        for _ in range(WARMING):
            browser.get(f"/log/?{query}")
        for _ in range(rounds):
            before = server.cpu_seconds()
            figures.add(LOG, f"{name}: request, ms", size, [1000 * browser.get(f"/log/?{query}").seconds])
            figures.add(LOG, f"{name}: server CPU, ms", size, [1000 * (server.cpu_seconds() - before)])
    for _ in range(rounds):
        started = time.perf_counter()
        log.record(by, "extension.changed", "1234", fields={"last_name": ["Hopper", "Murray"]})
        figures.add(LOG, "one more record, ms", size, [1000 * (time.perf_counter() - started)])
    started = time.perf_counter()
    call_command("verify_audit", stdout=StringIO())
    figures.add(LOG, "verify_audit, s", size, [time.perf_counter() - started])
