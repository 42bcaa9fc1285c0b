"""The forms by which a person proves once more, or in a second way, that it is them."""

from typing import Any

from allauth.account.forms import ReauthenticateForm
from django.utils.translation import gettext_lazy as _

from accounts.forms import finish


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """allauth's, without the placeholder that repeats the label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.label, field.help_text = _("User Password"), ""
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs["autofocus"] = True
        field.error_messages["required"] = _("Enter your password.")
        self.helper = finish(self)
