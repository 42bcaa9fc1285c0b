from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import User
from asterisk.live.block_files import MOST_ENTRIES, SAFE
from core.forms.fields import of_model
from core.forms.layout import finish
from core.preferences.models import Preferences
from extensions.validators import some_networks
from pbxportal.pbx_settings.forms import SettingsForm

MOST_NEVER = 100


def entries(text: str) -> str:
    """Each once, one a line."""
    found = list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.splitlines()))))
    if len(found) > MOST_ENTRIES:
        raise ValidationError(
            _("You entered %(count)s lines. Enter at most %(most)s."),
            code="too_many",
            params={"count": len(found), "most": MOST_ENTRIES},
        )
    for each in found:
        if not SAFE.fullmatch(each):
            raise ValidationError(
                _(
                    "“%(text)s” cannot be used. Enter 1 to 40 letters, digits, spaces, or . _ + * # / @ : ( ) ! - on"
                    " each line."
                ),
                code="entry",
                params={"text": each[:50]},
            )
    return "\n".join(found)


class AttackForm(SettingsForm):
    """When an address is kept out, and which never is."""

    asks_again = waits_for_apply = True

    WORDS = {
        "attacks_tries": _("Enter a whole number from 3 to 1000."),
        "attacks_minutes": _("Enter a whole number from 1 to 60."),
        "attacks_block_minutes": _("Enter a whole number from 1 to 1440."),
        "outbound_a_minute": _("Enter a whole number from 1 to 1000."),
    }

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = [
            "attacks_on",
            "attacks_tries",
            "attacks_minutes",
            "attacks_block_minutes",
            "attacks_never",
            "attacks_agents",
            "attacks_dialled",
            "outbound_a_minute",
        ]
        widgets = {
            "attacks_never": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            "attacks_agents": forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
            "attacks_dialled": forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        }
        help_texts = {
            "attacks_on": _(
                "An address is blocked after too many failed attempts. One that your phones are registered from is not:"
                " only the extension that is guessed at stops answering it."
            ),
            "attacks_tries": _("3 to 1000. The next packet from the address is refused."),
            "attacks_minutes": _("1 to 60."),
            "attacks_block_minutes": _("1 to 1440. Each further block lasts twice as long, up to 7 days."),
            "attacks_never": _(
                "Addresses and networks, such as 192.0.2.10, 198.51.100.0/24. An attacker there is not stopped."
            ),
            "attacks_agents": _("One per line. A device whose User-Agent contains one of them is blocked at once."),
            "attacks_dialled": _(
                "One per line. A device that is not one of your phones and dials a number that starts with one of them"
                " is blocked at once."
            ),
            "outbound_a_minute": _(
                "1 to 1000. An extension that begins more is locked for outbound calls until someone releases it: no"
                " person dials as fast, but a stolen registration does. Emergency numbers can always be dialed."
            ),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        for name, words in self.WORDS.items():
            field = self.fields[name]
            field.error_messages |= dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
            field.widget.attrs["inputmode"] = "numeric"
        self.helper = finish(self)

    @property
    def saved_text(self) -> StrOrPromise:
        if "outbound_a_minute" in self.changed_data:
            return super().saved_text
        return gettext("Saved. The PBX follows within seconds.")

    def clean_attacks_never(self) -> str:
        return some_networks(self.cleaned_data["attacks_never"], MOST_NEVER)

    def clean_attacks_agents(self) -> str:
        return entries(self.cleaned_data["attacks_agents"])

    def clean_attacks_dialled(self) -> str:
        return entries(self.cleaned_data["attacks_dialled"])
