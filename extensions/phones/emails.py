"""The e-mails that tell a person of a phone in a new network, and of wrong voicemail PINs."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email


def new_network(email: Email) -> Words:
    """Its facts: number; address and model of the phone."""
    number = email.facts["number"]
    context = {
        "number": number,
        "address": email.facts["address"],
        "model": email.facts["model"],
        "page": one_time_links.absolute(reverse("extensions:detail", args=[number])),
    }
    return composition.words(email, _("Your phone registered from a new network"), context)


def voicemail_locked(email: Email) -> Words:
    """Its facts: number; caller, whose phone typed the last of the wrong PINs."""
    number = email.facts["number"]
    context = {
        "number": number,
        "caller": email.facts["caller"],
        "page": one_time_links.absolute(reverse("extensions:detail", args=[number])),
    }
    return composition.words(email, _("Wrong PINs were entered for your voicemail"), context)
