import re
from copy import copy
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from backup.models import CopySettings
from core import host_names
from core.audit import log
from core.audit.fields import MASK
from core.coded_text import CodedText
from core.forms.fields import SingleLineFormField, WholeNumberField
from core.forms.layout import finish, secret_input
from core.validators import single_line

FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{1,64}")
S3_FOLDER = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
SECRETS = ("sftp_password", "s3_secret")
Kind, SignIn = CopySettings.Kind, CopySettings.SignIn


def line(label: Any, *, most: int, help_text: Any = "") -> SingleLineFormField:
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    return SingleLineFormField(
        label=label, max_length=most, required=False, validators=[single_line], help_text=help_text,
        widget=forms.TextInput(attrs=attrs),
    )  # fmt: skip


class CopiesForm(forms.ModelForm[CopySettings]):
    """Where copies go. What belongs to another kind than the chosen one is neither looked at nor changed."""

    version = WholeNumberField(widget=forms.HiddenInput)
    sftp_host = line(_("Host"), most=253, help_text=_("Host name or address, such as nas.example.com."))
    sftp_port = WholeNumberField(
        label=_("Port"), min_value=1, max_value=65535, required=False, widget=forms.TextInput({"inputmode": "numeric"})
    )
    sftp_user = line(_("User Name"), most=128)
    sftp_password = forms.CharField(
        label=_("Password"), max_length=255, strip=False, required=False, widget=secret_input()
    )
    sftp_host_key = line(
        _("Host key"), most=64,
        help_text=_("SHA256 fingerprint of the server's key. Leave empty and press Test to see it."),
    )  # fmt: skip
    sftp_folder = line(
        _("Folder"), most=500, help_text=_("Must exist. Leave empty for the folder that the user starts in.")
    )
    s3_endpoint = line(
        _("Endpoint"), most=300,
        help_text=_("Such as https://s3.eu-central-1.amazonaws.com. http:// is allowed only on private networks."),
    )  # fmt: skip
    s3_region = line(_("Region"), most=64, help_text=_("us-east-1 if the storage has no regions."))
    s3_bucket = line(_("Bucket"), most=63)
    s3_folder = line(_("Folder"), most=300, help_text=_("Leave empty for the top of the bucket."))
    s3_key_id = line(_("Access key ID"), most=128)
    s3_secret = forms.CharField(
        label=_("Secret access key"), max_length=255, strip=False, required=False, widget=secret_input()
    )

    class Meta:
        model = CopySettings
        fields = [
            "kind", "sftp_host", "sftp_port", "sftp_user", "sftp_sign_in", "sftp_host_key", "sftp_folder",
            "s3_endpoint", "s3_region", "s3_bucket", "s3_folder", "s3_key_id",
        ]  # fmt: skip
        widgets = {"kind": forms.RadioSelect, "sftp_sign_in": forms.RadioSelect}

    # The saved password is for the server that it was entered for: nobody else is to be shown it.
    PASSWORD_IS_FOR = ("sftp_host", "sftp_port", "sftp_user", "sftp_host_key")

    def __init__(self, data: Any = None, *, by: User, is_test: bool = False) -> None:
        """`is_test`: the host key may be missing, as that is how it becomes known."""
        chosen = CopySettings.load()
        self.by, self.is_test, self.before = by, is_test, copy(chosen)
        super().__init__(data, instance=chosen, initial={"version": chosen.version})
        for name in SECRETS:
            is_saved = getattr(chosen, f"sealed_{name}")
            self.fields[name].help_text = (
                _("Leave empty to keep the saved one. It is never shown.") if is_saved else _("Stored encrypted.")
            )
        self.fields["sftp_sign_in"].required = False
        self.helper = finish(self, "sftp_folder", "s3_folder")

    def _of_others(self, kind: str) -> list[str]:
        return [name for name in self.fields if name.startswith(("sftp_", "s3_")) and not name.startswith(f"{kind}_")]

    def clean_sftp_host(self) -> str:
        text = self.cleaned_data["sftp_host"]
        try:
            return host_names.host_of(text.strip("[]")).strip("[]") if text else ""
        except ValueError as error:
            raise ValidationError(_("Enter a host name such as nas.example.com.")) from error

    def clean_sftp_host_key(self) -> str:
        text: str = self.cleaned_data["sftp_host_key"].rstrip("=")
        if text and not FINGERPRINT.fullmatch(text):
            raise ValidationError(_("Enter the fingerprint as ssh-keygen -l shows it, beginning with SHA256:."))
        return text

    def clean_s3_endpoint(self) -> str:
        text: str = self.cleaned_data["s3_endpoint"].rstrip("/")
        try:
            url = urlsplit(text)
            valid = url.scheme in ("http", "https") and url.hostname and text.isascii() and url.port != 0
            valid = valid and text == f"{url.scheme}://{url.netloc}" and url.username is None
        except ValueError:
            valid = False
        if text and not valid:
            raise ValidationError(_("Enter an address such as https://s3.example.com, without a path."))
        return text

    def clean_s3_region(self) -> str:
        return self._matching("s3_region", REGION, _("Enter a region such as us-east-1."))

    def clean_s3_bucket(self) -> str:
        return self._matching("s3_bucket", BUCKET, _("Enter 3 to 63 lowercase letters, digits, periods, and hyphens."))

    def clean_s3_folder(self) -> str:
        self.cleaned_data["s3_folder"] = self.cleaned_data["s3_folder"].strip("/")
        words = _("Use letters, digits, and . _ - in each part, with / between parts.")
        folder = self._matching("s3_folder", S3_FOLDER, words)
        if {".", ".."} & {*folder.split("/")}:
            raise ValidationError(words)
        return folder

    def _matching(self, name: str, wanted: "re.Pattern[str]", words: Any) -> str:
        text: str = self.cleaned_data[name]
        if text and not wanted.fullmatch(text):
            raise ValidationError(words)
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("version") != self.before.version:
            words = _("Someone else changed these settings while you had the page open. Open it again.")
            self.add_error(None, ValidationError(words, code="conflict"))
        kind = cleaned.get("kind", Kind.NONE)
        for name in self._of_others(kind):
            self.errors.pop(name, None)
            cleaned[name] = "" if name in SECRETS else getattr(self.before, name)
        for name in self._needed(kind):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, self.fields[name].error_messages["required"])
        if kind == Kind.SFTP:
            cleaned["sftp_sign_in"] = cleaned.get("sftp_sign_in") or SignIn.KEY
            self._check_password(cleaned)
        elif kind == Kind.S3 and not cleaned.get("s3_secret") and not self.before.sealed_s3_secret:
            self.add_error("s3_secret", self.fields["s3_secret"].error_messages["required"])
        return cleaned

    def _needed(self, kind: str) -> list[str]:
        if kind == Kind.S3:
            return ["s3_endpoint", "s3_region", "s3_bucket", "s3_key_id"]
        if kind != Kind.SFTP:
            return []
        return ["sftp_host", "sftp_port", "sftp_user", *([] if self.is_test else ["sftp_host_key"])]

    def _check_password(self, cleaned: dict[str, Any]) -> None:
        if cleaned["sftp_sign_in"] == SignIn.KEY:
            cleaned["sftp_password"] = ""
        if cleaned["sftp_sign_in"] == SignIn.KEY or cleaned.get("sftp_password"):
            return
        if not self.before.sealed_sftp_password:
            self.add_error("sftp_password", self.fields["sftp_password"].error_messages["required"])
        elif any(cleaned.get(name) != getattr(self.before, name) for name in self.PASSWORD_IS_FOR):
            words = _("Enter the password again. The saved one is used only with the previous server and user.")
            self.add_error("sftp_password", ValidationError(words))

    @property
    def is_conflict(self) -> bool:
        return self.has_error("__all__", "conflict")

    def typed(self) -> CopySettings:
        """As it would be saved; of a valid form."""
        for name in SECRETS:
            if self.cleaned_data[name]:
                self.instance.seal(name, self.cleaned_data[name])
        return self.instance

    def try_save(self) -> bool:
        """Whether there was anything to write."""
        names = [name for name in self._meta.fields or () if self.cleaned_data[name] != getattr(self.before, name)]
        secrets = [name for name in SECRETS if self.cleaned_data[name]]
        if not names and not secrets:
            return False
        with transaction.atomic():
            now = CopySettings.objects.select_for_update().get(pk=1)
            if now.version != self.before.version:
                return False
            chosen = self.typed()
            chosen.version = now.version + 1
            chosen.save()
            fields = {f"copy_{name}": [getattr(self.before, name), self.cleaned_data[name]] for name in names}
            fields |= {
                f"copy_{name}": [MASK if getattr(self.before, f"sealed_{name}") else "", MASK] for name in secrets
            }
            log.record(self.by, "backup.copies_changed", CodedText("module.backup"), fields=fields)
        return True
