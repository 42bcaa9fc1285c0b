"""Phones that offer encrypted sound, in the words of each program, and those that take it."""

import pytest

from asterisk.ami.protocol import parse
from tests.clients.baresip import Baresip
from tests.clients.client import Softphone
from tests.clients.linphone import Linphone
from tests.clients.pjsua import Pjsua
from tests.clients.test_clients import Begin, called_by, calling, hold_and_resume
from tests.pbx.office import Office, asked, eventually
from tests.pbx.test_calls import CLOSE

LINPHONE_DEMANDS = "media_encryption=srtp\nmedia_encryption_mandatory=1"
DEMANDING = [
    pytest.param(Baresip, "srtp-mand", id="baresip RTP/SAVP"),
    pytest.param(Baresip, "srtp-mandf", id="baresip RTP/SAVPF"),
    pytest.param(Linphone, LINPHONE_DEMANDS, id="linphone RTP/SAVP"),
    pytest.param(Pjsua, "mandatory", id="pjsua RTP/SAVP"),
]
WITHOUT_SAVP = ("baresip RTP/SAVPF",)  # it refuses an offer in another profile than its own
OFFERING = [
    pytest.param(Baresip, "srtp", id="baresip RTP/AVP with keys"),
    pytest.param(Pjsua, "optional", id="pjsua RTP/AVP with keys"),
]


def is_encrypted(client: Softphone) -> bool:
    """Whether Asterisk encrypts the sound between it and that phone."""
    answer = asked("CoreShowChannels", b"EventList: Complete")
    channels = [parse(each).get("Channel", "") for each in answer.split(b"\r\n\r\n") if each]
    (its,) = [each for each in channels if each.startswith(f"PJSIP/{client.account.user_name}-")]
    return parse(asked("Getvar", Channel=its, Variable="CHANNEL(rtp,secure,audio)")).get("Value") == "1"


@pytest.mark.parametrize(("kind", "offers"), [*DEMANDING, *OFFERING])
def test_what_is_offered_encrypted_is_encrypted(
    office: Office, begin: Begin, kind: type[Softphone], offers: str
) -> None:
    client = begin(kind, offers=offers)
    call = called_by(client, office)
    assert is_encrypted(client)
    client.hang_up()
    call.wait_ended()


def test_of_encrypted_and_plain_sound_side_by_side_the_encrypted_is_taken(office: Office, begin: Begin) -> None:
    """RTP/SAVP, then RTP/AVP."""
    client = begin(Pjsua, offers="both")
    call = called_by(client, office)
    assert is_encrypted(client)
    client.hang_up()
    call.wait_ended()


@pytest.mark.parametrize(("kind", "offers"), OFFERING)
def test_who_can_encrypt_does_so_when_called(office: Office, begin: Begin, kind: type[Softphone], offers: str) -> None:
    client = begin(kind, offers=offers)
    calling(client, office)
    assert is_encrypted(client)


@pytest.mark.parametrize(("kind", "offers"), [each for each in DEMANDING if each.id not in WITHOUT_SAVP])
def test_who_demands_encryption_can_be_called_where_it_is_required(
    office: Office, begin: Begin, kind: type[Softphone], offers: str
) -> None:
    client = begin(kind, offers=offers, wish={"media_encryption": "required"})
    calling(client, office)
    assert is_encrypted(client)


def test_who_cannot_encrypt_is_heard_and_hears(office: Office, begin: Begin) -> None:
    client = begin(Pjsua)
    calling(client, office)
    assert not is_encrypted(client)


@pytest.mark.parametrize(("kind", "offers"), DEMANDING)
def test_an_encrypted_call_is_held_and_resumed(
    office: Office, begin: Begin, kind: type[Softphone], offers: str
) -> None:
    client = begin(kind, offers=offers)
    hold_and_resume(client, called_by(client, office))
    assert is_encrypted(client)


def test_two_phones_that_encrypt_hear_each_other(office: Office, begin: Begin) -> None:
    one, other = begin(Pjsua, offers="mandatory"), begin(Baresip, offers="srtp")
    one.call(other.account.user_name)
    other.answer()
    assert eventually(lambda: is_close(one.heard().frequency, other.TONE)), one
    assert eventually(lambda: is_close(other.heard().frequency, one.TONE)), other
    assert is_encrypted(one)
    assert is_encrypted(other)


def is_close(heard: float, frequency: int) -> bool:
    return abs(heard - frequency) < CLOSE
