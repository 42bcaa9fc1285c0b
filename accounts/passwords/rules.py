"""Passwords that people sign in with: the rules, and a random one that keeps them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from accounts.models import Organization
from accounts.passwords.opaque_string import opaque_string
from core.preferences.models import Preferences
from core.random_text import UNAMBIGUOUS, random_password

LONGEST = 128
SIGNS = "!#%+-=?@_"
PRODUCT = "pbxportal"
SHORTEST_COMPANY_WORD = 4  # Ltd, the, Inc stand in many good passwords
WEAKEST_GUESSES = 1e8  # Argon2 and the limits of the sign-in make each of them slow
LOOKED_AT = 72  # characters, which zxcvbn takes a tenth of a second for

SEASONS = [
    "spring", "summer", "autumn", "fall", "winter", "january", "february", "march", "april", "may", "june", "july",
    "august", "september", "october", "november", "december",
]  # fmt: skip
_SEASON, _YEAR, _SIGNS = "|".join(SEASONS), "(?:19|20)?[0-9]{2}", "[^a-z0-9]{0,3}"
SEASON_AND_YEAR = re.compile(
    rf"(?<![a-z])(?:{_SEASON}){_SIGNS}{_YEAR}(?![0-9])|(?<![0-9]){_YEAR}{_SIGNS}(?:{_SEASON})(?![a-z])", re.IGNORECASE
)


@dataclass(frozen=True)
class Rules:
    """What Preferences ask of a user password."""

    shortest: int
    signs: bool

    @classmethod
    def current(cls) -> Self:
        preferences = Preferences.current()
        return cls(preferences.password_length, preferences.password_signs)

    @property
    def words(self) -> str:
        words = _("%(shortest)s to %(longest)s characters, with a digit, an uppercase letter, and a lowercase letter.")
        if self.signs:
            words = _(
                "%(shortest)s to %(longest)s characters, with a digit, an uppercase letter, a lowercase letter,"
                " and a symbol such as ! or #."
            )
        return words % {"shortest": self.shortest, "longest": LONGEST}

    @property
    def alphabet(self) -> str:
        """Of a suggested one."""
        return UNAMBIGUOUS + SIGNS if self.signs else UNAMBIGUOUS

    @property
    def suggested_length(self) -> int:
        return max(16, self.shortest)


def is_one(hashed: str) -> bool:
    """Whether what is stored is a password, chosen or given."""
    return bool(hashed) and not hashed.startswith(UNUSABLE_PASSWORD_PREFIX)


def is_set(column: str) -> Q:
    """A condition: the person of the column has a password, chosen or given."""
    return ~Q(**{column: ""}) & ~Q(**{f"{column}__startswith": UNUSABLE_PASSWORD_PREFIX})


def new_user_password() -> str:
    rules = Rules.current()
    while True:
        password = random_password(rules.suggested_length, rules.alphabet)
        if not missing_classes(password, rules):
            return password


def is_sign(character: str) -> bool:
    return not character.isalnum() and not character.isspace()


def missing_classes(password: str, rules: Rules) -> list[str]:
    classes: dict[str, Callable[[str], bool]] = {
        _("a digit"): str.isdigit,
        _("an uppercase letter"): str.isupper,
        _("a lowercase letter"): str.islower,
    }
    if rules.signs:
        classes[_("a symbol such as ! or #")] = is_sign
    return [name for name, has in classes.items() if not any(map(has, password))]


def contained(password: str, words: Iterable[str]) -> str:
    """The first of the words (of three characters or more) that stands in the password, whatever its case."""
    folded = password.casefold()
    return next((word for word in words if len(word) > 2 and word.casefold() in folded), "")


def refuse_words(password: str, words: Iterable[str]) -> None:
    if word := contained(password, words):
        raise ValidationError(
            _("Choose a password without “%(word)s”. Names, numbers, and addresses are easy to guess."),
            code="password_about_person",
            params={"word": word},
        )


def company_words(name: str) -> list[str]:
    """Of the company's name and the product's: what others try first."""
    words = [word for word in re.split(r"\W+", name) if len(word) >= SHORTEST_COMPANY_WORD]
    return [name, "".join(name.split()), *words, PRODUCT]


class LengthAndClasses:
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's signature)
        rules, password = Rules.current(), opaque_string(password)
        if not rules.shortest <= len(password) <= LONGEST:
            raise ValidationError(
                _("Use %(shortest)s to %(longest)s characters."),
                code="password_length",
                params={"shortest": rules.shortest, "longest": LONGEST},
            )
        if missing := missing_classes(password, rules):
            raise ValidationError(
                _("Add %(missing)s."), code="password_classes", params={"missing": _(" and ").join(missing)}
            )

    def get_help_text(self) -> str:
        return Rules.current().words


class NotAboutThePerson:
    """Nor about the company, and no season with its year."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None:
            refuse_words(password, user.words())
        refuse_words(password, company_words(Organization.company_name()))
        if found := SEASON_AND_YEAR.search(password):
            raise ValidationError(
                _("Choose a password without “%(word)s”. A season or month with a year is easy to guess."),
                code="password_season",
                params={"word": found[0]},
            )

    def get_help_text(self) -> str:
        return _("Must not contain the extension number, name, company name, or e-mail address.")


class HardToGuess:
    """By zxcvbn, which knows lists of words and passwords, keyboards, dates and repetitions."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < Rules.current().shortest:
            return  # LengthAndClasses says so
        known = [*(user.words() if user is not None else ()), *company_words(Organization.company_name()), *SEASONS]
        if zxcvbn(password[:LOOKED_AT], user_inputs=known)["guesses"] < WEAKEST_GUESSES:
            raise ValidationError(_("This password is easy to guess. Add a few unrelated words."), code="password_weak")

    def get_help_text(self) -> str:
        return _("Must not be easy to guess.")
