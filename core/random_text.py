import re
import secrets
from collections.abc import Callable

CLASSES: tuple[Callable[[str], bool], ...] = (str.isdigit, str.isupper, str.islower)
UP, DOWN = "0123456789", "9876543210"
UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def random_text(length: int, alphabet: str = UNAMBIGUOUS) -> str:
    """Random letters and digits that nobody mistakes for one another: 5.8 bits each."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def random_password(length: int, alphabet: str = UNAMBIGUOUS) -> str:
    """Such a text with a digit, an upper-case and a lower-case letter, and without what looks like typed by hand."""
    while True:
        password = random_text(length, alphabet)
        if all(any(map(one, password)) for one in CLASSES) and not has_run(password):
            return password


def has_run(text: str) -> bool:
    """Four times the same, or four digits that count up or down."""
    fours = (text[at : at + 4] for at in range(len(text) - 3))
    return bool(re.search(r"(.)\1{3}", text)) or any(four in UP or four in DOWN for four in fours)
