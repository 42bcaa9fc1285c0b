"""A sound that somebody uploads, made one that the PBX plays."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.profile.uploads import LARGEST_SOUND
from extensions.calls import decoder

WAIT_SECONDS = 30
NO_SOUND = _("This file is not a sound that can be read. Choose a WAV, MP3, OGG (Vorbis) or FLAC file.")
TOO_LONG = _("The sound is longer than %(minutes)s minutes. Choose a shorter one.")
TOO_SHORT = _("The sound is shorter than half a second. Choose a longer one.")


def is_known(data: bytes) -> bool:
    """By how it begins. A reader of MP3 finds some noise in anything."""
    if data[:4] == b"RIFF":
        return data[8:12] == b"WAVE"
    return data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0")


def as_wav(data: bytes, longest: int) -> bytes:
    """8 kHz, one channel, 16 bit. `longest`: in seconds, of whole minutes. Raises ValidationError."""
    if not is_known(data):
        raise ValidationError(NO_SOUND, code="no_sound")
    program = [sys.executable, "-I", str(Path(decoder.__file__)), str(longest)]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=WAIT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValidationError(NO_SOUND, code="no_sound") from None
    match done.returncode:
        case 0:
            return done.stdout
        case decoder.TOO_LONG:
            raise ValidationError(TOO_LONG, code="too_long", params={"minutes": longest // 60})
        case decoder.TOO_SHORT:
            raise ValidationError(TOO_SHORT, code="too_short")
    raise ValidationError(NO_SOUND, code="no_sound")


class SoundField(forms.FileField):
    """Gives the sound for the PBX. `too_many`: to decode one is work, and no more is done of it now."""

    def __init__(self, *, label: StrOrPromise, help_text: StrOrPromise, longest: int) -> None:
        self.longest, self.too_many = longest, False
        super().__init__(
            label=label,
            help_text=help_text,
            widget=forms.ClearableFileInput(attrs={"accept": ".wav,.mp3,.ogg,.flac,audio/*"}),
            error_messages={
                "required": _("Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
                "empty": _("The file is empty. Choose another."),
            },
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload: UploadedFile[Any] | None = super().clean(data, initial)
        if upload is None:
            return None
        if self.too_many:
            raise ValidationError(_("You uploaded too many sounds. Try again in a few minutes."), code="too_many")
        if (upload.size or 0) > LARGEST_SOUND:
            raise ValidationError(_("The file is larger than 8 MB. Choose a smaller one."), code="size")
        return as_wav(upload.read(), self.longest)
