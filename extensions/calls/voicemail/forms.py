from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.forms.layout import finish, secret_input
from core.validators import digits
from extensions import validators
from extensions.fields import FIELDS, AfterVoicemailEmail, Tab, VoicemailEmail
from extensions.models import SipExtension


class MailboxForm(forms.ModelForm[SipExtension]):
    """The mailbox of an extension. `new_pin`: the PIN that it has been given, "" where it keeps its own."""

    voicemail_pin = forms.CharField(
        label=_("Voicemail PIN"),
        max_length=15,
        required=False,
        widget=secret_input(length=validators.PIN_DIGITS, alphabet="0123456789"),
        help_text=_("3 to 15 digits. Typed on a phone to listen to messages."),
    )

    class Meta:
        model = SipExtension
        fields = [field.name for field in FIELDS if field.tab is Tab.VOICEMAIL and not field.is_secret]
        help_texts = {
            "voicemail": _("Callers can leave a message when no one answers."),
            "voicemail_email": _("Sent to the Email Address on the User tab."),
            "voicemail_asks_pin": _("When off, *2 on this extension's phones opens the mailbox without a PIN."),
        }

    def __init__(
        self, data: Any = None, *, instance: SipExtension | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, instance=instance, initial=initial)
        self.new_pin = ""
        self.fields["voicemail_pin"].widget.attrs["inputmode"] = "numeric"
        if instance:
            self.fields["voicemail_pin"].help_text = _("3 to 15 digits. Leave empty to keep the current PIN.")
        for name in ("voicemail_email", "voicemail_after_email"):
            self.fields[name].required = False  # not sent: as it is

    def clean_voicemail_pin(self) -> str:
        pin: str = self.cleaned_data["voicemail_pin"]
        if pin:
            validators.voicemail_pin(pin, self.cleaned_data.get("number") or self.instance.number)
        return pin

    def clean_voicemail_email(self) -> str:
        return self.cleaned_data["voicemail_email"] or self.instance.voicemail_email

    def clean_voicemail_after_email(self) -> str:
        return self.cleaned_data["voicemail_after_email"] or self.instance.voicemail_after_email

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        deletes = cleaned.get("voicemail_after_email") == AfterVoicemailEmail.DELETE
        if deletes and cleaned.get("voicemail_email") == VoicemailEmail.NOTE:
            words = _("The e-mail does not contain the recording. Choose another, or send the recording.")
            self.add_error("voicemail_after_email", ValidationError(words, code="recording_lost"))
        return cleaned

    def change(self, extension: SipExtension) -> None:
        """Set the fields of this form on the extension, which is saved by whoever calls this."""
        opens_mailbox = self.instance.voicemail and (extension is self.instance or not extension.voicemail)
        for name in self._meta.fields or ():
            setattr(extension, name, getattr(self.instance, name))
        self.new_pin = self.cleaned_data["voicemail_pin"]
        if opens_mailbox and not self.new_pin:
            self.new_pin = validators.random_pin(extension.number)  # nobody has ever been shown the one it has
        if self.new_pin:
            extension.voicemail_pin = self.new_pin


class OwnMailboxForm(MailboxForm):
    """A person's own. Who saves later than another sees what the other saved."""

    version = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, instance: SipExtension) -> None:
        super().__init__(data, instance=instance, initial={"version": str(instance.version)})
        self.fields["voicemail_email"].help_text = _("Sent to your e-mail address.")
        self.fields["voicemail_asks_pin"].help_text = _("When off, *2 on your phones opens your mailbox without a PIN.")
        self.helper = finish(self)

    @property
    def opened_version(self) -> int:
        return digits(self.cleaned_data["version"]) or 0
