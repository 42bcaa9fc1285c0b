import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError

from core import email_addresses, localization

LARGEST = 2**63 - 1  # that a database holds
JOINERS = "\u200c\u200d"  # Persian and Indic names, and emoji, are written with them
FILLERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters and signs of which nothing is seen


def tidy(text: str) -> str:
    """Composed characters, and a plain space for every kind of blank that word processors leave behind."""
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text)
    return unicodedata.normalize("NFC", text).strip()


def digits(text: str, most: int = LARGEST) -> int | None:
    """Return the number written in ASCII digits, `most` for a larger one; None where `text` is anything else."""
    if not (text.isascii() and text.isdigit()):
        return None
    return min(int(text), most) if len(text) <= len(str(LARGEST)) else most


def single_line(text: str) -> None:
    """Refuse whatever is not one line of text that is seen: controls, separators, bidi overrides, accents alone."""
    printable = all((c.isprintable() or c in JOINERS) and c not in FILLERS for c in text)
    if not printable or (text and not any(unicodedata.category(c)[0] in "LNPS" for c in text)):
        raise ValidationError(
            _("Enter one line of plain text. This contains a line break or an invisible character."),
            code="not_single_line",
        )
    if "=?" in text:
        raise ValidationError(
            _("Remove “=?”. E-mail programs treat what follows it as encoded text."), code="encoded_word"
        )


def normal_email(text: str) -> str:
    try:
        return email_addresses.normalize(text)
    except EmailNotValidError as error:
        why = str(error) if localization.language().startswith("en") else ""  # the library says it in English alone
        raise ValidationError(
            _("Enter an e-mail address such as ada@example.com. %(why)s"), code="email", params={"why": why}
        ) from error
