import ipaddress
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import encryption
from core.forms.fields import EmailFormField, of_model
from core.forms.layout import finish, secret_input
from core.mail.kinds import KINDS, NOTIFICATIONS
from core.mail.models import Email
from core.mail.smtp.client import LABEL, ROW, Server
from core.preferences.models import MailSecurity, Preferences
from pbxportal.pbx_settings.forms import SettingsForm


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class MailForm(SettingsForm):
    """The mail server, and which mails it is given. A saved password is kept for the server that it was entered for."""

    asks_again = True
    PASSWORD_IS_FOR: ClassVar[set[str]] = {"mail_host", "mail_port", "mail_security"}

    mail_password = forms.CharField(
        label=_("Password"), max_length=255, strip=False, required=False, widget=secret_input()
    )
    remove_password = forms.BooleanField(label=_("Remove the saved password"), required=False)
    mail_from = EmailFormField(
        label=_("Sender Address"),
        max_length=254,
        required=False,
        help_text=_("The address that e-mails come from, such as portal@example.com. The company name is added."),
    )
    notifications = forms.MultipleChoiceField(
        label=_("Notifications"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Which notifications people get about their account and extension. Each person can turn off more of them."
        ),
    )

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = ["mail_host", "mail_port", "mail_security", "mail_user", "mail_from", "notifications"]
        help_texts = {
            "mail_host": _("Host name, as in its certificate. Leave empty to send no e-mail; messages wait."),
            "mail_port": _("Often 587 with STARTTLS, 465 with TLS, 25 with None."),
            "mail_security": _(
                "How the connection is encrypted. Choose None only for this machine or a trusted network."
            ),
            "mail_user": _("Leave empty if the server does not require one."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        self.has_password = bool(self.before.sealed_mail_password)
        self.fields["notifications"].choices = [  # type: ignore[attr-defined]
            (kind, KINDS[kind].label) for kind in NOTIFICATIONS
        ]
        self.fields["mail_password"].help_text = (
            _("Leave empty to keep the saved password. It is never shown.")
            if self.has_password
            else _("Stored encrypted.")
        )
        if not self.has_password:
            del self.fields["remove_password"]
        for name in ("mail_host", "mail_user", "mail_from"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self.helper = finish(self, "mail_host", "mail_user", "mail_password", "mail_from")

    def clean_mail_from(self) -> str:
        return self.cleaned_data["mail_from"] or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors.keys() & {"mail_host", "mail_user", "mail_password", "mail_security"}:
            return cleaned
        if cleaned["mail_host"] and not cleaned.get("mail_from") and "mail_from" not in self.errors:
            self._refuse("mail_from", _("Enter the address that e-mails come from."))
        if cleaned["mail_user"]:
            self._check_password(cleaned)
        elif cleaned["mail_password"]:
            self._refuse("mail_user", _("Enter the User Name for this password."))
        return cleaned

    def _check_password(self, cleaned: dict[str, Any]) -> None:
        if cleaned["mail_security"] == MailSecurity.NONE and not is_this_machine(cleaned["mail_host"]):
            self._refuse(
                "mail_security",
                _("Passwords are not sent over an unencrypted connection. Choose STARTTLS or TLS."),
            )
        if cleaned["mail_password"]:
            return
        if not self.has_password or cleaned.get("remove_password"):
            self._refuse("mail_password", _("Enter the password for this User Name, or leave User Name empty."))
        elif not self.PASSWORD_IS_FOR.isdisjoint(self.changed_data):
            words = _(
                "Enter the password again. The saved one is used only with the previous Mail server, Port, and"
                " Security."
            )
            self._refuse("mail_password", words)

    def _refuse(self, name: str, words: Any) -> None:
        self.add_error(name, ValidationError(words))

    def server(self) -> Server | None:
        """As typed; of a valid form. None: no mail server is typed. Raises Trouble."""
        typed = self.instance
        if self.cleaned_data["mail_password"]:
            typed.sealed_mail_password = encryption.seal(LABEL, ROW, self.cleaned_data["mail_password"])
        return Server.of(typed)

    def _write(self, version: int) -> None:
        if self.cleaned_data["mail_password"]:
            self.instance.sealed_mail_password = encryption.seal(LABEL, ROW, self.cleaned_data["mail_password"])
        elif self.cleaned_data.get("remove_password"):
            self.instance.sealed_mail_password = ""
        Email.objects.hurry()
        super()._write(version)


class RecipientForm(forms.Form):
    """Where the test mail goes."""

    test_to = EmailFormField(
        label=_("Send to"), max_length=254, error_messages={"required": _("Enter an e-mail address.")}
    )

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, initial={"test_to": by.email})
        self.fields["test_to"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self.helper = finish(self)
