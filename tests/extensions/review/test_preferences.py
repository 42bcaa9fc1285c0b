"""What an apply of each preference does to calls, as the page says before."""

import pytest

from core.preferences.models import SystemChange
from extensions.models import Change
from extensions.review.preferences import effect
from tests.people import make_extension

Field = SystemChange.Field
RELOADS_NETWORK = "The PBX reloads its network settings. Calls are not interrupted."
RESTARTS = "The PBX restarts. Calls end. Phones that use another address or port must be set up again."
VOICEMAIL = "New voicemail messages follow it. Calls are not interrupted, and no message is deleted."
NAMES = "No caller names change. Calls are not interrupted."
EFFECTS = {
    Field.COUNTRY: "The PBX reloads its tones. Calls are not interrupted.",
    Field.HOLD_MUSIC: "The PBX reloads its music. Anyone put on hold after that hears it. Calls are not interrupted.",
    Field.VOICEMAIL_MINUTES: VOICEMAIL,
    Field.VOICEMAIL_MESSAGES: VOICEMAIL,
    Field.OUTBOUND_A_MINUTE: "Extensions follow it with their next outbound call. Calls are not interrupted.",
    Field.LINES: "Trunks that change register again at their provider. Calls are not interrupted.",
    Field.NETWORK_ADDRESSES: RESTARTS,
    Field.NETWORK_SIP_PORT: RESTARTS,
    Field.NETWORK_TLS_PORT: RESTARTS,
    Field.NETWORK_RTP_FIRST: RESTARTS,
    Field.NETWORK_RTP_LAST: RESTARTS,
    Field.NETWORK_LOCAL: RELOADS_NETWORK,
    Field.NETWORK_OUTSIDE: RELOADS_NETWORK,
    Field.NETWORK_STUN: RELOADS_NETWORK,
    Field.NAME_FORMAT: NAMES,
}


@pytest.mark.django_db
def test_each_preference_says_what_its_apply_does_to_calls() -> None:
    assert {field: effect(field) for field in Field} == EFFECTS


@pytest.mark.django_db
def test_the_names_that_change_are_counted() -> None:
    make_extension("1000", first_name="Ada", last_name="Lovelace")
    make_extension("1001", first_name="Grace", last_name="Hopper", enabled=False)
    make_extension("1002", first_name="Zora", last_name="")
    Change.objects.all().delete()
    make_extension("1004", first_name="Not", last_name="Applied")
    assert effect(Field.NAME_FORMAT) == "The caller name of 1 extension changes. Calls are not interrupted."
    make_extension("1003", first_name="Linus", last_name="Torvalds")
    Change.objects.exclude(number="1004").delete()
    assert effect(Field.NAME_FORMAT) == "The caller names of 2 extensions change. Calls are not interrupted."
