"""Calls that find no free port for their sound."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from asterisk import nodes
from asterisk.live import listener, port_recorder
from asterisk.live import store as live
from asterisk.live.port_recorder import PortRecorder
from asterisk.live.refused_calls import FILE, Refused, RefusedCalls
from asterisk.nodes import Node
from asterisk.process.embedded import Embedded
from core import file_lock
from core.audit.models import AuditRecord
from tests.conftest import TOLD_OF_PORTS
from tests.pages import html_of
from tests.pbx.office import Office, dial, eventually, refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def one_call(asterisk: Embedded, settings: LazySettings) -> Iterator[None]:
    """An Asterisk whose ports are enough for a call between two phones, and what the listener tells."""
    whole, first = asterisk.node, asterisk.node.rtp_first
    settings.RTP_PORTS = (first, first + 3)
    asterisk.node = replace(whole, rtp_last=first + 3)
    asterisk.restart()
    recorder = PortRecorder(nodes.from_settings())
    recorder.start()
    TOLD_OF_PORTS.append(recorder.notice)
    yield
    TOLD_OF_PORTS.remove(recorder.notice)
    recorder.stop()
    asterisk.node = whole
    asterisk.restart()


def entries() -> list[tuple[str, object]]:
    found = AuditRecord.objects.filter(action="ports.ran_out").order_by("id")
    return [(each.result, each.on) for each in found]


def test_running_out_is_told_in_the_log_and_the_header(
    one_call: None, office: Office, client: Client, ada: User, settings: LazySettings
) -> None:
    first, last = settings.RTP_PORTS
    client.force_login(ada)
    assert eventually(lambda: "PBX running" in html_of(client, "/pbx/"))
    phones = [office.registered() for _ in range(3)]
    for phone in phones[:2]:
        phone.call("*43").wait_answered()
    assert entries() == []
    assert "Out of RTP ports" not in html_of(client, "/pbx/")
    assert refusal(dial(phones[2], "*43")) == 488
    assert eventually(lambda: entries() == [("failed", f"{first}-{last}")], 60)
    page = html_of(client, "/pbx/")
    assert "Out of RTP ports" in page
    assert 'href="/preferences/network/"' in page
    assert "ran out of RTP ports" in html_of(client, "/log/")
    settings.RTP_PORTS = (first, last + 100)
    assert "Out of RTP ports" not in html_of(client, "/pbx/")


def test_the_phone_is_not_said_to_be_at_fault(one_call: None, office: Office, settings: LazySettings) -> None:
    logs = settings.ASTERISK_DIR / "log"
    phones = [office.registered() for _ in range(3)]
    for phone in phones[:2]:
        phone.call("*43").wait_answered()
    refused, begin = RefusedCalls(logs), (logs / FILE).stat().st_size
    assert refusal(dial(phones[2], "*43")) == 488
    assert eventually(lambda: b"negotiate stream" in (logs / FILE).read_bytes()[begin:].rpartition(b"\n")[0])
    assert refused.take() == Refused(sound=[], no_port=1)


def test_what_was_refused_while_nobody_listened_is_told_afterwards(asterisk: Embedded, tmp_path: Path) -> None:
    node = replace(asterisk.node, live_file=tmp_path / "live.sqlite3")
    told, over = Event(), Event()
    listening = Thread(target=listener.listen, args=(node, over.is_set), kwargs={"no_port": told.set})
    listening.start()
    assert eventually(lambda: node.live_file.exists() and last_beat_of(node) is not None)
    node.live_file.rename(tmp_path / "away")  # it connects anew
    with file_lock.acquire(node.live_file.with_suffix(".lock")), (node.directory / "log" / FILE).open("a") as log:
        print(f"ERROR[{10**9}] res_rtp_asterisk.c: Oh dear... we couldn't allocate a port for RTP instance", file=log)
    assert told.wait(10)
    over.set()
    listening.join()


def last_beat_of(node: Node) -> float | None:
    with suppress(sqlite3.OperationalError), live.opened(node.live_file) as heard:
        return live.last_beat(heard)
    return None  # its tables are being made


def test_there_is_one_entry_an_hour_and_the_header_forgets_it_in_a_day(db: None) -> None:
    node = nodes.from_settings()
    recorder = PortRecorder(node)
    assert [recorder._write() for _ in range(3)] == [True] * 3
    assert len(entries()) == 1
    assert port_recorder.ran_out(node)
    now = timezone.now()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now + timedelta(minutes=61))
        assert recorder._write()
        assert len(entries()) == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now + timedelta(hours=26))
        assert not port_recorder.ran_out(node)
