"""Whose a mailbox is after an apply, by its files alone. With the real PBX: tests/pbx/voicemail/test_owner.py."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from asterisk.apply import mailboxes
from asterisk.engine.render import Rows
from asterisk.engine.store import Step
from asterisk.live import voicemail_spool as spool
from asterisk.nodes import from_settings
from extensions.changes import record as changes
from extensions.fields import MessagesThen
from extensions.models import Change, SipExtension
from tests.asterisk.live.test_voicemail_spool import put
from tests.asterisk.manager import Manager
from tests.node import plan
from tests.people import make_extension

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(manager: Manager) -> Path:
    """The folder of a node where 1000 has a message."""
    directory = from_settings().directory
    put(directory, spool.NEW, 0, "1796000000-00000001")
    return directory


def wished(number: str = "1000") -> Rows:
    (step,) = plan([number])
    return step.after


def settle(place: Path, before: Rows | None = None, *more: Change) -> list[str]:
    """After an apply of the wish of 1000, before which the PBX had those rows of it (None: the same)."""
    rows = wished()
    since = [] if before is None else [Step("1000", before, rows)]
    return mailboxes.settle(place, {"1000": rows}, since, more)


def messages(place: Path, number: str = "1000") -> int:
    return len(spool.messages(place, number))


def parked(place: Path) -> list[str]:
    there = mailboxes.parked(place)
    return sorted(each.name for each in there.iterdir()) if there.is_dir() else []


def marked(place: Path) -> str:
    return (spool.box(place, "1000") / mailboxes.OWNER).read_text()


def test_a_mailbox_of_one_who_stays_is_marked_as_theirs_and_kept(place: Path) -> None:
    extension = make_extension("1000", voicemail=True)
    for before in (None, wished(), replace(wished(), mailbox=None)):
        assert settle(place, before) == []
        assert (messages(place), marked(place), parked(place)) == (1, str(extension.pk), [])


def test_a_mailbox_of_nobody_is_put_away_as_nobodys(place: Path) -> None:
    before = time.time_ns()
    assert mailboxes.settle(place, {"1000": Rows()}, []) == []
    (name,) = parked(place)
    number, _, at = name.partition("-")
    assert (messages(place), number) == (0, "1000")
    assert mailboxes.parked(place).stat().st_mode & 0o077 == 0
    assert before <= int(at) <= time.time_ns()


def test_who_is_new_hears_no_messages_of_nobody_knows_whom(place: Path) -> None:
    make_extension("1000", voicemail=True)
    settle(place, Rows())
    assert messages(place) == 0
    assert [name.partition("-")[0] for name in parked(place)] == ["1000"]


def test_what_was_left_since_the_last_apply_is_of_who_had_the_number(place: Path) -> None:
    """Its box has no mark yet; by the first change since, whoever comes after."""
    former = make_extension("1000", voicemail=True)
    whose, before = str(former.pk), changes.picture(former)
    former.delete()
    Change.objects.all().delete()
    changes.record(None, Change.Kind.DELETED, "1000", before, changes.NOTHING)
    last = make_extension("1000", voicemail=True)
    settle(place, Rows(), *Change.objects.order_by("pk"))
    assert (messages(place), parked(place)) == (0, [whose])
    put(place, spool.NEW, 0, "1796000000-00000002")
    settle(place)
    assert (messages(place), marked(place), parked(place)) == (1, str(last.pk), [whose])


def test_a_marked_mailbox_of_another_is_put_away_and_comes_back_with_them(place: Path) -> None:
    other = str(uuid4())
    (spool.box(place, "1000") / mailboxes.OWNER).write_text(other)
    extension = make_extension("1000", voicemail=True)
    (mailboxes.parked(place) / other / "of an earlier time").mkdir(parents=True)
    old = time.time()
    os.utime(spool.box(place, "1000"), (1, 1))
    settle(place)
    assert (messages(place), parked(place)) == (0, [other])
    kept = mailboxes.parked(place) / other
    assert sorted(each.name for each in kept.iterdir()) == [mailboxes.OWNER, spool.NEW]
    assert kept.stat().st_mtime >= old - 1  # it is kept from now on
    SipExtension.objects.filter(pk=extension.pk).delete()
    came_back = str(make_extension("1001", voicemail=True).pk)
    (kept / mailboxes.OWNER).write_text(came_back)
    kept.rename(kept.with_name(came_back))
    mailboxes.settle(place, {"1001": wished("1001")}, [])
    assert (messages(place, "1001"), parked(place)) == (1, [])
    (mailboxes.parked(place) / came_back).mkdir()
    mailboxes.settle(place, {"1001": wished("1001")}, [])
    assert (messages(place, "1001"), len(parked(place))) == (1, 1)  # a box that is there is not replaced


@pytest.mark.parametrize(
    ("then", "messages_left", "copied"),
    [(MessagesThen.KEEP, 1, []), (MessagesThen.DELETE, 0, []), (MessagesThen.COPY, 1, ["1001"])],
)
def test_the_messages_of_one_who_leaves(place: Path, then: MessagesThen, messages_left: int, copied: list[str]) -> None:
    colleague = make_extension("1001", voicemail=True)
    extension = make_extension("1000", voicemail=True)
    settle(place)
    leaving = {"enabled": False, "left_on": "2026-11-30", "handed_to": colleague, "messages_then": then}
    SipExtension.objects.filter(pk=extension.pk).update(**leaving)
    for now in (copied, []):
        assert settle(place) == now
        assert (messages(place), messages(place, "1001")) == (messages_left, len(copied))
        assert parked(place) == ([] if messages_left else [str(extension.pk)])
    staying = {"enabled": True, "left_on": None, "handed_to": None, "messages_then": MessagesThen.KEEP}
    SipExtension.objects.filter(pk=extension.pk).update(**staying)
    assert settle(place) == []
    assert (messages(place), parked(place)) == (1, [])


def test_one_who_leaves_without_any_message_has_none_to_delete(place: Path) -> None:
    (mailboxes.parked(place) / "another").mkdir(parents=True)
    leaving: dict[str, Any] = {"enabled": False, "left_on": "2026-11-30", "messages_then": MessagesThen.DELETE}
    make_extension("1001", **leaving)
    assert mailboxes.settle(place, {"1001": wished("1001")}, []) == []
    assert (parked(place), messages(place)) == (["another"], 1)


def test_what_was_put_away_before_a_time_is_forgotten(tmp_path: Path) -> None:
    mailboxes.forget(tmp_path, time.time())  # nothing was ever put away
    for name, at in (("old", 99), ("new", 100)):
        folder = mailboxes.parked(tmp_path) / name
        (folder / spool.NEW).mkdir(parents=True)
        os.utime(folder, (at, at))
    mailboxes.forget(tmp_path, 100)
    assert parked(tmp_path) == ["new"]
