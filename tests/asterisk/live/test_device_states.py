"""What a number does, by the device states that Asterisk tells."""

import pytest

from asterisk.ami.protocol import Message
from asterisk.live import calls
from asterisk.live.device_states import DeviceStates


def told(device: str, state: str) -> Message:
    return {"Event": "DeviceStateChange", "Device": device, "State": state}


def test_a_number_is_what_its_endpoint_is_unless_it_calls_with_a_hidden_number() -> None:
    states = DeviceStates(
        [told("PJSIP/1000", "NOT_INUSE"), told("PJSIP/1001", "RINGING"), told("Custom:1002", "INUSE")]
    )
    assert states.all_shown() == {"1000": "NOT_INUSE", "1001": "RINGING", "1002": "INUSE"}
    for number in ("1000", "1001"):
        assert states.hear(told(f"Custom:{number}", "INUSE")) == number
    assert states.all_shown() == {"1000": "INUSE", "1001": "RINGING", "1002": "INUSE"}
    assert states.hear(told("Custom:1000", "NOT_INUSE")) == "1000"
    assert states.hear(told("PJSIP/1000", "UNAVAILABLE")) == "1000"
    assert (states.shown("1000"), states.shown("1003")) == ("UNAVAILABLE", "UNAVAILABLE")
    assert states.own == {"1000": "UNAVAILABLE", "1001": "RINGING"}


@pytest.mark.parametrize("device", ["", "1000", "PJSIP/trunk-1", "SIP/1000", "Custom:door", "PJSIP/PJSIP/1000"])
def test_what_is_of_no_number_is_passed_over(device: str) -> None:
    states = DeviceStates()
    assert states.hear(told(device, "INUSE")) == ""
    assert states.all_shown() == {}


def test_a_phone_is_there_while_asterisk_can_reach_it() -> None:
    states = DeviceStates([told(f"PJSIP/{number}", state) for number, state in HEARD.items()])
    assert [number for number in (*HEARD, "1009") if states.is_there(number)] == ["1000", "1001"]


HEARD = {"1000": "NOT_INUSE", "1001": "BUSY", "1002": "UNAVAILABLE", "1003": "INVALID", "1004": "UNKNOWN"}


@pytest.mark.parametrize(
    ("channel", "own", "linked", "begins"),
    [
        ("PJSIP/1000-1", "1", "1", True),
        ("PJSIP/1000-1", "2", "1", False),  # is called by the first
        ("Local/1000-1", "1", "1", False),
        ("", "1", "1", False),
    ],
)
def test_a_call_begins_with_its_first_channel(channel: str, own: str, linked: str, begins: bool) -> None:
    assert calls.begins({"Channel": channel, "Uniqueid": own, "Linkedid": linked}) is begins
