import secrets

UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def random_text(length: int, alphabet: str = UNAMBIGUOUS) -> str:
    """Random letters and digits that nobody mistakes for one another: 5.8 bits each."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
