"""The letter with the link by which somebody who has forgotten the password chooses another."""

from datetime import timedelta

from django.utils.translation import gettext as _

from accounts.passwords.tokens import reset_tokens
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Letter


def reset(letter: Letter) -> Words | None:
    """None: the person does not sign in any more, or has another address."""
    user = letter.user
    if user is None or not user.is_active or user.email != letter.to:
        return None
    context = {"link": reset_tokens.link(user), "hours": reset_tokens.valid // timedelta(hours=1)}
    return composition.words(letter, _("Choose a new password"), context)
