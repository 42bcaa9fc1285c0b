"""The e-mail that tells a person of a phone in a new network."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Letter


def new_network(letter: Letter) -> Words:
    """Its facts: number; address and model of the phone."""
    number = letter.facts["number"]
    context = {
        "number": number,
        "address": letter.facts["address"],
        "model": letter.facts["model"],
        "page": one_time_links.absolute(reverse("extensions:detail", args=[number])),
    }
    return composition.words(letter, _("A phone of yours registered from a new network"), context)
