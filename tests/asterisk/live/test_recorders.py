"""What is told of phones and ports beside the listener, which waits for no database."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.live import emails, emergency_calls, network_recorder, port_recorder
from asterisk.live import store as live
from asterisk.live.network_recorder import Sightings
from asterisk.live.port_recorder import PortRecorder, ran_out
from asterisk.nodes import Node, from_settings
from core.audit import log
from core.audit.models import AuditRecord
from core.mail import outbox
from core.mail.models import Email
from extensions.models import KnownNetwork
from tests.people import make_extension, make_user
from trunks.models import Emergency


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def phone(number: str, host: str) -> live.Contact:
    return live.Contact(f"{number};@{host}", number, f"{host}:5060", "Snom", "Reachable", 1, 1)


def networks() -> list[tuple[str, str]]:
    return sorted(KnownNetwork.objects.values_list("extension__number", "network"))


@pytest.mark.django_db(transaction=True)
def test_networks_of_phones_are_written_once_and_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_recorder, "AGAIN_SECONDS", 0.05)
    for number in ("1000", "1001"):
        make_extension(number)
    sightings = Sightings()
    sightings.start()
    sightings.take([phone("1000", "192.0.2.1"), phone("1000", "192.0.2.2"), phone("1001", "198.51.100.1")])
    both = [("1000", "192.0.2.0/24"), ("1001", "198.51.100.0/24")]
    assert until(lambda: networks() == both)
    KnownNetwork.objects.all().delete()
    sightings.take([phone("1000", "192.0.2.3")])  # it is known, and looked up no more
    sightings.take([phone("1001", "203.0.113.1")])
    assert until(lambda: networks() == [("1001", "203.0.113.0/24")])
    sightings.stop()
    assert not sightings._thread.is_alive()
    sightings.take([phone("1000", "203.0.113.1")])
    assert networks() == [("1001", "203.0.113.0/24")]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return replace(from_settings(), directory=tmp_path, rtp_first=20000, rtp_last=20198)


def noted() -> list[tuple[str, str, str]]:
    return list(AuditRecord.objects.filter(action="ports.ran_out").values_list("on", "result", "module"))


@pytest.mark.django_db(transaction=True)
def test_that_ports_ran_out_is_recorded_once_an_hour(node: Node) -> None:
    ports = port_recorder.ports(node)
    recorder = PortRecorder(node)
    recorder.start()
    assert not ran_out(node)
    recorder.notice()
    assert until(lambda: bool(noted()))
    recorder.notice()
    recorder.stop()
    assert not recorder._thread.is_alive()
    assert noted() == [(ports, "failed", "preferences")]
    assert ran_out(node)
    assert not ran_out(node, timedelta(seconds=-1))


@pytest.mark.django_db
def test_other_ports_than_those_that_ran_out_are_no_trouble(node: Node) -> None:
    log.record(None, "ports.ran_out", "1-2", result=log.Result.FAILED)
    assert not ran_out(node)
    log.record(None, "ports.ran_out", port_recorder.ports(node), result=log.Result.FAILED)
    assert ran_out(node)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("caller", "location", "subject", "says"),
    [
        ("1000", "2nd floor", "Emergency call to 112 from 1000 Ada Lovelace", ["Ada Lovelace", "Location: 2nd floor"]),
        ("1000", "", "Emergency call to 112 from 1000 Ada Lovelace", ["No location is entered for this extension."]),
        ("1999", "", "Emergency call to 112 from 1999", ["called 112 at"]),
    ],
)
def test_who_called_for_help_from_where_is_mailed(
    ada: User, caller: str, location: str, subject: str, says: list[str]
) -> None:
    ada.last_name = "Lovelace"
    ada.save()
    make_extension("1000", user=ada)
    at = timezone.now().isoformat()
    outbox.send(emails.EMERGENCY, ada, dialed="112", caller=caller, at=at, location=location)
    words = emails.emergency_call(Email.objects.get())
    assert words.subject == subject
    for each in says:
        assert each in words.text


@pytest.mark.django_db
def test_each_emergency_call_is_told_of_once(empty_engine: Path, tmp_path: Path, ada: User, vic: User) -> None:
    eve = make_user("Eve", is_active=False)
    make_extension("1000", user=vic, location="2nd floor")
    path = Path(shutil.copy(empty_engine, tmp_path / "engine.sqlite3"))
    told = [("112", "1000", "2026-11-30T00:00:00.000Z"), ("110", "1999", "2026-11-30T00:00:01.000Z")]
    with engine.opened(path) as db:

        def call(*calls: tuple[str, str, str]) -> list[str]:
            """To whom it is mailed."""
            Email.objects.all().delete()
            db.executemany("INSERT INTO emergency_call (dialed, caller, at) VALUES (?, ?, ?)", calls)
            emergency_calls.tell(db)
            assert db.execute("SELECT count(*) FROM emergency_call").fetchone() == (0,)
            return [each.to for each in Email.objects.order_by("pk")]

        assert call(*told) == [ada.email, ada.email]  # who may change what happens
        first, second = Email.objects.order_by("pk")
        assert first.facts == {"dialed": "112", "caller": "1000", "at": told[0][2], "location": "2nd floor"}
        assert (first.kind, second.facts["location"]) == ("emergency_call", "")
        found = AuditRecord.objects.filter(action="emergency.called").order_by("pk")
        assert [(each.by, each.on, each.detail) for each in found] == [
            (vic.pk, "1000", {"dialed": "112", "location": "2nd floor"}),
            (0, "1999", {"dialed": "110", "location": ""}),
        ]
        assert call() == []
        chosen = Emergency.load()
        chosen.people = [vic.pk, eve.pk]
        chosen.save()
        assert call(told[0]) == [vic.email]
        User.objects.filter(pk=vic.pk).update(email=None)
        assert call(told[0]) == [ada.email]
