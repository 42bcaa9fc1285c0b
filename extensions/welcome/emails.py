"""The welcome mail, written out: the number, the portal's address, the link to choose a password, and its picture."""

from io import BytesIO

import segno
from django.utils.translation import gettext as _

from accounts.passwords.tokens import welcome_tokens
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email
from extensions.models import SipExtension
from extensions.welcome.invitations import MAY_GET, standing_of

QR = "link"  # its content id


def welcome(email: Email) -> Words | None:
    """None where the person cannot use it any more, has another address by now, or a newer link."""
    user = email.user
    extension = SipExtension.objects.filter(user=user).first()
    if user is None or extension is None or standing_of(extension) not in MAY_GET:
        return None
    if (user.link_version, user.email) != (email.facts["version"], email.to):
        return None
    link = welcome_tokens.link(user)
    context = {
        "number": extension.number,
        "link": link,
        "days": welcome_tokens.valid.days,
        "qr": QR,
        "by": email.by.full_name if email.by and email.by != user else "",
        "sign_in": user.email,
    }
    return composition.words(
        email, _("Your extension %(number)s") % {"number": extension.number}, context, ((QR, picture(link)),)
    )


def picture(link: str) -> bytes:
    """A PNG on white, as cameras need it in dark surroundings too."""
    file = BytesIO()
    segno.make(link, error="m", micro=False).save(file, kind="png", scale=4, border=4)
    return file.getvalue()
