"""Which numbers have a phone, as the list of extensions is told beside the listener."""

from dataclasses import replace
from pathlib import Path

import pytest

from asterisk.live import store as live
from asterisk.live.registration_recorder import RegistrationRecorder
from asterisk.nodes import Node, from_settings
from extensions.listing import registrations
from tests.people import make_extension

pytestmark = pytest.mark.django_db


@pytest.fixture
def node(tmp_path: Path) -> Node:
    node = replace(from_settings(), directory=tmp_path, live_file=tmp_path / "live.sqlite3")
    live.prepare(node.live_file)
    return node


def hear(node: Node, *numbers: str, hears: bool = True) -> None:
    with live.opened(node.live_file) as db:
        phones = [live.Contact(number, number, "192.0.2.1:5060", "", "Reachable", 1, 1) for number in numbers]
        live.replace_all(db, phones, {})
        live.beat(db, hears=hears)


def test_the_list_follows_what_is_heard_and_stays_where_nothing_is(node: Node) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    recorder = RegistrationRecorder(node)
    recorder.write()
    assert registrations.noted() == set()
    hear(node, "1000", "1001")
    recorder.write()
    assert registrations.noted() == {1000, 1001}
    hear(node, "1001", "1002")
    recorder.write()
    assert registrations.noted() == {1001, 1002}
    hear(node, hears=False)
    recorder.write()
    assert registrations.noted() == {1001, 1002}
    node.live_file.write_bytes(b"no table" * 99)
    recorder.write()
    assert registrations.noted() == {1001, 1002}
