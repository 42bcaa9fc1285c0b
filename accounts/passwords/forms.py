"""Choosing a password: after it was forgotten, or in the place of one that is known."""

from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords.fields import UserPasswordField
from accounts.passwords.rules import Rules
from accounts.passwords.tokens import LinkTokenGenerator, reset_tokens, welcome_tokens
from accounts.sessions import active as active_sessions
from accounts.throttling import failure_counts
from accounts.throttling import sign_in as sign_in_throttling
from accounts.throttling.failure_counts import Bucket, Limit
from accounts.throttling.sign_in import OwnPasswordThrottle
from core.audit import log
from core.coded_text import CodedText
from core.forms.fields import EmailFormField
from core.forms.layout import finish
from core.mail import outbox

LINKS_OF_ACCOUNT = Limit("links_of_account", 3, 3600)
LINKS_OF_ADDRESS = Limit("links_of_address", 20, 3600)
HOW = {
    welcome_tokens: CodedText("password.by_welcome_link"),
    reset_tokens: CodedText("password.by_reset_link"),
}


class ForgottenForm(forms.Form):
    email = EmailFormField(label=_("Email Address"), max_length=254)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["email"].widget.attrs["autocomplete"] = "username"
        self.helper = finish(self)

    def save(self, of_network: list[Bucket]) -> None:
        """The same for whoever it is: only when the e-mail is written is the person looked for."""
        email = self.cleaned_data["email"]
        if not failure_counts.take([Bucket(LINKS_OF_ACCOUNT, email), *of_network]):
            return
        with transaction.atomic():
            outbox.send_to_address("reset", email)
            log.record(log.NOBODY, "sign_in.link_asked", CodedText("sign_in.by_mail"))


class NewPasswordForm(forms.Form):
    password = UserPasswordField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("New Password")
        self.fields["password"].follow(Rules.current())  # type: ignore[attr-defined]
        self.helper = finish(self)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        if self.user.must_change_password and self.user.check_password(password):
            raise ValidationError(_("Choose a password that is different from the current one."), code="same")
        return password

    def hashed(self) -> str:
        """Costs 30 ms by design: call it before the transaction, not in it."""
        return make_password(self.cleaned_data["password"])


class ChooseForm(NewPasswordForm):
    """By a link that was mailed."""

    def save(self, tokens: LinkTokenGenerator, circumstances: dict[str, Any]) -> bool:
        """False where the link has been used meanwhile."""
        hashed, version = self.hashed(), self.user.link_version
        with transaction.atomic():
            held = User.objects.select_for_update(no_key=True)
            user = held.filter(pk=self.user.pk, link_version=version, is_active=True).first()
            if user is None:
                return False
            user.password, user.password_seen, user.link_version = hashed, False, version + 1
            user.save(update_fields=["password", "password_seen", "link_version"])
            self.user.refresh_from_db()
            active_sessions.end(self.user)
            failure_counts.forgive(sign_in_throttling.of_account(self.user.email or ""))
            if tokens is not welcome_tokens:
                outbox.notify("password_changed", self.user, **circumstances)
            log.record(self.user, "sign_in.password_changed", self.user, why=HOW[tokens])
        return True


class OwnPasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Current Password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["present", "password"]

    def clean_present(self) -> str:
        typed: str = self.cleaned_data["present"]
        throttle = OwnPasswordThrottle(self.user)
        throttle.begin()
        if self.user.check_password(typed):
            throttle.succeed()
            return typed
        throttle.fail()
        raise ValidationError(_("That is not your current password. Try again."), code="wrong")

    def save(self, but: str, circumstances: dict[str, Any]) -> bool:
        """Ends all sessions `but` one. False where the password was changed meanwhile."""
        before, hashed = self.user.password, self.hashed()
        with transaction.atomic():
            changed = User.objects.filter(pk=self.user.pk, password=before).update(
                password=hashed, password_seen=False, link_version=self.user.link_version + 1
            )
            if not changed:
                return False
            self.user.refresh_from_db()
            active_sessions.end(self.user, but=but)
            outbox.notify("password_changed", self.user, **circumstances)
            log.record(self.user, "sign_in.password_changed", self.user)
        return True
