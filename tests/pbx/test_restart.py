"""An Asterisk that stops, or is killed, comes back as it was."""

from collections.abc import Callable

import pytest
from django.conf import settings

from asterisk.process.embedded import Embedded
from extensions import pbx
from tests.pbx.office import Office, contacts, eventually, saved, talking

Ending = Callable[[Embedded], None]

ENDINGS = pytest.mark.parametrize("ending", [Embedded.stop, Embedded.kill], ids=["stopped", "killed"])


@ENDINGS
def test_phones_need_not_register_again(office: Office, asterisk: Embedded, ending: Ending) -> None:
    one, other = office.registered(), office.registered()
    before = [[each["URI"] for each in contacts(phone.number)] for phone in (one, other)]
    assert saved(settings.ASTERISK_DIR, one, other)
    ending(asterisk)
    asterisk.start()
    assert [[each["URI"] for each in contacts(phone.number)] for phone in (one, other)] == before
    talking(one, other)


@ENDINGS
def test_what_was_applied_still_holds(office: Office, asterisk: Embedded, ending: Ending) -> None:
    extension, callee = office.extension(first_name="Zoë", caller_id="*77"), office.extension()
    ending(asterisk)
    asterisk.start()
    phone = office.registered(callee)
    office.registered(extension).call(callee.number)
    incoming = phone.wait_call()
    assert (incoming.caller_name, incoming.caller_number) == ("Zoë", "*77")


def test_one_that_has_started_again_is_said_to_run(asterisk: Embedded) -> None:
    asterisk.restart()
    assert eventually(lambda: pbx.get().state().up), pbx.get().state()
