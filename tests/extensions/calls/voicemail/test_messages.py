"""What was found in mailboxes becomes rows, and each new message one e-mail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from core.audit.models import AuditRecord
from core.events.models import Event
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import actions
from extensions.calls.voicemail import messages
from extensions.calls.voicemail.messages import Found
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.people import make_extension, make_user

pytestmark = pytest.mark.django_db

LEFT_AT = datetime(2026, 11, 28, 17, tzinfo=UTC)
MESSAGE = Found("1796000000-00000001", Folder.NEW, "1001", "Grace", LEFT_AT, 21, 336_044, written_at=LEFT_AT)


@pytest.fixture
def extension() -> SipExtension:
    return make_extension("1000", user=make_user("Ada"), voicemail=True)


def emails() -> int:
    return Email.objects.filter(kind="voicemail").count()


def folders() -> list[str]:
    return [each.folder for each in VoicemailMessage.objects.there()]


def test_a_new_message_is_a_row_and_one_email(extension: SipExtension) -> None:
    for _ in range(3):
        messages.note("1000", [MESSAGE])
    row = VoicemailMessage.objects.get()
    assert (row.extension, row.caller, row.length, row.is_new) == (extension, "Grace (1001)", "0:21", True)
    assert emails() == 1
    messages.note("1000", [replace(MESSAGE, folder=Folder.HEARD)])
    assert (folders(), emails()) == (["heard"], 1)


def test_one_that_was_heard_before_anybody_looked_needs_no_email(extension: SipExtension) -> None:
    messages.note("1000", [replace(MESSAGE, folder=Folder.HEARD)])
    assert (folders(), emails()) == (["heard"], 0)


def test_who_wants_no_email_gets_none(extension: SipExtension) -> None:
    SipExtension.objects.update(voicemail_email="none")
    messages.note("1000", [MESSAGE])
    assert (folders(), emails()) == (["new"], 0)


def test_one_that_is_missed_for_a_moment_comes_back_without_a_second_email(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE])
    messages.note("1000", [])
    assert (folders(), emails()) == ([], 1)
    messages.note("1000", [MESSAGE])
    assert (folders(), emails()) == (["new"], 1)


def test_the_time_of_a_move_is_that_of_another_folder_alone(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE])
    left = VoicemailMessage.objects.get().moved_at
    messages.note("1000", [])
    messages.note("1000", [MESSAGE])
    assert VoicemailMessage.objects.get().moved_at == left, "it was only out of sight"
    before = timezone.now()
    messages.note("1000", [replace(MESSAGE, folder=Folder.HEARD)])
    assert VoicemailMessage.objects.get().moved_at >= before


def test_one_that_is_forwarded_again_after_it_was_erased_is_a_new_one(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE])
    first = VoicemailMessage.objects.get()
    messages.note("1000", [])
    again = replace(MESSAGE, written_at=timezone.now())  # with the same id
    for _ in range(2):
        messages.note("1000", [again])
    row = VoicemailMessage.objects.get()
    assert (row.gone_at, row.pk == first.pk, emails()) == (None, False, 2)


def test_rows_of_what_is_gone_are_forgotten_in_the_end(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE])
    messages.note("1000", [])
    VoicemailMessage.objects.update(gone_at=timezone.now() - messages.KEPT_AS_GONE - timedelta(seconds=1))
    messages.note("1000", [])
    assert not VoicemailMessage.objects.exists()


def test_a_mailbox_of_nobody_is_nobodys(extension: SipExtension) -> None:
    messages.note("1001", [MESSAGE])
    assert (VoicemailMessage.objects.count(), emails()) == (0, 0)


def test_rows_stay_when_the_extension_is_deleted_and_are_not_the_next_persons(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE])
    actions.delete("1000", None)
    other = make_extension("1000", voicemail=True)
    assert not VoicemailMessage.objects.filter(extension=other).exists()
    assert VoicemailMessage.objects.get().extension_id == extension.pk


def test_days_to_keep(extension: SipExtension) -> None:
    messages.note("1000", [MESSAGE, replace(MESSAGE, message_id="2", left_at=MESSAGE.left_at + timedelta(days=9))])
    assert messages.too_old(timezone.now() + timedelta(days=3650)) == []
    Preferences.objects.update(voicemail_days=30)
    assert messages.too_old(MESSAGE.left_at + timedelta(days=29)) == []
    assert [each.message_id for each in messages.too_old(MESSAGE.left_at + timedelta(days=31))] == [MESSAGE.message_id]


def test_a_damaged_one_is_in_the_log_and_an_event_for_a_day(extension: SipExtension) -> None:
    messages.damaged("1000", kept=0, lost=0)
    assert not Event.objects.exists()
    for kept, lost in ((0, 1), (1, 0)):
        messages.damaged("1000", kept=kept, lost=lost)
        record = AuditRecord.objects.latest("pk")
        assert dict(record.more) == {"Messages saved": str(kept), "Messages lost": str(lost)}
    messages.damaged("1000", kept=1, lost=2)
    record = AuditRecord.objects.filter(action="extension.voicemail_damaged").latest("pk")
    assert (record.number, record.more) == ("1000", [("Messages saved", "1"), ("Messages lost", "2")])
    messages.tidy()
    event = Event.objects.open().get()
    assert (event.kind, event.subject) == ("voicemail", "1000")
    Event.objects.update(began_at=timezone.now() - timedelta(days=1, minutes=1))
    messages.tidy()
    assert not Event.objects.open().exists()
