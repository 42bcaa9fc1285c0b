"""Patterns of dialed numbers, as Asterisk knows them: digits, * # +, X Z N, [2-5], and at the end . or !"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST = 50
LONGEST = 40
MOST_PREFIXES = 100
LITERALS = "0123456789*#+"
CLASSES = {"X": "0123456789", "Z": "123456789", "N": "23456789"}
ENDS = {".": "[0-9*#+]+", "!": "[0-9*#+]*"}  # one or more of anything that can be dialed; none or more
SET = re.compile(r"(\[[^\[\]]*\])")
PART = re.compile(r"\[[^\[\]]*\]|.")
MEMBER = re.compile(r"([0-9])-([0-9])|([0-9*#+])", re.ASCII)


def parse(text: str) -> list[str]:
    """Each pattern once, in its normal form, of a text with one on each line. Raises ValidationError."""
    found: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found[_normal(line, number)] = None
    if len(found) > MOST:
        raise ValidationError(
            _("You entered %(count)s patterns. Enter at most %(most)s."),
            code="too_many",
            params={"count": len(found), "most": MOST},
        )
    return list(found)


def _normal(line: str, number: int) -> str:
    pattern = "".join(
        each if each.startswith("[") else re.sub(r"[ -]", "", each).upper()
        for each in SET.split(line.strip().removeprefix("_"))
    )
    shown = {"line": number, "pattern": line.strip()[:LONGEST], "most": LONGEST}
    parts = _parts(pattern)
    if not parts or len(parts) > LONGEST:
        raise ValidationError(_("Line %(line)s: enter 1 to %(most)s characters."), code="length", params=shown)
    if not ENDS.keys().isdisjoint(parts[:-1]):
        raise ValidationError(
            _("Line %(line)s: “%(pattern)s” has . or ! in the middle. It must be the last character."),
            code="end",
            params=shown,
        )
    if not all(part in ENDS or _characters(part) for part in parts):
        raise ValidationError(
            _(
                "Line %(line)s: “%(pattern)s” is not a pattern. Use digits, * # +, X Z N, a set such as [2-5], and"
                " . or ! at the end."
            ),
            code="pattern",
            params=shown,
        )
    return pattern


def _parts(pattern: str) -> list[str]:
    return [found.group() for found in PART.finditer(pattern)]


def _characters(part: str) -> str:
    """All that can stand there; "" where the part is none."""
    if part in CLASSES:
        return CLASSES[part]
    if not part.startswith("["):
        return part if part in LITERALS else ""
    members = part[1:-1]
    if MEMBER.sub("", members) or any(low > high for low, high, _one in MEMBER.findall(members)):
        return ""
    ranges = (LITERALS[int(low) : int(high) + 1] if low else one for low, high, one in MEMBER.findall(members))
    found = set("".join(ranges))
    return "".join(each for each in LITERALS if each in found)


def to_regex(pattern: str) -> str:
    """A POSIX extended regular expression of the whole number, without anchors and backslashes."""
    return "".join(ENDS.get(part) or _expression(part) for part in _parts(pattern))


def _expression(part: str) -> str:
    if part in CLASSES:
        return f"[{CLASSES[part][0]}-9]"
    return f"[{part}]" if part in "*+" else part


def matches(pattern: str, dialed: str) -> bool:
    return re.fullmatch(to_regex(pattern), dialed, re.ASCII) is not None


def prefixes(pattern: str) -> list[str]:
    """What a number can begin with that it matches: as many characters as can be told in at most 100 of them."""
    found = [""]
    for part in _parts(pattern):
        if part in ENDS or part == "X":
            break
        longer = [prefix + each for prefix in found for each in _characters(part)]
        if len(longer) > MOST_PREFIXES:
            break
        found = longer
    return found


def shortest(pattern: str) -> int:
    """The fewest characters of a number that it matches."""
    return sum(part != "!" for part in _parts(pattern))
