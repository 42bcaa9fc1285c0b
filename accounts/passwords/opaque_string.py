import unicodedata


def opaque_string(password: str) -> str:
    """The password in RFC 8265's form, in which it is checked and hashed: composed letters, and plain blanks alone."""
    blanks = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", blanks)
