"""Public settings of providers, to begin a trunk with."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PORT, TLS_PORT = 5060, 5061


class Numbers(StrEnum):
    """How a provider wants numbers, and gives them."""

    PLUS = "plus"  # +493012345678
    E164 = "e164"  # 493012345678
    ZEROS = "zeros"  # 00493012345678
    NATIONAL = "national"  # as dialled in the provider's country: 03012345678, 0043123456


@dataclass(frozen=True)
class Provider:
    """`host` is "" where each customer has another; then `host_example` shows one.

    `takes_tls`: on port 5061, at `tls_host` where that is another; sound can be encrypted then, too.
    `countries`: ISO 3166 letters; (): anywhere.
    """

    key: str
    name: str
    countries: tuple[str, ...]
    host: str
    numbers: Numbers
    user_name: str | Promise
    port: int = PORT
    registers: bool = True
    takes_tls: bool = False
    tls_host: str = ""
    host_example: str = ""


_FROM_ACCOUNT = _("The SIP user name shown in your account.")

PROVIDERS = (
    Provider(
        key="1und1",
        name="1&1",
        countries=("DE",),
        host="sip.1und1.de",
        numbers=Numbers.NATIONAL,
        user_name=_("The phone number with country code and no +, such as 493012345678."),
    ),
    Provider(
        key="callcentric",
        name="Callcentric",
        countries=("US", "CA"),
        host="sip.callcentric.net",
        numbers=Numbers.NATIONAL,
        user_name=_("The number of your account, such as 17771234567."),
    ),
    Provider(
        key="dusnet",
        name="dus.net",
        countries=("DE",),
        host="proxy.dus.net",
        numbers=Numbers.NATIONAL,
        user_name=_FROM_ACCOUNT,
        takes_tls=True,
        tls_host="secure.dus.net",
    ),
    Provider(
        key="easybell",
        name="easybell",
        countries=("DE",),
        host="sip.easybell.de",
        numbers=Numbers.ZEROS,
        user_name=_FROM_ACCOUNT,
    ),
    Provider(
        key="flowroute",
        name="Flowroute",
        countries=("US", "CA"),
        host="us-west-wa.sip.flowroute.com",
        numbers=Numbers.E164,
        user_name=_("The tech prefix shown in your account."),
    ),
    Provider(
        key="messagenet",
        name="Messagenet",
        countries=("IT",),
        host="sip.messagenet.it",
        port=5061,  # UDP
        numbers=Numbers.NATIONAL,
        user_name=_FROM_ACCOUNT,
    ),
    Provider(
        key="ovh",
        name="OVHcloud",
        countries=("FR",),
        host="sip3.ovh.fr",
        numbers=Numbers.NATIONAL,
        user_name=_("The phone number as dialled from abroad, such as 0033123456789."),
    ),
    Provider(
        key="sipgate",
        name="sipgate",
        countries=("DE",),
        host="sipconnect.sipgate.de",
        numbers=Numbers.E164,
        user_name=_("The SIP ID of the trunk, such as 1234567t0."),
    ),
    Provider(
        key="telekom",
        name="Telekom",
        countries=("DE",),
        host="tel.t-online.de",
        numbers=Numbers.PLUS,
        user_name=_("The phone number with + and country code, such as +493012345678."),
        takes_tls=True,
    ),
    Provider(
        key="telnyx",
        name="Telnyx",
        countries=(),
        host="sip.telnyx.com",
        numbers=Numbers.PLUS,
        user_name=_("The user name of the SIP connection."),
        takes_tls=True,
    ),
    Provider(
        key="twilio",
        name="Twilio Elastic SIP Trunking",
        countries=(),
        host="",
        host_example="example.pstn.twilio.com",
        numbers=Numbers.PLUS,
        user_name=_("A user name in the credential list of the trunk."),
        registers=False,
        takes_tls=True,
    ),
    Provider(
        key="voipfone",
        name="Voipfone",
        countries=("GB",),
        host="sip.voipfone.net",
        numbers=Numbers.NATIONAL,
        user_name=_("The number of your account."),
    ),
    Provider(
        key="voipms",
        name="VoIP.ms",
        countries=("US", "CA"),
        host="",
        host_example="newyork1.voip.ms",
        numbers=Numbers.NATIONAL,
        user_name=_("The number of your account or sub-account, such as 123456_pbx."),
        takes_tls=True,
    ),
    Provider(
        key="vonage",
        name="Vonage API",
        countries=(),
        host="sip.nexmo.com",
        numbers=Numbers.E164,
        user_name=_("The API key."),
        registers=False,
        takes_tls=True,
    ),
    Provider(
        key="zadarma",
        name="Zadarma",
        countries=(),
        host="sip.zadarma.com",
        numbers=Numbers.E164,
        user_name=_("The SIP number shown in your account."),
        takes_tls=True,
    ),
)
BY_KEY = {each.key: each for each in PROVIDERS}


def offered_in(country: str) -> list[Provider]:
    """By name; those of the country first."""
    return sorted(PROVIDERS, key=lambda each: (country not in each.countries, each.name.casefold()))
