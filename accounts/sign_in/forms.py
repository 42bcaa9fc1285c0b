from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _

from core.forms.layout import finish


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's, without the placeholders that repeat the labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Email Address")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.helper = finish(self)
