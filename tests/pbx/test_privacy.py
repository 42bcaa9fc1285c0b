"""Who asks not to be shown is not, and calls all the same."""

import pytest

from tests.pbx.office import Office
from tests.phones import sip
from tests.phones.audio import Audio
from tests.phones.call import OutgoingCall
from tests.phones.phone import Phone


def call_with(caller: Phone, number: str, *headers: sip.Pair) -> OutgoingCall:
    with caller.wire.changed:
        dialog = caller.line.dialog(number)
        call = OutgoingCall(caller.line, dialog, Audio(caller.wire.host))
        make = call._make_invite
        call._make_invite = lambda extra: make([*headers, *extra])  # type: ignore[method-assign]
        caller._calls[dialog.call_id] = call
        call.start()
    return call


@pytest.mark.parametrize("privacy", ["id", "user;id", "header", "id;critical", "ID", "critical; Id"])
def test_privacy_hides_the_number_from_the_callee(office: Office, privacy: str) -> None:
    caller, callee = office.registered(), office.registered()
    call = call_with(caller, callee.number, ("Privacy", privacy))
    incoming = callee.wait_call()
    assert caller.number not in incoming.invite.get("From")
    assert incoming.asserted is None
    assert caller.number not in incoming.invite.get("Contact")
    incoming.answer()
    call.wait_answered()


@pytest.mark.parametrize("privacy", ["none", "session", "identity", "NONE"])
def test_other_words_hide_nothing(office: Office, privacy: str) -> None:
    caller, callee = office.registered(), office.registered()
    call_with(caller, callee.number, ("Privacy", privacy))
    assert callee.wait_call().caller_number == caller.number
