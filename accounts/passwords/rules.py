"""Passwords that people sign in with: the rules, and a random one that keeps them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from core.preferences.models import Preferences
from core.random_text import UNAMBIGUOUS, random_password

LONGEST = 63
SIGNS = "!#%+-=?@_"


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
        known = {"shortest": self.shortest, "longest": LONGEST}
        if self.shortest < LONGEST and self.signs:
            words = _(
                "%(shortest)s to %(longest)s characters with a digit, an upper-case letter, a lower-case letter and a"
                " sign such as ! or #."
            )
        elif self.shortest < LONGEST:
            words = _("%(shortest)s to %(longest)s characters with a digit, an upper-case and a lower-case letter.")
        elif self.signs:
            words = _(
                "%(longest)s characters with a digit, an upper-case letter, a lower-case letter and a sign such as ! or"
                " #."
            )
        else:
            words = _("%(longest)s characters with a digit, an upper-case and a lower-case letter.")
        return words % known

    @property
    def alphabet(self) -> str:
        """Of a suggested one."""
        return UNAMBIGUOUS + SIGNS if self.signs else UNAMBIGUOUS

    @property
    def suggested_length(self) -> int:
        return max(16, self.shortest)


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
        _("an upper-case letter"): str.isupper,
        _("a lower-case letter"): str.islower,
    }
    if rules.signs:
        classes[_("a sign such as ! or #")] = is_sign
    return [name for name, has in classes.items() if not any(map(has, password))]


def contained(password: str, words: Iterable[str]) -> str:
    """The first of the words (of three characters or more) that stands in the password, whatever its case."""
    folded = password.casefold()
    return next((word for word in words if len(word) > 2 and word.casefold() in folded), "")


def refuse_words(password: str, words: Iterable[str]) -> None:
    if word := contained(password, words):
        raise ValidationError(
            _("Choose a password without “%(word)s”: names, numbers and addresses are what others try first."),
            code="password_about_person",
            params={"word": word},
        )


class LengthAndClasses:
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's signature)
        rules = Rules.current()
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
    def validate(self, password: str, user: Any = None) -> None:
        if user is not None:
            refuse_words(password, user.words())

    def get_help_text(self) -> str:
        return _("Not the number, the names or the e-mail address.")
