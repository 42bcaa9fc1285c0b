"""What `manage.py dialplan NUMBER --dials` says of a dialed number is what then happens."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from asterisk import outside
from asterisk.outside import Outcome
from extensions.models import SipExtension
from tests.pbx.lines import apply_lines, group_of, in_country, provider, route_over, trunk_to
from tests.pbx.office import Office, eventually, refusal
from tests.phones.call import CallFailedError
from tests.phones.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+493012345678"
# Country -> what its people dial: numbers in town, far away, abroad, free, costly, short, wrong.
DIALED = {
    "DE": ["01711234567", "030123456", "00442079460000", "+390612345678", "09001234567", "112", "116117"],
    "FR": ["0612345678", "+33612345678", "00493012345678", "0899123456", "112"],
    "GB": ["02079460000", "0013125550100", "09098790000", "999"],
    "US": ["13125550100", "3125550100", "011442079460000", "19005550100", "911", "18765550100"],
    "IT": ["0612345678", "3123456789", "00442079460000", "899123456"],
    "ES": ["612345678", "912345678", "0033612345678", "803123456"],
    "CH": ["0441234567", "0900123456", "0049301234567"],
    "AT": ["01234567890", "0930123456"],
    "NL": ["0612345678", "09001234567"],
    "RU": ["89161234567", "810442079460000", "+79161234567"],
}


@pytest.fixture
def world(asterisk: object) -> Iterator[Phone]:
    with provider() as phone:
        yield phone


@pytest.mark.parametrize("country", DIALED)
def test_what_is_said_of_a_dialed_number_happens(office: Office, world: Phone, country: str) -> None:
    in_country(country)
    route_over(trunk_to(world, number=NUMBER))
    apply_lines()
    extension = office.extension()
    phone = office.registered(extension)
    for text in DIALED[country]:
        said = outside.of(settings.ENGINE_FILE, extension.number, text)
        assert outcome(phone, world, text) == expected(said), (country, text, said)


def expected(said: outside.Dialed) -> tuple[int, str, str]:
    """The status that the phone hears, and where the call goes out, the number there and the caller ID."""
    match said.outcome:
        case Outcome.OUTSIDE | Outcome.EMERGENCY:
            (leg,) = said.legs
            return 200, leg.number, leg.shown
        case Outcome.FORBIDDEN:
            return 403, "", ""
    assert said.outcome == Outcome.UNKNOWN
    return 404, "", ""


def outcome(phone: Phone, world: Phone, text: str) -> tuple[int, str, str]:
    outgoing = phone.call(text)
    assert eventually(lambda: outgoing.status >= 400 or world.was_called())
    if outgoing.status >= 400:
        return refusal(outgoing), "", ""
    call = world.wait_call()
    number = call.invite.start.split()[1].removeprefix("sip:").partition("@")[0]
    shown = call.asserted.number if call.asserted else ""
    call.answer()
    try:
        outgoing.wait_answered()
    except CallFailedError as failed:
        return failed.status, number, shown
    outgoing.hangup()
    return 200, number, shown


def words(extension: SipExtension, text: str) -> list[str]:
    out = StringIO()
    call_command("dialplan", extension.number, "--dials", text, stdout=out)
    return out.getvalue().splitlines()


def test_the_words_say_route_trunk_number_and_caller_id(office: Office, world: Phone) -> None:
    in_country()
    route_over(trunk_to(world, "Telco", number=NUMBER), name="World")
    apply_lines()
    extension = office.extension(outbound_calls="national")
    assert words(extension, "01711234567") == [
        "Route World takes it.",
        "+491711234567 is called over Telco, with caller ID +493012345678.",
    ]
    assert words(extension, "00442079460000") == [
        f"00442079460000 is abroad, which {extension.number} may not dial (403)."
    ]
    assert words(extension, "112") == [
        "112 is an emergency number. It is called whatever the extension may dial.",
        "112 is called over Telco, with caller ID +493012345678.",
    ]
    assert words(extension, extension.number) == [f"{extension.number} is an extension. Its phones ring."]
    group_of(extension, number="6200")
    group_of(extension, number="6300", enabled=False)
    apply_lines()
    assert words(extension, "6200") == ["6200 is the ring group Group 6200. Its members ring."]
    assert words(extension, "6300") == ["6300 is the ring group Group 6300. It is disabled: the call goes on at once."]
