"""Programs that are not ours, with what the extension's page says, and the suite's phone at the other end."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest

from tests.clients.baresip import Baresip
from tests.clients.client import Client, Softphone
from tests.clients.linphone import Linphone
from tests.clients.pjsua import Pjsua
from tests.clients.sipp import A_CALL_FAILED, Sipp
from tests.pbx.office import Office, eventually, rings
from tests.pbx.test_calls import CLOSE, hears
from tests.phones.call import Call

Begin = Callable[..., Any]

CLIENTS: tuple[type[Client], ...] = (Baresip, Linphone, Pjsua, Sipp)
# What is left out of the row of a program, and why.
CANNOT = {
    ("hear itself", Sipp): "it has no tone of its own: it sends back what it hears",
    ("hold", Sipp): "none of its scenarios holds",
    ("transfer", Sipp): "none of its scenarios transfers",
    ("keep a call whose transfer is refused", Sipp): "none of its scenarios transfers",
    ("keep a call whose transfer is refused", Baresip): "it ends the call itself, with BYE, when a transfer fails",
    ("be registered over TCP", Sipp): "it registers in one run and waits in the next: the connection ends in between",
}
TONES = cycle(range(600, 2000, 100))
REMEMBERED_PACKETS = 25
SILENT_SECONDS = 0.4
FAINT = 0.2


def who_can(deed: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", [kind for kind in CLIENTS if (deed, kind) not in CANNOT])


def sound_goes_both_ways(client: Client, call: Call) -> bool:
    """From now on: with a tone of the phone's that was not sent before."""
    tone = next(TONES)
    call.start_audio(tone)
    if client.sends_back:
        return hears_anew(call, tone)
    assert isinstance(client, Softphone)
    return hears_anew(call, client.TONE) and eventually(lambda: abs(client.heard().frequency - tone) < CLOSE)


def hears_anew(call: Call, frequency: int) -> bool:
    """Nothing that came before is taken for it."""
    enough = call.audio_received.packets + REMEMBERED_PACKETS
    return eventually(lambda: call.audio_received.packets >= enough) and hears(call, frequency)


def stays(count: Callable[[], int]) -> bool:
    before = count()
    return not eventually(lambda: count() != before, SILENT_SECONDS)


def called_by(client: Client, office: Office) -> Call:
    phone = office.registered()
    client.call(phone.number)
    call = phone.wait_call()
    call.answer()
    assert sound_goes_both_ways(client, call), (client, call.audio_received)
    return call


def calling(client: Client, office: Office) -> Call:
    call = office.registered().call(client.account.user_name)
    try:
        client.answer()
    except AssertionError:
        call.wait_answered()  # says what the caller was told
        raise
    call.wait_answered()
    assert sound_goes_both_ways(client, call), (client, call.audio_received)
    return call


@who_can("call")
def test_it_registers_calls_and_hangs_up(office: Office, begin: Begin, kind: type[Client]) -> None:
    client = begin(kind)
    call = called_by(client, office)
    client.hang_up()
    call.wait_ended()
    client.wait_over()


@who_can("hear itself")
def test_it_hears_itself_on_the_echo_test(begin: Begin, kind: type[Softphone]) -> None:
    client = begin(kind)
    client.call("*43")
    assert eventually(lambda: abs(client.heard().frequency - client.TONE) < CLOSE), client
    assert client.heard().level > FAINT, client


@who_can("be called")
def test_it_is_called_and_the_other_side_hangs_up(office: Office, begin: Begin, kind: type[Client]) -> None:
    client = begin(kind)
    calling(client, office).hangup()
    client.wait_over()


@who_can("be registered over TCP")
def test_it_registers_calls_and_is_called_over_tcp(office: Office, begin: Begin, kind: type[Client]) -> None:
    client = begin(kind, "tcp")
    called_by(client, office).hangup()
    client.wait_over()
    calling(client, office)


@who_can("hold")
def test_it_holds_and_resumes(office: Office, begin: Begin, kind: type[Softphone]) -> None:
    client = begin(kind)
    hold_and_resume(client, called_by(client, office))


def hold_and_resume(client: Softphone, call: Call) -> None:
    client.hold()
    assert eventually(lambda: stays(lambda: client.recording.stat().st_size)), client
    if not client.plays_to_whom_it_holds:
        assert eventually(lambda: abs(call.audio_received.frequency - client.TONE) > CLOSE), client  # music
    client.resume()
    assert sound_goes_both_ways(client, call), (client, call.audio_received)


@who_can("transfer")
def test_it_transfers_without_asking(office: Office, begin: Begin, kind: type[Softphone]) -> None:
    client = begin(kind)
    call, third = called_by(client, office), office.registered()
    client.transfer(third.number)
    other = third.wait_call()
    other.answer()
    other.start_audio(500)
    assert hears(call, 500)
    call.start_audio(400)
    assert hears(other, 400)
    client.wait_over()


@who_can("keep a call whose transfer is refused")
def test_a_transfer_to_nobody_is_refused_and_the_call_goes_on(
    office: Office, begin: Begin, kind: type[Softphone]
) -> None:
    client = begin(kind)
    call = called_by(client, office)
    client.transfer("9999")
    client.wait_refused()
    assert sound_goes_both_ways(client, call), (client, call.audio_received)


def test_the_call_of_sipp_that_does_not_sign_in_is_refused(office: Office, begin: Begin) -> None:
    sipp, phone = begin(Sipp), office.registered()
    assert sipp.call_without_signing_in(phone.number) == A_CALL_FAILED
    assert "401 Unauthorized" in sipp.errors
    assert not rings(phone)
