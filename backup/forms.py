import os
from copy import copy
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.passwords.opaque_string import opaque_string
from backup.making import SHORTEST_PASSPHRASE
from backup.models import BackupSettings
from core.audit import log
from core.audit.fields import MASK
from core.coded_text import CodedText
from core.forms.fields import WholeNumberField, of_model
from core.forms.layout import finish, secret_input

WORDS = {
    "days": _("Enter a whole number from 0 to 366."),
    "weeks": _("Enter a whole number from 0 to 520."),
    "months": _("Enter a whole number from 0 to 120."),
}


SHORT_LIVED = ("/tmp", "/var/tmp", "/run", "/dev")  # noqa: S108 (as a service, the portal has a /tmp of its own)


class BackupSettingsForm(forms.ModelForm[BackupSettings]):
    """Where backups go, what opens them, and how many are kept."""

    version = WholeNumberField(widget=forms.HiddenInput)
    passphrase = forms.CharField(
        label=_("Passphrase"), max_length=255, strip=False, required=False, widget=secret_input(length=24)
    )

    class Meta:
        model = BackupSettings
        formfield_callback = of_model
        fields = ["folder", "days", "weeks", "months", "voicemail"]
        help_texts = {
            "folder": _(
                "A folder that the portal can write to, best on another disk. Leave empty for the portal's own."
            ),
            "days": _("The newest backup of each day."),
            "weeks": _("The newest backup of each week."),
            "months": _("The newest backup of each month."),
            "voicemail": _("Greetings are always included."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        chosen = BackupSettings.load()
        self.by, self.before = by, copy(chosen)
        super().__init__(data, instance=chosen, initial={"version": chosen.version})
        self.fields["folder"].widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}
        self.fields["passphrase"].help_text = (
            _("Leave empty to keep the saved passphrase. It is never shown.")
            if chosen.sealed_passphrase
            else _("12 characters or more. Write it down elsewhere: without it, no backup can be opened.")
        )
        for name, words in WORDS.items():
            self.fields[name].error_messages |= dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
            self.fields[name].widget.attrs["inputmode"] = "numeric"
        self.helper = finish(self, "folder", *(["passphrase"] if chosen.sealed_passphrase else []))

    def clean_folder(self) -> str:
        text: str = self.cleaned_data["folder"]
        if not text:
            return ""
        if "\0" in text or not os.path.isabs(text):  # noqa: PTH117 (a Path of a NUL is none)
            raise ValidationError(_("Enter the whole path of the folder, beginning with /."))
        folder = Path(text).resolve()
        if any(folder.is_relative_to(each) for each in (settings.VAR, settings.BASE_DIR)):
            raise ValidationError(_("Choose a folder outside the portal's own. Leave empty for the default."))
        if any(folder.is_relative_to(each) for each in SHORT_LIVED):
            raise ValidationError(_("Files there are deleted at a restart. Choose another folder."))
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise ValidationError(_("The portal cannot write to this folder. Create it, or change its owner."))
        return str(folder)

    def clean_passphrase(self) -> str:
        text = opaque_string(self.cleaned_data["passphrase"])
        if not text and not self.before.sealed_passphrase:
            raise ValidationError(_("Enter a passphrase."))
        if text and len(text) < SHORTEST_PASSPHRASE:
            raise ValidationError(_("Enter 12 characters or more."))
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("version") != self.before.version:
            words = _("Someone else changed these settings while you had the page open. Open it again.")
            self.add_error(None, ValidationError(words, code="conflict"))
        if cleaned.get("days") == cleaned.get("weeks") == cleaned.get("months") == 0:
            self.add_error("days", ValidationError(_("Keep one daily, weekly, or monthly backup or more.")))
        return cleaned

    @property
    def is_conflict(self) -> bool:
        return self.has_error("__all__", "conflict")

    def try_save(self) -> bool:
        """Whether there was anything to write."""
        changed = [name for name in self.changed_data if name != "version"]
        if not changed:
            return False
        with transaction.atomic():
            now = BackupSettings.objects.select_for_update().get(pk=1)
            if now.version != self.before.version:
                return False
            if self.cleaned_data["passphrase"]:
                self.instance.passphrase = self.cleaned_data["passphrase"]
            self.instance.version = now.version + 1
            self.instance.save()
            log.record(
                self.by, "backup.settings_changed", CodedText("module.backup"), fields=dict(map(self._changed, changed))
            )
        return True

    def _changed(self, name: str) -> tuple[str, list[Any]]:
        if name == "passphrase":
            return "backup_passphrase", [MASK if self.before.sealed_passphrase else "", MASK]
        return f"backup_{name}", [getattr(self.before, name), self.cleaned_data[name]]
