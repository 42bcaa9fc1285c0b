"""Who hears a message: its own person, and nobody else without the permission for it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from asterisk.backend import Asterisk
from asterisk.live import voicemail_spool as spool
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from extensions.models import SipExtension, VoicemailMessage
from extensions.pbx import Folder, MailboxOpen, MessageGone, PbxError
from tests.asterisk.live.test_voicemail_spool import put
from tests.pages import html_of
from tests.people import make_extension, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def vics(settings: Settings, tmp_path: Path) -> SipExtension:
    settings.ASTERISK_DIR = tmp_path
    return make_extension("1000", user=make_user("Vic"), voicemail=True)


@pytest.fixture
def message(vics: SipExtension, tmp_path: Path) -> VoicemailMessage:
    put(tmp_path, spool.NEW, 0, "1796000000-00000001").with_suffix(".wav").write_bytes(b"RIFF" + bytes(996))
    return VoicemailMessage.objects.create(
        extension=vics, message_id="1796000000-00000001", folder=Folder.NEW, caller_number="1001", caller_name="Grace",
        left_at=datetime(2026, 11, 28, 17, tzinfo=UTC), seconds=21, size=1000,
    )  # fmt: skip


def sound_of(message: VoicemailMessage) -> str:
    return f"/extensions/1000/voicemail/{message.pk}/sound/"


def content(answer: Any) -> bytes:
    return b"".join(answer)  # to its end: then the client closes it


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def listener(reach: str = Role.Reach.ALL) -> User:
    granted = [Permission.VIEW_EXTENSIONS, Permission.LISTEN_VOICEMAIL]
    role = Role.objects.create(name="Listens", granted=[each.value for each in granted], reach=reach)
    user = make_user("Lis")
    User.objects.filter(pk=user.pk).update(role=role)
    return User.objects.get(pk=user.pk)


def test_the_own_person_sees_hears_and_downloads(client: Client, vics: SipExtension, message: VoicemailMessage) -> None:
    signed_in(client, vics.user)
    page = html_of(client, "/extensions/1000/")
    assert "Grace (1001)" in page
    assert sound_of(message) in page
    answer = client.get(sound_of(message))
    assert (answer.status_code, answer["Content-Type"]) == (200, "audio/wav")
    assert content(answer)[:4] == b"RIFF"
    part = client.get(sound_of(message), headers={"Range": "bytes=4-13"})
    assert (part.status_code, part["Content-Range"], len(content(part))) == (206, "bytes 4-13/1000", 10)
    saved = client.get(f"{sound_of(message)}?download")
    assert saved["Content-Disposition"] == 'attachment; filename="voicemail-1000-20261128-170000.wav"'
    assert len(content(saved)) == 1000
    assert not AuditRecord.objects.filter(action="extension.voicemail_heard").exists()


def test_the_sizes_are_of_those_that_are_counted_beside_them(
    client: Client, vics: SipExtension, message: VoicemailMessage
) -> None:
    message.pk, message.message_id, message.folder, message.size = None, "2", Folder.DELETED, 5000
    message.save()
    page = " ".join(html_of(signed_in(client, vics.user), "/extensions/1000/").split())
    assert "1 message, 1000 bytes." in page
    assert "1 deleted message, 4.9 KB" in page


@pytest.mark.parametrize("role", ["super_administrator", "administrator", "human_resource"])
def test_no_administrator_hears_it_or_sees_that_it_is_there(
    client: Client, vics: SipExtension, message: VoicemailMessage, role: str
) -> None:
    signed_in(client, make_user("Ada", role=role))
    assert "Grace (1001)" not in html_of(client, "/extensions/1000/")
    for path in ("/extensions/1000/voicemail/", sound_of(message)):
        assert client.get(path).status_code == 403
    assert client.post(f"/extensions/1000/voicemail/{message.pk}/delete/").status_code == 403


@pytest.mark.parametrize("part", ["bytes=1-", "bytes=00-", "bytes=-999"])
def test_who_leaves_the_beginning_out_is_recorded_too(
    client: Client, vics: SipExtension, message: VoicemailMessage, part: str
) -> None:
    lis = signed_in(client, listener())
    assert content(lis.get(sound_of(message), headers={"Range": part}))
    assert AuditRecord.objects.filter(action="extension.voicemail_heard").count() == 1
    assert content(lis.get(sound_of(message), headers={"Range": "bytes=500-"}))
    assert AuditRecord.objects.filter(action="extension.voicemail_heard").count() == 1


def test_who_goes_on_with_one_after_another_is_not_recorded_again(
    client: Client, vics: SipExtension, message: VoicemailMessage, tmp_path: Path
) -> None:
    put(tmp_path, spool.NEW, 1, "1796000000-00000002").with_suffix(".wav").write_bytes(b"RIFF" + bytes(996))
    lis, first = signed_in(client, listener()), sound_of(message)
    message.pk, message.message_id = None, "1796000000-00000002"
    message.save()
    for path, wanted in ((first, "bytes=0-"), (sound_of(message), "bytes=0-"), (first, "bytes=500-")):
        assert content(lis.get(path, headers={"Range": wanted}))
    assert AuditRecord.objects.filter(action="extension.voicemail_heard").count() == 2


def test_who_may_listen_is_recorded_each_time_and_changes_nothing(
    client: Client, vics: SipExtension, message: VoicemailMessage
) -> None:
    lis = signed_in(client, listener())
    page = html_of(lis, "/extensions/1000/")
    assert sound_of(message) in page
    assert "Mark as heard" not in page
    for wanted in ("bytes=0-", "bytes=500-"):
        assert content(lis.get(sound_of(message), headers={"Range": wanted}))
    (record,) = AuditRecord.objects.filter(action="extension.voicemail_heard")
    assert (record.number, record.detail["caller"]) == ("1000", "1001")
    assert lis.post(f"/extensions/1000/voicemail/{message.pk}/delete/").status_code == 403
    message.refresh_from_db()
    assert message.folder == Folder.NEW


def test_the_permission_reaches_no_further_than_the_role(
    client: Client, vics: SipExtension, message: VoicemailMessage
) -> None:
    signed_in(client, listener(Role.Reach.ORGANIZATIONS))
    assert client.get(sound_of(message)).status_code == 404


def test_a_super_administrator_can_give_the_permission_and_edit_who_has_it(client: Client, vics: SipExtension) -> None:
    ada = make_user("Ada", role="super_administrator")
    assert not ada.can(Permission.LISTEN_VOICEMAIL)
    assert ada.reaches_up_to(listener().role)
    assert "Others&#x27; Voicemail" in html_of(signed_in(client, ada), "/roles/add/")
    assert not make_user("Max", role="administrator").reaches_up_to(Role.objects.get(name="Listens"))


@pytest.mark.parametrize("key", [0, 99999])
def test_no_message_is_a_404(client: Client, vics: SipExtension, message: VoicemailMessage, key: int) -> None:
    signed_in(client, vics.user)
    assert client.get(f"/extensions/1000/voicemail/{key}/sound/").status_code == 404


def test_the_message_of_another_mailbox_is_not_found_by_its_key(
    client: Client, vics: SipExtension, message: VoicemailMessage
) -> None:
    other = make_extension("1001", user=make_user("Grace"), voicemail=True)
    signed_in(client, other.user)
    assert client.get(f"/extensions/1001/voicemail/{message.pk}/sound/").status_code == 404
    assert client.get(sound_of(message)).status_code == 404


def test_a_recording_that_is_gone_is_a_404(
    client: Client, vics: SipExtension, message: VoicemailMessage, tmp_path: Path
) -> None:
    for file in spool.box(tmp_path, "1000").rglob("msg*"):
        file.unlink()
    assert signed_in(client, vics.user).get(sound_of(message)).status_code == 404


class RefusingPbx(Asterisk):
    """One that does not move a message: why stands in `trouble`."""

    trouble: ClassVar[PbxError] = PbxError()

    def move_message(self, number: str, message_id: str, folder: str) -> None:  # noqa: ARG002
        raise self.trouble


@pytest.mark.parametrize(
    ("trouble", "said", "is_left"),
    [
        (MessageGone(), "This message is no longer in the mailbox.", False),
        (MailboxOpen("Somebody is in it."), "The message was not changed. Somebody is in it.", True),
    ],
)
def test_a_message_that_cannot_be_moved_is_said(
    client: Client, vics: SipExtension, message: VoicemailMessage, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    trouble: PbxError, said: str, is_left: bool,
) -> None:  # fmt: skip
    settings.PBX = "tests.extensions.calls.voicemail.test_views.RefusingPbx"
    monkeypatch.setattr(RefusingPbx, "trouble", trouble)
    answer = signed_in(client, vics.user).post(f"/extensions/1000/voicemail/{message.pk}/heard/", follow=True)
    assert [str(each) for each in answer.context["messages"]] == [said]
    assert VoicemailMessage.objects.filter(folder=Folder.NEW).exists() is is_left


class MovingPbx(Asterisk):
    """One that moves each message at once."""

    def move_message(self, number: str, message_id: str, folder: str) -> None:
        pass


@pytest.mark.parametrize(
    ("how", "folder", "said"),
    [
        ("heard", Folder.HEARD, "Message marked as heard."),
        ("new", Folder.NEW, "Message marked as new."),
        ("delete", Folder.DELETED, "Message deleted. You can restore it for a day."),
        ("restore", Folder.HEARD, "Message restored."),
    ],
)
def test_a_message_is_moved_and_it_is_said_unless_the_page_shows_it(
    client: Client, vics: SipExtension, message: VoicemailMessage, settings: Settings, how: str, folder: str, said: str
) -> None:
    settings.PBX = "tests.extensions.calls.voicemail.test_views.MovingPbx"
    path, vic = f"/extensions/1000/voicemail/{message.pk}/{how}/", signed_in(client, vics.user)
    answer = vic.post(path, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "Grace (1001)" in answer.content.decode()
    assert not [*get_messages(answer.wsgi_request)]
    assert VoicemailMessage.objects.get().folder == folder
    VoicemailMessage.objects.update(folder="")
    answer = vic.post(path)
    assert answer["Location"] == "/extensions/1000/#voicemail"
    assert [str(each) for each in get_messages(answer.wsgi_request)] == [said]
    assert VoicemailMessage.objects.get().folder == folder
