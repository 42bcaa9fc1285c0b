"""In which profiles a phone may offer its sound. Those that encrypt it are in tests/clients: this phone cannot."""

import pytest

from tests.pbx.office import Office
from tests.pbx.test_calls import hears
from tests.phones import sdp
from tests.phones.audio import Audio
from tests.phones.call import OutgoingCall
from tests.phones.phone import Phone


def offering(profile: str, caller: Phone, number: str) -> OutgoingCall:
    with caller.wire.changed:
        call = OutgoingCall(caller.line, caller.line.dialog(number), Audio(caller.wire.host))
        call.audio.profile = profile
        caller._calls[call.dialog.call_id] = call
        call.start()
    return call


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/AVPF"])
def test_sound_goes_both_ways_and_the_answer_has_the_profile_of_the_offer(office: Office, profile: str) -> None:
    caller, callee = office.registered(), office.registered()
    outgoing = offering(profile, caller, callee.number)
    incoming = callee.wait_call()
    incoming.answer()
    outgoing.wait_answered()
    assert outgoing.audio.profile == profile
    outgoing.start_audio(400)
    incoming.start_audio(700)
    assert hears(outgoing, 700)
    assert hears(incoming, 400)


def test_a_phone_is_offered_plain_sound_which_it_may_encrypt(office: Office) -> None:
    callee = office.registered()
    office.registered().call(callee.number)
    offer = callee.wait_call().invite.body
    assert offer.count(b"m=audio") == 1
    media = sdp.parse(offer)
    assert media
    assert media.profile == "RTP/AVP"
    assert b"a=crypto:" in offer
