"""What the portal's database is told of mailboxes. With Asterisk: tests/pbx/voicemail."""

import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from pytest_django.fixtures import Settings

from asterisk.live import voicemail_recorder
from asterisk.live import voicemail_spool as spool
from asterisk.live.voicemail_recorder import Mailboxes
from asterisk.nodes import from_settings
from core.audit.models import AuditRecord
from extensions.calls.voicemail import messages
from extensions.models import VoicemailMessage
from extensions.pbx import Folder
from tests.asterisk.live.test_voicemail_repair import LEFT_AT
from tests.asterisk.live.test_voicemail_spool import put
from tests.asterisk.manager import Manager
from tests.people import make_extension

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailboxes(manager: Manager, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Mailboxes:
    """Without its thread. 1000 has one."""
    settings.PBX = "asterisk.backend.Asterisk"
    monkeypatch.setattr(voicemail_recorder, "connections", SimpleNamespace(close_all=lambda: None))
    make_extension("1000", voicemail=True, voicemail_pin="4711")
    return Mailboxes(from_settings().directory)


def look(mailboxes: Mailboxes) -> set[str]:
    """At what has changed. What was not written down."""
    return mailboxes._look(mailboxes._unseen())


def ids() -> list[str]:
    return list(VoicemailMessage.objects.there().order_by("message_id").values_list("message_id", flat=True))


def test_messages_are_written_down_as_they_lie_on_the_pbx(mailboxes: Mailboxes) -> None:
    folders = {"INBOX": Folder.NEW, "Urgent": Folder.NEW, "Old": Folder.HEARD, "Work": Folder.HEARD}
    folders |= {"Friends": Folder.HEARD, "Cust5": Folder.DELETED}
    for at, folder in enumerate(folders):
        put(mailboxes._directory, folder, 0, f"id-{at}")
    put(mailboxes._directory, "INBOX", 0, "id-9", number="1999")
    assert mailboxes._unseen() == {"1000", "1999"}
    assert look(mailboxes) == set()
    rows = list(VoicemailMessage.objects.order_by("message_id"))
    assert [(each.message_id, each.folder) for each in rows] == [
        (f"id-{at}", folder) for at, folder in enumerate(folders.values())
    ]
    left_at = datetime.fromtimestamp(1796000000, UTC)
    assert {(each.caller_number, each.caller_name, each.left_at, each.seconds, each.size) for each in rows} == {
        ("1001", "Grace Hopper", left_at, 21, 4)
    }
    assert mailboxes._unseen() == set()
    put(mailboxes._directory, "INBOX", 0, "id-0").unlink()
    assert mailboxes._unseen() == {"1000"}
    look(mailboxes)
    assert ids() == [f"id-{at}" for at in range(1, 6)]


def test_what_the_database_does_not_take_is_looked_at_again(
    mailboxes: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(mailboxes._directory, "INBOX", 0, "id-0")
    put(mailboxes._directory, "INBOX", 0, "id-1", number="1001")
    note = messages.note

    def busy(number: str, found: list[messages.Found]) -> None:
        if number == "1000":
            raise DatabaseError
        note(number, found)

    with monkeypatch.context() as patch:
        patch.setattr(messages, "note", busy)
        assert look(mailboxes) == {"1000"}
    assert mailboxes._unseen() == {"1000"}
    assert look(mailboxes) == set()
    assert ids() == ["id-0"]


def test_a_mailbox_that_cannot_be_read_hides_no_other(mailboxes: Mailboxes) -> None:
    put(mailboxes._directory, "INBOX", 0, "id-0", number="1000")
    stale = spool.box(mailboxes._directory, "1000") / "INBOX/.lock"
    stale.touch()
    os.utime(stale, (LEFT_AT, LEFT_AT))
    spool.box(mailboxes._directory, "0999").touch()  # no folder
    assert mailboxes._unseen() == {"0999", "1000"}
    assert not stale.exists()
    assert look(mailboxes) == set()
    assert ids() == ["id-0"]


def test_two_messages_of_one_id_are_two(mailboxes: Mailboxes) -> None:
    put(mailboxes._directory, "INBOX", 0, "id-0")
    put(mailboxes._directory, "Old", 0, "id-0")
    look(mailboxes)
    assert len(ids()) == 2
    assert "id-0" in ids()


def test_a_message_without_words_is_mended_once_it_is_not_being_written(mailboxes: Mailboxes) -> None:
    put(mailboxes._directory, "INBOX", 0, "id-0")
    text = put(mailboxes._directory, "INBOX", 1, "id-1")
    text.write_bytes(b"")
    look(mailboxes)
    assert (ids(), mailboxes._mend()) == (["id-0"], set())
    os.utime(text, (LEFT_AT, LEFT_AT))
    text.with_suffix(".wav").write_bytes(bytes(100_000))
    assert mailboxes._mend() == {"1000"}
    record = AuditRecord.objects.get(action="extension.voicemail_damaged")
    assert (record.number, record.detail) == ("1000", {"messages_kept": 1, "messages_lost": 0})
    look(mailboxes)
    assert len(ids()) == 2
    text.write_bytes(b"")
    os.utime(text, (LEFT_AT, LEFT_AT))
    assert mailboxes._mend() == set()  # nobody has seen it change
