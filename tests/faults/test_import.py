"""An import in its own process, killed at any moment: all of it is there or nothing, and its page says which."""

import os
import random
import signal
import time
from contextlib import suppress
from threading import Timer

import pytest
from django.test import Client

from accounts.models import User
from asterisk.process.embedded import Embedded
from core import file_lock
from extensions.models import Change, SipExtension
from extensions.spreadsheets import run
from extensions.spreadsheets.models import Import
from tests.extensions.spreadsheets.files import as_csv, given, upload
from tests.faults.victim import environment
from tests.node import catch_up
from tests.pages import html_of
from tests.people import make_extension

ROWS = 120
SEED = 20261129
KILLS = 5
SECONDS = 60
State = Import.State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def same_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def people() -> bytes:
    """One of them is there already."""
    return as_csv(
        {"Extension Number": str(2000 + n), "First Name": f"Person {n}", "Email Address": f"person{n}@example.com"}
        for n in range(ROWS)
    )


def settled(client: Client, made: Import) -> Import:
    until = time.monotonic() + SECONDS
    while run.has_lock(made):
        assert time.monotonic() < until, "It goes on and on."
        time.sleep(0.02)
    html_of(client, made.get_absolute_url())
    made.refresh_from_db()
    return made


def begin(client: Client, made: Import) -> int:
    pids: list[int] = []
    start = run.start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "start", lambda *which: pids.append(start(*which)))
        assert client.post(f"/extensions/import/{made.pk}/start/").status_code == 302
    return pids[0]


def test_killed_at_any_moment_it_leaves_nothing_half(signed_in: Client, asterisk: Embedded) -> None:
    make_extension("2000").user.join_the_company()
    Change.objects.all().delete()
    made = given(upload(signed_in, people()))
    started = time.monotonic()
    begin(signed_in, made)
    assert settled(signed_in, made).state == State.DONE
    usual = time.monotonic() - started
    assert SipExtension.objects.count() == ROWS
    chance, seen = random.Random(SEED), set()
    for _ in range(KILLS):
        User.objects.filter(sip_extension__number__gt="2000").delete()
        made = given(upload(signed_in, people()))
        assert made.added == 0
        pid = begin(signed_in, made)
        time.sleep(chance.uniform(0.1, usual))
        with suppress(ProcessLookupError):  # it was faster
            os.kill(pid, signal.SIGKILL)
        settled(signed_in, made)
        assert made.state in (State.READY, State.SAVED, State.DONE)
        assert SipExtension.objects.count() == (1 if made.state == State.READY else ROWS)
        seen.add(made.state)
        page = html_of(signed_in, made.get_absolute_url())
        if made.state == State.READY:
            assert "The portal was interrupted. Nothing of it was saved." in page
            begin(signed_in, made)
            assert settled(signed_in, made).state == State.DONE
        elif made.state == State.SAVED:
            assert "Saved, not applied" in page
            assert "Review and apply" in page
    assert State.READY in seen
    catch_up()
    assert SipExtension.objects.count() == ROWS


def test_what_is_begun_while_the_process_before_is_ending_waits_for_that(signed_in: Client, asterisk: Embedded) -> None:
    """It says that it is over before it is."""
    made = given(upload(signed_in, people()))
    before = file_lock.acquire(run.lock_of(made.pk))
    Timer(0.3, before.close).start()
    begin(signed_in, made)
    assert settled(signed_in, made).state == State.DONE
    assert SipExtension.objects.count() == ROWS
