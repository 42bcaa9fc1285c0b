"""E-mails that tell a person what happened to the account. Each says what to do where it was somebody else.

Their facts: password_changed and new_device `address`, `agent` (both may be missing); second_factor_changed `what`,
one of CHANGED.
"""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import one_time_links
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email

CHANGED = {
    "app_added": gettext_lazy("An authenticator app was set up."),
    "app_removed": gettext_lazy("The authenticator app was removed."),
    "passkey_added": gettext_lazy("A passkey was added."),
    "passkey_removed": gettext_lazy("A passkey was removed."),
    "codes_made": gettext_lazy("New recovery codes were created. The old ones no longer work."),
    "code_used": gettext_lazy("A recovery code was used to sign in. It cannot be used again."),
    "removed": gettext_lazy("Two-step verification was removed."),
}


def password_changed(email: Email) -> Words:
    return composition.words(email, _("Your password was changed"), _circumstances(email))


def new_device(email: Email) -> Words:
    return composition.words(email, _("New device signed in to your account"), _circumstances(email))


def second_factor_changed(email: Email) -> Words:
    what = CHANGED.get(email.facts.get("what", ""), _("Two-step verification was changed."))
    return composition.words(
        email, _("Your two-step verification was changed"), {**_circumstances(email), "what": what}
    )


def _circumstances(email: Email) -> dict[str, str]:
    return {
        "by": email.by.full_name if email.by and email.by != email.user else "",
        "address": str(email.facts.get("address", "")),
        "agent": str(email.facts.get("agent", "")),
        "sign_in": one_time_links.absolute(reverse("account_login")),
    }
