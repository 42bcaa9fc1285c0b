"""The forms by which a person proves once more, or in a second way, that it is them; and those of the second factor."""

import math
import unicodedata
from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from accounts.allauth_internals import (
    complete_registration,
    generate_totp_secret,
    parse_registration_response,
    post_authentication,
)
from accounts.models import User
from accounts.second_factor import factors
from accounts.second_factor.allauth_adapter import is_of_this_page
from accounts.throttling.codes import CodeThrottle
from accounts.throttling.sign_in import PasskeyThrottle
from core.audit import log
from core.coded_text import CodedText
from core.forms.fields import SingleLineFormField
from core.forms.layout import finish
from core.validators import single_line

UNKNOWN = CodedText("second_factor.unknown_passkey")


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


class CodeField(forms.CharField):
    def __init__(self, **more: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}
        words = {"required": _("Enter the code.")}
        widget = forms.TextInput(attrs=attrs)
        super().__init__(label=_("Code"), max_length=32, widget=widget, error_messages=words, **more)

    def to_python(self, value: Any) -> str:
        """In ASCII digits without blanks, as it may be copied from a mail or typed on any keyboard."""
        text = unicodedata.normalize("NFKC", super().to_python(value) or "")
        visible = (c for c in text if not c.isspace() and unicodedata.category(c) != "Cf")
        return "".join(str(unicodedata.decimal(c, c)) for c in visible)


def wrong() -> ValidationError:
    error: ValidationError = get_adapter().validation_error("incorrect_code")
    return error


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """At the sign-in: a code of the app, or a recovery code."""

    code = CodeField(help_text=_("From your authenticator app, or a recovery code."))
    reauthenticated = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = finish(self)

    def throttle(self) -> CodeThrottle:
        return CodeThrottle.at_the_sign_in(context.request, self.user, "second_factor.failed")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        throttle = self.throttle()
        throttle.begin()
        self.authenticator = factors.use_code(self.user, code)
        if self.authenticator is None:
            throttle.fail()
            raise wrong()
        throttle.succeed()
        self.authenticator.user = self.user
        return code

    def save(self) -> None:
        post_authentication(context.request, self.authenticator, reauthenticated=self.reauthenticated)


class CodeAgainForm(CodeForm):
    """By somebody who has signed in."""

    reauthenticated = True

    def throttle(self) -> CodeThrottle:
        return CodeThrottle.again(self.user, "second_factor.failed")


BAD_ANSWER = (ValidationError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class AnswerField(forms.JSONField):
    """A browser's answer. Django's own field lets through what is thrown of deep lists and long numbers."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ARG002 (Django's signature)
        """An answer works once: a form that is shown again has none."""
        return InvalidJSONInput("")


class CheckedPasskey:
    """allauth's check and ours. One that was refused leaves a trace, whatever was sent in its place."""

    user: User | None
    cleaned_data: dict[str, Any]
    challenged_at = math.inf  # allauth keeps the challenge in the session, and drops it with its first use

    def clean_credential(self) -> Authenticator:
        try:
            answer = AuthenticationResponse.from_dict(self.cleaned_data["credential"]).response
            if not is_of_this_page(answer.client_data):
                raise wrong()
            passkey: Authenticator = super().clean_credential()  # type: ignore[misc]
            if not factors.use_passkey(passkey, answer.authenticator_data.counter, self.challenged_at):
                raise wrong()
        except BAD_ANSWER as error:
            log.record(self.user or log.NOBODY, "second_factor.failed", self.user or UNKNOWN, result=log.Result.FAILED)
            raise wrong() from error
        return passkey


class PasskeyForm(CheckedPasskey, webauthn.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """At the sign-in, after the password."""

    credential = AnswerField()


class PasskeyAgainForm(CheckedPasskey, webauthn.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """By somebody who has signed in."""

    credential = AnswerField()


class PasskeyAloneForm(CheckedPasskey, webauthn.LoginWebAuthnForm):  # type: ignore[misc]
    """In the place of address and password."""

    credential = AnswerField()

    def __init__(self, *args: Any, challenged_at: float = 0, **more: Any) -> None:
        super().__init__(*args, **more)
        self.challenged_at = challenged_at

    def clean_credential(self) -> Authenticator:
        throttle = PasskeyThrottle(context.request)
        throttle.begin()
        try:
            passkey = super().clean_credential()
        except ValidationError:
            throttle.fail()
            raise
        throttle.succeed()
        return passkey


class AppForm(forms.Form):
    """Proves that the app has the secret."""

    code = CodeField(help_text=_("The six-digit code the app shows now."))

    def __init__(self, data: Any = None, *, secret: str) -> None:
        self.secret = secret
        self.step = 0
        super().__init__(data)
        self.helper = finish(self)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        step = factors.step_of(self.secret, code)
        if step is None:
            raise ValidationError(
                _("That code is wrong or has expired. Check the device's clock and enter the latest code."),
                code="wrong_code",
            )
        self.step = step
        return code

    def save(self, user: User) -> bool:
        return factors.add_app(user, self.secret, self.step)


def new_secret() -> str:
    secret: str = generate_totp_secret()
    return secret


class PasskeyNameForm(forms.Form):
    name = SingleLineFormField(
        label=_("Name"),
        max_length=63,
        validators=[single_line],
        help_text=_("Helps you recognize it in the list, such as Phone or Blue key."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.helper = finish(self)


class NewPasskeyForm(PasskeyNameForm):
    """With what the browser made. A passkey is all that is needed to sign in, so it has to look who uses it."""

    credential = AnswerField(
        error_messages={
            "required": _("No passkey was created. Press the button again."),
            "invalid": _("No passkey was created."),
        },
    )

    def clean_credential(self) -> dict[str, Any]:
        credential: dict[str, Any] = self.cleaned_data["credential"]
        try:
            if not is_of_this_page(parse_registration_response(credential).response.client_data):
                raise wrong()
            complete_registration(credential)
        except BAD_ANSWER as error:
            raise ValidationError(
                _("The passkey does not match this page. Create it again."), code="wrong_passkey"
            ) from error
        return credential

    def save(self, user: User) -> None:
        factors.add_passkey(user, self.cleaned_data["name"], self.cleaned_data["credential"])
