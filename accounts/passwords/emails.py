"""The letter with the link by which somebody who has forgotten the password chooses another."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from accounts.one_time_links import Link, Purpose
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Letter


def reset(letter: Letter) -> Words | None:
    """None: the person does not sign in any more, or has another address."""
    user = letter.user
    if user is None or not user.is_active or user.email != letter.to:
        return None
    token = one_time_links.token(Link(Purpose.RESET, user.pk, user.link_version))
    link = one_time_links.absolute(reverse("choose", args=[token]))
    hours = one_time_links.VALID_SECONDS[Purpose.RESET] // 3600
    return composition.words(letter, _("Choose a new password"), {"link": link, "hours": hours})
