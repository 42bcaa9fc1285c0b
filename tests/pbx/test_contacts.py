"""A phone that may register is rung, whatever stands in its contact; and so is the phone beside it."""

import pytest

from tests.pbx.office import Office, contacts
from tests.pbx.test_dialled_strings import register_as
from tests.phones.phone import Phone

# As phones and apps send them, and each sign that RFC 3261 allows in a user part or a parameter. HOST: the phone's own.
ODD = [
    "sip:NUMBER@HOST;pn-prid=3C4D:voip&5E6F:remote;pn-provider=apns",  # Linphone on iOS
    "sip:HOST",
    "sip:HOST;transport=udp",
    "sip:NUMBER@HOST;ob",
    "sip:NUMBER@HOST;rinstance=0123456789abcdef",
    "sip:NUMBER@HOST;line=x%22y",
    "sip:NUMBER@HOST;x=[::1]/a:b&c+d$e",
    *(f"sip:a{sign}b@HOST" for sign in "&=+$,;?/-_.!~*'()"),
    "sip:a%22b@HOST",
    "sip:a%26b@HOST",
    "sip:+4930123456@HOST",
]


def uri(contact: str, phone: Phone) -> str:
    return contact.replace("HOST", f"127.0.0.1:{phone.port}").replace("NUMBER", phone.number)


@pytest.mark.parametrize("contact", ODD)
def test_a_phone_with_an_odd_contact_rings_and_so_does_the_one_beside_it(office: Office, contact: str) -> None:
    extension = office.extension(max_phones=2)
    odd, ordinary, caller = office.phone(extension), office.phone(extension), office.registered()
    register_as(odd, uri(contact, odd), caller)
    assert ordinary.register() == 200
    assert len(contacts(extension.number)) == 2
    call = caller.call(extension.number)
    asked = odd.wait_call()
    assert asked.invite.uri == uri(contact, odd).replace(";transport=udp", "").replace("%26", "&")
    ordinary.wait_call()
    asked.answer()
    call.wait_answered()


def test_a_contact_that_cannot_be_dialled_silences_nobody(office: Office) -> None:
    extension = office.extension(max_phones=3)
    ordinary, caller = office.registered(extension), office.registered()
    register_as(office.phone(extension), 'sip:a"b@HOST', caller)
    register_as(office.phone(extension), "sip:a\\b@HOST", caller)
    caller.call(extension.number)
    ordinary.wait_call()
