from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.forms.fields import of_model
from core.forms.layout import finish
from core.preferences.models import Preferences
from pbxportal.pbx_settings.forms import SettingsForm


class VoicemailForm(SettingsForm):
    """Of all mailboxes: how much fits, and for how long."""

    waits_for_apply = True

    WORDS = {
        "voicemail_minutes": _("Enter a whole number from 1 to 15."),
        "voicemail_messages": _("Enter a whole number from 1 to 500."),
        "voicemail_days": _("Enter a whole number from 0 to 3650. 0 keeps messages until someone deletes them."),
    }

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = ["new_voicemail", "voicemail_minutes", "voicemail_messages", "voicemail_days"]
        help_texts = {
            "new_voicemail": _("Can be changed for each extension."),
            "voicemail_minutes": _("1 to 15. A longer message is cut off."),
            "voicemail_messages": _("1 to 500. When a mailbox is full, callers cannot leave a message."),
            "voicemail_days": _("Older messages are deleted. 0 keeps them until someone deletes them."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        for name, words in self.WORDS.items():
            field = self.fields[name]
            field.error_messages |= dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
            field.widget.attrs["inputmode"] = "numeric"
        self.helper = finish(self)
