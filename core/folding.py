"""The one form of texts that are searched in, and of what is searched for."""

import re
from unicodedata import category, combining, normalize

# What word processors and keyboards write in different ways.
SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u02bb\u2032\uff07`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d", "-"),
        "\u0149": "'n",
    }
)
DOTLESS_I = "\u0131"
# In a phone number: +44 (0)20 7946-0018 is stored as +442079460018.
PARENTHESES = re.compile(r"\(0\)|[()]")
BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\s./-]+(?=[0-9])|(?<=[0-9])[./-]+(?=\s|\Z)")
TRUNK_PREFIX = re.compile(r"\A0+(?=[0-9]{6,}\Z)")


def fold(text: str) -> str:
    """Without capitals, accents and joiners, of one kind of apostrophe, and with the digits of numbers side by side."""
    if not text.isascii():
        letters = normalize("NFKD", text.translate(SAME))
        text = "".join(c for c in letters if not combining(c) and category(c) != "Cf").replace(DOTLESS_I, "i")
    text = PARENTHESES.sub("", text.translate(SAME).casefold())
    return BETWEEN_DIGITS.sub("", text)


def words(text: str) -> list[str]:
    """What to look for in folded texts, where phone numbers stand in their international form."""
    return [TRUNK_PREFIX.sub("", word) for word in fold(text).split()]
