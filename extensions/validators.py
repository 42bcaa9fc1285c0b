import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface
from itertools import pairwise

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from zxcvbn import zxcvbn

from core.random_text import has_run, random_text

NUMBER = "[1-9][0-9]{1,7}"

extension_number = RegexValidator(rf"\A{NUMBER}\Z", _("Enter 2 to 8 digits. The first cannot be 0."), code="number")
caller_id = RegexValidator(r"\A[0-9*#+]{1,31}\Z", _("Enter 1 to 31 of the characters 0-9 * # +."), code="caller_id")
registration_name = RegexValidator(
    r"\A[A-Za-z0-9._-]{1,63}\Z", _("Enter 1 to 63 of the characters A-Z a-z 0-9 . _ -."), code="registration_name"
)
not_a_trunk = RegexValidator(
    r"\Atrunk-[0-9]+\Z",
    _("This is the name of a trunk in Asterisk. Choose another name."),
    code="trunk",
    inverse_match=True,
)

PASSWORD = re.compile(r"[\x21-\x7e]{10,63}")
KEPT_PASSWORD = re.compile(r"[\x21-\x7e]{1,63}")  # that phones have already
PIN = re.compile(r"[0-9]{3,15}")
PIN_DIGITS = 6
MOST_NETWORKS = 10
WEAKEST_GUESSES = 1e10  # a registration password can be tried against a captured digest, millions a second


def is_extension_number(text: str) -> bool:
    return re.fullmatch(NUMBER, text) is not None


def is_emergency_number(number: str, country: str) -> bool:
    """Also whether it is a helpline there: a short number that can be called free of charge, as 988 in the US."""
    if number in {"112", "911"} or phonenumbers.is_emergency_number(number, country):
        return True
    return _is_free_short_number(number, country)


def _is_free_short_number(number: str, country: str) -> bool:
    short = phonenumbers.PhoneNumber(
        country_code=phonenumbers.country_code_for_region(country), national_number=int(number)
    )
    is_free = phonenumbers.expected_cost_for_region(short, country) == phonenumbers.ShortNumberCost.TOLL_FREE
    return is_free and bool(phonenumbers.is_valid_short_number_for_region(short, country))


def outside_number(text: str, country: str) -> str:
    """With + and country code, of what people of the country type; "" stays so."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or number.extension:
        raise ValidationError(
            _("Enter a telephone number with its area code, such as +49 30 12345678."), code="outside_number"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Strength:
    """How long a registration password stands, by zxcvbn: `level` 0 to 4, and a word for it."""

    WORDS = (_("Very weak"), _("Very weak"), _("Weak"), _("Good"), _("Strong"))

    def __init__(self, password: str, known: list[str]) -> None:
        found = zxcvbn(password[:63], user_inputs=[word for word in known if word]) if password else None
        self.guesses = float(found["guesses"]) if found else 0.0
        self.level = int(found["score"]) if found else 0
        self.words = str(self.WORDS[self.level])

    @property
    def suffices(self) -> bool:
        return self.guesses >= WEAKEST_GUESSES


def registration_password(password: str, known: list[str]) -> None:
    """Refuse what a phone cannot hold, and what is on a list or made of what is known of the extension."""
    if not PASSWORD.fullmatch(password):
        raise ValidationError(
            _("Use 10 to 63 letters, digits, and symbols, without spaces or accents."),
            code="registration_password",
        )
    if not Strength(password, known).suffices:
        raise ValidationError(_("This password is easy to guess. Press Regenerate for a strong one."), code="weak")


def voicemail_pin(pin: str, number: str) -> None:
    """Refuse what a phone cannot send, and what others try first."""
    if not PIN.fullmatch(pin):
        raise ValidationError(_("Enter 3 to 15 digits."), code="voicemail_pin")
    if pin == number:
        raise ValidationError(_("The PIN cannot be the extension number. Press Regenerate for another."), code="number")
    if is_easy_pin(pin):
        raise ValidationError(_("This PIN is easy to guess. Press Regenerate for another."), code="weak")


def is_easy_pin(pin: str) -> bool:
    """Whether it is one digit or one group over and over, or counts up or down."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeats = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    return repeats or steps in ({1}, {9})


def random_pin(number: str) -> str:
    while True:
        pin = random_text(PIN_DIGITS, "0123456789")
        if pin != number and not is_easy_pin(pin) and not has_run(pin):
            return pin


def allowed_networks(text: str, most: int = MOST_NETWORKS) -> str:
    """Addresses and networks in the form in which they are kept: each once, as short as can be, after commas."""
    found = list(dict.fromkeys(_network(each) for each in text.replace(",", " ").split()))
    if len(found) > most:
        raise ValidationError(
            _("You entered %(count)s. Enter at most %(most)s."),
            code="too_many_networks",
            params={"count": len(found), "most": most},
        )
    return ", ".join(found)


def some_networks(text: str, most: int = MOST_NETWORKS) -> str:
    """As allowed_networks(), where all there are would turn off what the networks are entered for."""
    networks = allowed_networks(text, most)
    for each in network_list(networks):
        if each.prefixlen == 0:
            raise ValidationError(
                _("%(network)s contains every address. Enter a smaller network."),
                code="everywhere",
                params={"network": str(each)},
            )
    return networks


def _network(text: str) -> str:
    try:
        typed = ip_interface(text)
    except ValueError:
        typed = None
    if typed is None or "%" in text or getattr(typed.ip, "ipv4_mapped", None):
        raise ValidationError(
            _("“%(text)s” is not an address or network. Enter one such as 10.0.0.5, 192.168.1.0/24, or 2001:db8::/32."),
            code="network",
            params={"text": text[:50]},
        )
    network = typed.network
    if network.num_addresses == 1:
        return str(typed.ip)
    if typed.ip != network.network_address:
        raise ValidationError(
            _(
                "%(text)s is one address in a network. Enter %(network)s for the network, or %(address)s for the"
                " address."
            ),
            code="host_bits",
            params={"text": text, "network": str(network), "address": str(typed.ip)},
        )
    return str(network)


def network_list(networks: str) -> list[IPv4Network | IPv6Network]:
    """As allowed_networks() has them."""
    return [ip_interface(each).network for each in networks.replace(",", " ").split()]


def allows(networks: str, host: str) -> bool:
    """Whether a phone at that address may register, where `networks` are allowed; "": everywhere."""
    allowed = network_list(networks)
    try:
        return not allowed or any(ip_address(host) in each for each in allowed)
    except ValueError:
        return False
