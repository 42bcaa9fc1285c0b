import hashlib
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.preferences.models import HoldMusic
from extensions.calls.sound_file import SoundField

LONGEST = 300  # seconds
LONGEST_NAME = 60


class HoldMusicForm(forms.Form):
    music = SoundField(
        label=_("Audio file"),
        help_text=_("A WAV, MP3, OGG (Vorbis) or FLAC file up to 8 MB and 5 minutes."),
        longest=LONGEST,
    )

    def __init__(self, *args: Any, too_many: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["music"].too_many = too_many  # type: ignore[attr-defined]

    def store(self) -> HoldMusic:
        """The same sound twice is one."""
        wav: bytes = self.cleaned_data["music"]
        upload = self.files["music"]
        assert isinstance(upload, UploadedFile)  # noqa: S101 (one file, whose name Django has made a text of one line)
        version = hashlib.sha256(wav).hexdigest()[:16]
        values = {"name": str(upload.name)[:LONGEST_NAME], "wav": wav, "added_at": timezone.now()}
        return HoldMusic.objects.update_or_create(version=version, defaults=values)[0]
