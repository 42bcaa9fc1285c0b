"""Which test shows each field of an extension at the PBX, by a real call. Printed at the end of the tests.

A new field that a phone or a caller can notice needs such a test, and its line here.
"""

from collections.abc import Callable
from importlib import import_module

import pytest

from extensions.fields import ON_THE_PBX

SHOWN_BY = {
    "first_name": "test_calls.test_the_callee_sees_the_callers_whole_name",
    "last_name": "test_calls.test_the_callee_sees_the_callers_whole_name",
    "number": "test_calls.test_a_call_rings_all_phones_of_the_number",
    "caller_id": "test_calls.test_the_callee_sees_the_callers_caller_id",
    "registration_name": "test_registration.test_nothing_else_registers",
    "registration_password": "test_registration.test_whoever_never_registered_cannot_call_without_the_password",
    "max_phones": "test_limits.test_one_phone_too_many_is_refused_and_throws_nobody_out",
    "allowed_networks": "test_networks.test_nobody_calls_from_outside",
    "transport": "test_transport.test_no_call_comes_over_another_transport",
    "media_encryption": "test_transport.test_a_call_without_encryption_is_refused_where_it_is_required",
    "outbound_number": "test_outside.test_the_extensions_own_number_is_shown",
    "emergency_number": "test_emergency.test_its_own_number_and_place_go_with_it",
    "location": "test_emergency.test_its_own_number_and_place_go_with_it",
    "outbound_calls": "test_outside.test_an_extension_dials_what_it_may",
    "outbound_countries": "test_outside.test_only_allowed_countries_are_called",
    "outbound_calls_at_once": "test_outside.test_no_more_calls_go_out_at_once_than_may",
    "outbound_call_minutes": "test_outside.test_a_call_ends_when_it_has_lasted_as_long_as_it_may",
    "outbound_day_minutes": "test_outside.test_the_minutes_of_a_day_are_those_of_all_calls",
    "outbound_in_hours": "test_hours.test_an_extension_may_call_outside_in_business_hours_alone",
    "voicemail": "voicemail.test_recording.test_a_caller_can_leave_a_message_where",
    "voicemail_pin": "voicemail.test_access.test_a_wrong_pin_opens_nothing",
    "voicemail_asks_pin": "voicemail.test_access.test_the_own_mailbox_opens_without_a_pin_where_it_is_not_to_be_asked",
    "voicemail_says_date": "voicemail.test_menu.test_what_is_announced_of_a_message_is_what_is_to_be",
    "voicemail_says_caller": "voicemail.test_menu.test_what_is_announced_of_a_message_is_what_is_to_be",
    "voicemail_says_length": "voicemail.test_menu.test_what_is_announced_of_a_message_is_what_is_to_be",
    "enabled": "test_dialplan.test_what_the_words_say_happens",
    "handed_to": "test_leaving.test_calls_go_to_the_colleague_while_one_is_away_and_come_back_with_one",
}


def test_each_field_that_the_pbx_acts_by_has_a_test() -> None:
    assert SHOWN_BY.keys() == ON_THE_PBX


@pytest.mark.parametrize("field", SHOWN_BY)
def test_the_test_is_there(field: str, record_property: Callable[[str, object], None]) -> None:
    module, _, name = SHOWN_BY[field].rpartition(".")
    assert callable(getattr(import_module(f"tests.pbx.{module}"), name))
    record_property("field", f"{field} -> tests/pbx/{module.replace('.', '/')}.py::{name}")
