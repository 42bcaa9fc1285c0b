"""What callers hear before they leave a message: a file that somebody uploads, made a sound of the PBX."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.layout import finish
from extensions.calls.sound_file import SoundField

LONGEST = 180  # seconds


class GreetingForm(forms.Form):
    """`cleaned_data["greeting"]`: the sound for the PBX."""

    greeting = SoundField(
        label=_("Audio file"),
        help_text=_("A WAV, MP3, OGG (Vorbis) or FLAC file up to 8 MB and 3 minutes."),
        longest=LONGEST,
    )

    def __init__(self, *args: Any, too_many: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["greeting"].too_many = too_many  # type: ignore[attr-defined]
        self.helper = finish(self)
