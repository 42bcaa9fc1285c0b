import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from zxcvbn import zxcvbn

extension_number = RegexValidator(r"\A[1-9][0-9]{1,7}\Z", "Enter 2 to 8 digits, the first not 0.", code="number")
caller_id = RegexValidator(r"\A[0-9*#+]{1,31}\Z", "Enter 1 to 31 of the characters 0-9 * # +.", code="caller_id")
registration_name = RegexValidator(
    r"\A[A-Za-z0-9._-]{1,63}\Z", "Enter 1 to 63 of the characters A-Z a-z 0-9 . _ -.", code="registration_name"
)

PASSWORD = re.compile(r"[\x21-\x7e]{10,63}")
WEAKEST_GUESSES = 1e10  # a registration password can be tried against a captured digest, millions a second


def is_emergency_number(number: str, country: str) -> bool:
    everywhere = number in {"112", "911"}
    return everywhere or bool(phonenumbers.is_emergency_number(number, country))


class Strength:
    """How long a registration password stands, by zxcvbn: `level` 0 to 4, and a word for it."""

    WORDS = ("Very weak", "Very weak", "Weak", "Good", "Strong")

    def __init__(self, password: str, known: list[str]) -> None:
        found = zxcvbn(password[:63], user_inputs=[word for word in known if word]) if password else None
        self.guesses = float(found["guesses"]) if found else 0.0
        self.level = int(found["score"]) if found else 0
        self.words = self.WORDS[self.level]

    @property
    def suffices(self) -> bool:
        return self.guesses >= WEAKEST_GUESSES


def registration_password(password: str, known: list[str]) -> None:
    """Refuse what a phone cannot hold, and what is on a list or made of what is known of the extension."""
    if not PASSWORD.fullmatch(password):
        raise ValidationError(
            "Use 10 to 63 characters: letters, digits and signs without blanks or accents.",
            code="registration_password",
        )
    if not Strength(password, known).suffices:
        raise ValidationError("This is easy to guess. Press Regenerate for a strong one.", code="weak")
