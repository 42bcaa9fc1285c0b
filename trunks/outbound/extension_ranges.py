"""Extensions by their numbers, singly and from one to another: "1000,1100-1199"."""

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from extensions.models import SipExtension

ONE = re.compile(r"([1-9][0-9]{1,7})(?:-([1-9][0-9]{1,7}))?", re.ASCII)
MOST = 50


def normalized(text: str) -> str:
    """Each once, by commas. Raises ValidationError for what is none, and for an extension that there is not."""
    found = list(dict.fromkeys(re.sub(r"\s*[-\u2013]\s*", "-", text).replace(",", " ").split()))
    if len(found) > MOST:
        words = _("You entered %(count)s numbers and ranges. Enter at most %(most)s.")
        raise ValidationError(words, code="too_many", params={"count": len(found), "most": MOST})
    for each in found:
        _check(each)
    return ",".join(found)


def _check(text: str) -> None:
    match = ONE.fullmatch(text)
    if match is None:
        words = _("“%(text)s” is not a number of an extension. Enter numbers or ranges, such as 1000, 1100-1199.")
        raise ValidationError(words, code="range", params={"text": text[:50]})
    first, last = match[1], match[2]
    if last and int(last) < int(first):
        words = _("The range %(text)s ends before it begins. Enter the smaller number first.")
        raise ValidationError(words, code="order", params={"text": text})
    if not last and not SipExtension.objects.filter(number=first).exists():
        words = _("There is no extension %(number)s. Enter another number.")
        raise ValidationError(words, code="gone", params={"number": first})


def parsed(text: str) -> Iterator[tuple[int, int]]:
    """The first and the last number of each part of a normalized text."""
    for part in filter(None, text.split(",")):
        first, _dash, last = part.partition("-")
        yield int(first), int(last or first)
