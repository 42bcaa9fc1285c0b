from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _

from core.forms.fields import EmailFormField
from core.forms.layout import finish


class SignInForm(LoginForm):  # type: ignore[misc]
    """allauth's, without the placeholders that repeat the labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = EmailFormField(label=_("Email Address"), max_length=254)
        self.fields["login"].widget.attrs["autocomplete"] = "email"
        self.order_fields(["login", "password"])
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.helper = finish(self)
