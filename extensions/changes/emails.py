"""The e-mail that tells a person what was changed of the extension."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import one_time_links
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email
from extensions.fields import MASKED, label, value_shown


def extension_changed(email: Email) -> Words | None:
    """None where all is as it was."""
    number = email.facts["number"]
    fields = [
        {
            "label": label(name),
            "is_secret": name in MASKED,
            "old": value_shown(name, old),
            "new": value_shown(name, new),
        }
        for name, (old, new) in email.facts["fields"].items()
    ]
    if not fields:
        return None
    context = {
        "number": number,
        "fields": fields,
        "by": email.by.full_name if email.by else "",
        "page": one_time_links.absolute(reverse("extensions:detail", args=[number])),
    }
    return composition.words(email, _("Your extension %(number)s was changed") % {"number": number}, context)
