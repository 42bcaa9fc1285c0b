"""Passwords that people sign in with: the rules, and a random one that keeps them."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

LENGTH = range(10, 64)
UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def random_text(length: int) -> str:
    """Random letters and digits that nobody mistakes for one another: 5.8 bits each."""
    return "".join(secrets.choice(UNAMBIGUOUS) for _ in range(length))


def new_user_password() -> str:
    while True:
        password = random_text(16)
        if not missing_classes(password):
            return password


def missing_classes(password: str) -> list[str]:
    classes = {"a digit": str.isdigit, "an upper-case letter": str.isupper, "a lower-case letter": str.islower}
    return [name for name, has in classes.items() if not any(map(has, password))]


def contained(password: str, words: Iterable[str]) -> str:
    """The first of the words (of three characters or more) that stands in the password, whatever its case."""
    folded = password.casefold()
    return next((word for word in words if len(word) > 2 and word.casefold() in folded), "")


def refuse_words(password: str, words: Iterable[str]) -> None:
    if word := contained(password, words):
        raise ValidationError(
            "Choose a password without “%(word)s”: names, numbers and addresses are what others try first.",
            code="password_about_person",
            params={"word": word},
        )


class LengthAndClasses:
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 (Django's signature)
        if len(password) not in LENGTH:
            raise ValidationError("Use 10 to 63 characters.", code="password_length")
        if missing := missing_classes(password):
            raise ValidationError(
                "Add %(missing)s.", code="password_classes", params={"missing": " and ".join(missing)}
            )

    def get_help_text(self) -> str:
        return "10 to 63 characters with a digit, an upper-case and a lower-case letter."


class NotAboutThePerson:
    def validate(self, password: str, user: Any = None) -> None:
        if user is not None:
            refuse_words(password, user.words())

    def get_help_text(self) -> str:
        return "Not the number, the names or the e-mail address."
