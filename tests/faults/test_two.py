"""Two portals on one engine, and two listeners at one Asterisk: they take turns."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk.live import listener
from asterisk.live import store as live
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from core.file_lock import LockedError
from tests.faults.victim import ROOT, environment
from tests.node import all_numbers, plan
from tests.pbx.office import Office, eventually
from tests.pbx.test_apply import waiting
from tests.people import make_extension

PORTALS = 4


@pytest.mark.django_db(transaction=True)
def test_portals_that_apply_at_once_come_one_after_the_other(office: Office, asterisk: Embedded) -> None:
    extensions = [make_extension() for _ in range(30)]
    command = [sys.executable, "manage.py", "apply", "--all", "--yes"]
    portals = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(PORTALS)
    ]
    said = [portal.communicate()[0] for portal in portals]
    assert [portal.returncode for portal in portals] == [0] * PORTALS, said
    runs = list(ApplyRun.objects.order_by("id"))
    assert [run.outcome for run in runs] == [ApplyRun.Outcome.PROVED] * PORTALS
    for earlier, later in pairwise(runs):
        assert earlier.finished_at
        assert earlier.finished_at <= later.started_at
    assert sum(run.rows_written for run in runs) == len(extensions)
    assert (waiting(), plan(all_numbers())) == ([], [])
    assert office.phone(extensions[0]).register() == 200


def hears(file: Path) -> bool:
    with live.opened(file) as db:
        return live.is_fresh(db)


@contextmanager
def listening() -> Iterator[Event]:
    """Until it is told that it is over."""
    over = Event()
    thread = Thread(
        target=listener.listen,
        args=(
            from_settings(),
            over.is_set,
        ),
    )
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join()


def test_of_two_listeners_one_listens_and_the_other_takes_over(
    asterisk: Embedded, settings: Settings, tmp_path: Path
) -> None:
    file = settings.LIVE_FILE = tmp_path / "live.sqlite3"
    live.prepare(file)
    with listening() as first:
        assert eventually(lambda: hears(file))
        with listening():
            first.set()
            assert eventually(lambda: not hears(file))
            assert eventually(lambda: hears(file))
            with pytest.raises(LockedError), listener.alone(file):
                pass
