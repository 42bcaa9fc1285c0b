"""The e-mail with the link by which somebody who has forgotten the password chooses another."""

from datetime import timedelta

from django.utils.translation import gettext as _

from accounts.passwords.tokens import reset_tokens
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email


def reset(email: Email) -> Words | None:
    """None: the person does not sign in any more, or has another address."""
    user = email.user
    if user is None or not user.is_active or user.email != email.to:
        return None
    context = {"link": reset_tokens.link(user), "hours": reset_tokens.valid // timedelta(hours=1)}
    return composition.words(email, _("Choose a new password"), context)
