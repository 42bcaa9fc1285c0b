"""Twenty administrators add, edit, import, delete, export and apply at once, at the portal as it is served.

CROWD_SECONDS=60 keeps them at it for a minute, with imports of 100 to 500 rows; -s shows the figures.
"""

import json
import os
import time
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from asterisk.process.embedded import Embedded
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from tests.faults.crowd.administrator import Administrator
from tests.faults.crowd.journal import Journal
from tests.faults.crowd.verdict import Verdict, lives_now
from tests.faults.portal import served
from tests.node import apply
from tests.people import make_extension, make_user

ADMINISTRATORS, SHARED = 20, 20
SHORT_SECONDS = 10
SECONDS = float(os.environ.get("CROWD_SECONDS", SHORT_SECONDS))
ROWS = (100, 500) if SECONDS > SHORT_SECONDS else (20, 60)
MAILED = 5  # of those that all edit: so many are told of each change
MOST_APPLIES = 100_000


@pytest.mark.django_db(transaction=True)
def test_twenty_work_at_once(asterisk: Embedded, tmp_path: Path) -> None:
    Preferences.objects.update(restore_points=MOST_APPLIES, mail_host="mail.invalid", last_number=99_999)
    people = [make_user(f"Admin{each}", role="super_administrator") for each in range(ADMINISTRATORS)]
    shared = [str(1100 + each) for each in range(SHARED)]
    for place, number in enumerate(shared):
        made = make_extension(number)
        made.user.join_the_company()
        if place < MAILED:
            User.objects.filter(pk=made.user.pk).update(email=f"person{number}@example.com")
    apply(shared, None)
    journal, before = Journal(), lives_now()
    since = AuditRecord.objects.values_list("id", flat=True).first() or 0
    log = tmp_path / "portal.log"
    with served(log, TEST_LOCK_SECONDS=str(settings.LOCK_SECONDS)) as port:
        crowd = [Administrator(who, port, shared, ROWS, journal, seed) for seed, who in enumerate(people)]
        began = time.monotonic()
        for each in crowd:
            each.start()
        crowd[0].over.wait(SECONDS)
        for each in crowd:
            each.over.set()
        for each in crowd:
            each.join()
        lasted = time.monotonic() - began
    lines = log.read_text().splitlines()
    journal.failures += [line for line in lines if "exception" in json_of(line) or "not stored" in line]
    Verdict(journal, people, since).look(before)
    print(f"\n{lasted:.0f} s\n{journal.report()}")  # noqa: T201 (for -s)
    assert not journal.failures, "\n".join([f"{len(journal.failures)} failures", *journal.failures[:20]])


def json_of(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
