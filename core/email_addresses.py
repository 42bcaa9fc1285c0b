"""The one form in which an e-mail address is stored, compared, counted and shown."""

import unicodedata

from email_validator import EmailSyntaxError, validate_email

# Of Unicode's recommended scripts, as the names of their letters begin. All other scripts are shown in ASCII.
SCRIPTS = {
    "LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "THAANA", "ETHIOPIC", "DEVANAGARI",
    "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO",
    "MYANMAR", "KHMER", "TIBETAN", "HANGUL", "HIRAGANA", "KATAKANA", "BOPOMOFO", "CJK", "IDEOGRAPHIC",
}  # fmt: skip
# What one label may mix (UTS 39, highly restrictive).
MIXED_SCRIPTS = (
    {"LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "IDEOGRAPHIC", "BOPOMOFO"},
    {"LATIN", "CJK", "IDEOGRAPHIC", "HANGUL"},
)
LIKE_LATIN = {"CYRILLIC": "асԁеһіјӏорԛѕԝхуүѵѡҽ", "GREEK": "αικνορτυωηγ", "ARMENIAN": "ագհյոսօցզ"}  # noqa: RUF001
LATIN_WITHOUT_BASE = "æœðøþßłđħŋə"  # others without a base, as i without its dot, are taken for ASCII letters


def normalize(text: str) -> str:
    """Lower case, composed letters, and letters in place of punycode unless they mislead. Raises EmailNotValidError."""
    valid = validate_email(text, check_deliverability=False)
    name = unicodedata.normalize("NFC", valid.local_part.lower())
    if "=?" in name:  # which some mail programs decode, and read as a header of the mail
        raise EmailSyntaxError("The part before the @-sign must not contain “=?”.")
    return f"{name}@{valid.ascii_domain if is_misleading(valid.domain) else valid.domain}"


def comparable(text: str) -> str:
    """The normal form of an address; of any other text, for which there is no account, itself."""
    text = text.strip().lower()
    if text.isascii() and "xn--" not in text:
        return text
    try:
        return normalize(text)
    except ValueError:
        return text


def is_misleading(domain: str) -> bool:
    """Whether a label of the domain, in Unicode, mixes scripts or can be read as Latin."""
    labels = domain.split(".")
    return any(_is_misleading(label, _scripts(labels[-1])) for label in labels)


def _scripts(label: str) -> set[str]:
    """Of its letters; digits, hyphens and accents are of every script."""
    names = (
        unicodedata.name(c, "").partition(" ")[0].partition("-")[0] for c in label if not c.isascii() or c.isalpha()
    )
    return {name for name in names if name != "COMBINING"}


def _is_misleading(label: str, of_the_top_level: set[str]) -> bool:
    scripts = _scripts(label)
    if not scripts <= SCRIPTS or (len(scripts) > 1 and not any(scripts <= mixed for mixed in MIXED_SCRIPTS)):
        return True
    if "LATIN" in scripts:
        return any(c.isalpha() and not _is_familiar(c) for c in label if "LATIN" in _scripts(c))
    letters = {c for c in label if not c.isascii()}
    return any(
        letters <= set(LIKE_LATIN[script]) for script in scripts & LIKE_LATIN.keys() if script not in of_the_top_level
    )


def _is_familiar(letter: str) -> bool:
    return letter in LATIN_WITHOUT_BASE or unicodedata.normalize("NFKD", letter)[0].isascii()
