"""The e-mails of a change of the e-mail address."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from accounts.one_time_links import Purpose
from accounts.profile.models import EmailChange
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email
from extensions.my_account import email_change


def to_the_old(email: Email) -> Words | None:
    return _with_link(email, Purpose.OLD_EMAIL)


def to_the_new(email: Email) -> Words | None:
    return _with_link(email, Purpose.NEW_EMAIL)


def _with_link(email: Email, side: Purpose) -> Words | None:
    """None: it was cancelled, or another was asked for."""
    change = EmailChange.objects.select_related("user").filter(pk=email.facts["change"]).first()
    if change is None:
        return None
    link = one_time_links.absolute(reverse("account_email_confirm", args=[side, email_change.token(change, side)]))
    context = {"link": link, "new": change.new, "old": change.user.email or ""}
    return composition.words(email, _("Confirm your new e-mail address"), context)


def done(email: Email) -> Words:
    context = {"new": email.facts["new"], "old": email.to}
    return composition.words(email, _("Your e-mail address was changed"), context)
