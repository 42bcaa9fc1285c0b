"""What callers hear before they leave a message: a file that somebody uploads, made a sound of the PBX."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.profile.uploads import LARGER
from core.forms.layout import finish
from extensions.calls.voicemail import decoder

LONGEST = 180  # seconds
WAIT_SECONDS = 30
MOST_BYTES = LARGER["greeting"]
NO_SOUND = _("This file is not a sound that can be read. Choose a WAV, MP3, OGG (Vorbis) or FLAC file.")
WHY = {
    decoder.TOO_LONG: _("The greeting is longer than 3 minutes. Choose a shorter one."),
    decoder.TOO_SHORT: _("The greeting is shorter than half a second. Choose a longer one."),
}


def is_known(data: bytes) -> bool:
    """By how it begins. A reader of MP3 finds some noise in anything."""
    if data[:4] == b"RIFF":
        return data[8:12] == b"WAVE"
    return data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0")


def as_wav(data: bytes) -> bytes:
    """8 kHz, one channel, 16 bit. Raises ValidationError."""
    if not is_known(data):
        raise ValidationError(NO_SOUND, code="no_sound")
    program = [sys.executable, "-I", str(Path(decoder.__file__)), str(LONGEST)]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=WAIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValidationError(NO_SOUND, code="no_sound") from None
    if done.returncode:
        raise ValidationError(WHY.get(done.returncode, NO_SOUND), code="no_sound")
    return done.stdout


class GreetingForm(forms.Form):
    """`cleaned_data["greeting"]`: the sound for the PBX."""

    greeting = forms.FileField(
        label=_("Audio file"),
        help_text=_("A WAV, MP3, OGG (Vorbis) or FLAC file up to 8 MB and 3 minutes."),
        widget=forms.ClearableFileInput(attrs={"accept": ".wav,.mp3,.ogg,.flac,audio/*"}),
        error_messages={
            "required": _("Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
            "empty": _("The file is empty. Choose another."),
        },
    )

    def __init__(self, *args: Any, too_many: bool = False, **kwargs: Any) -> None:
        self.too_many = too_many
        super().__init__(*args, **kwargs)
        self.helper = finish(self)

    def clean_greeting(self) -> bytes:
        if self.too_many:
            raise ValidationError(_("You uploaded too many greetings. Try again in a few minutes."), code="too_many")
        upload: UploadedFile[Any] = self.cleaned_data["greeting"]
        if (upload.size or 0) > MOST_BYTES:
            raise ValidationError(_("The file is larger than 8 MB. Choose a smaller one."), code="size")
        return as_wav(upload.read())
