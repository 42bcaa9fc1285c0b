"""What is said of the mailbox of somebody who leaves, or is deleted."""

from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.preferences.models import Preferences
from extensions import actions
from extensions.fields import MessagesThen
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder
from tests.extensions.leaving.leaver import LEAVE, again, errors, leaves
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


COLLEAGUE = {"calls": "colleague", "colleague": "1002"}


@pytest.fixture
def linus_with_mailbox(linus: SipExtension) -> SipExtension:
    SipExtension.objects.filter(pk=linus.pk).update(voicemail=True)
    return again(linus)


def test_the_question_says_how_much_there_is(adas: Client, messages: None) -> None:
    page = " ".join(html_of(adas, "/extensions/1001/leave/").split())
    assert "What happens to voicemail?" in page
    assert "<p> 2 messages </p>" in page


def test_a_greeting_alone_is_asked_for_as_well(
    adas: Client, grace: SipExtension, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    greeting = tmp_path / "unavail.wav"
    greeting.touch()
    monkeypatch.setattr("asterisk.backend.Asterisk.greeting", lambda _self, _number: greeting)
    page = " ".join(html_of(adas, "/extensions/1001/leave/").split())
    assert "What happens to voicemail?" in page
    assert "1 greeting" in page


def test_where_nothing_was_left_nothing_is_asked(adas: Client, grace: SipExtension) -> None:
    assert "What happens to voicemail?" not in html_of(adas, "/extensions/1001/leave/")


def test_messages_can_be_copied_to_the_colleague(
    adas: Client, messages: None, linus_with_mailbox: SipExtension
) -> None:
    page = summary(adas, messages="copy", **COLLEAGUE)
    assert '2 messages are copied to <span class="number">1002</span>, and kept until the extension is deleted' in page
    assert '<input type="hidden" name="messages" value="copy">' in page


def test_they_can_be_deleted(adas: Client, ada: User, grace: SipExtension, messages: None) -> None:
    page = summary(adas, messages="delete", keep="7")
    assert "2 messages are deleted, with the greeting" in page
    assert "Its mailbox with 2 voicemail messages" not in page
    leaves(grace, ada, messages="delete")
    assert again(grace).messages_then == MessagesThen.DELETE
    assert 'value="delete"\n        checked' in html_of(adas, "/extensions/1001/leave/")
    assert actions.come_back("1001", ada)
    assert again(grace).messages_then == MessagesThen.KEEP


def test_they_are_copied_only_where_there_is_a_place(
    adas: Client, messages: None, linus_with_mailbox: SipExtension
) -> None:
    assert "Choose a colleague whose phones ring" in errors(adas, messages="copy")["id_messages"]
    Preferences.objects.update(voicemail_messages=1)
    assert "has no room for them" in errors(adas, messages="copy", **COLLEAGUE)["id_messages"]
    SipExtension.objects.filter(number="1002").update(voicemail=False)
    assert "has no voicemail" in errors(adas, messages="copy", **COLLEAGUE)["id_messages"]
    assert "Choose" in errors(adas, messages="burn", **COLLEAGUE)["id_messages"]


def test_the_page_says_that_a_mailbox_is_kept_while_it_is_disabled(adas: Client, ada: User, messages: None) -> None:
    actions.disable("1001", ada)
    assert "Voicemail messages are kept." in html_of(adas, "/extensions/1001/")
    SipExtension.objects.update(voicemail=False)
    assert "Voicemail messages are kept." not in html_of(adas, "/extensions/1001/")


def test_the_page_of_somebody_offboarded_says_what_became_of_it(
    adas: Client, ada: User, grace: SipExtension, messages: None, linus_with_mailbox: SipExtension
) -> None:
    leaves(grace, ada)
    assert "Voicemail messages are kept." in html_of(adas, "/extensions/1001/")
    leaves(grace, ada, messages="copy", **COLLEAGUE)
    assert '<span class="number">1002</span> has a copy of the voicemail messages.' in html_of(
        adas, "/extensions/1001/"
    )
    leaves(grace, ada, messages="delete")
    assert "Voicemail is deleted." in html_of(adas, "/extensions/1001/")
