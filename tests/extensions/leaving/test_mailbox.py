"""What is said of the mailbox of somebody who leaves, or is deleted."""

import pytest
from django.test import Client
from django.utils import timezone

from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.extensions.leaving.leaver import LEAVE
from tests.pages import html_of

KEPT = "messages are kept until the extension is deleted"


@pytest.fixture
def messages(grace: SipExtension) -> None:
    SipExtension.objects.filter(pk=grace.pk).update(voicemail=True)
    for number, folder in enumerate((Folder.NEW, Folder.HEARD, Folder.DELETED)):
        VoicemailMessage.objects.create(
            extension=grace, message_id=str(number), folder=folder, left_at=timezone.now(), seconds=9, size=9
        )


def summary(client: Client, **answers: str) -> str:
    return " ".join(
        client.post("/extensions/1001/leave/", {**LEAVE, "then": "check", **answers}).content.decode().split()
    )


def test_who_leaves_keeps_the_messages_and_gets_no_new_ones(adas: Client, messages: None) -> None:
    page = summary(adas)
    assert "Voicemail: callers can no longer leave a message." in page
    assert f"2 {KEPT}" in page


def test_a_colleague_whose_phones_ring_gets_the_new_ones(adas: Client, messages: None, linus: SipExtension) -> None:
    page = summary(adas, calls="colleague", colleague="Torvalds")
    assert 'callers can leave a message for <span class="number">1002</span>' in page
    assert f"2 {KEPT}" in page


def test_where_there_is_no_mailbox_nothing_is_said(adas: Client, grace: SipExtension) -> None:
    assert "oicemail" not in summary(adas)


def test_what_is_deleted_on_a_day_takes_the_messages_along(adas: Client, messages: None) -> None:
    assert "Its mailbox with 2 voicemail messages. An undo brings them back" in summary(adas, keep="7")


def test_before_deleting_the_messages_are_counted(adas: Client, messages: None) -> None:
    assert "Its mailbox with 2 voicemail messages. An undo brings them back" in html_of(
        adas, "/extensions/1001/delete/"
    )
    VoicemailMessage.objects.exclude(folder=Folder.NEW).delete()
    assert "Its mailbox with 1 voicemail message. An undo brings it back" in html_of(adas, "/extensions/1001/delete/")


def test_an_empty_mailbox_is_not_worth_a_word(adas: Client, messages: None) -> None:
    VoicemailMessage.objects.exclude(folder=Folder.DELETED).delete()
    assert "mailbox" not in html_of(adas, "/extensions/1001/delete/")
