from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from extensions.calls.sound_file import SoundField
from trunks.call_destination_fields import CallDestinationFormField
from trunks.call_destinations import Kind
from trunks.forms import LineForm, without_circle
from trunks.models import Announcement, AnnouncementSound

LONGEST = 300  # seconds
FILE = _("Audio file")
HELP = _("A WAV, MP3, OGG (Vorbis) or FLAC file up to 8 MB and 5 minutes.")


class UploadForm(forms.Form):
    """The file alone, which takes its time: it is checked before the lines are locked for the rest."""

    file = SoundField(label=FILE, help_text=HELP, longest=LONGEST)

    def __init__(self, *args: Any, too_many: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = False
        self.fields["file"].too_many = too_many  # type: ignore[attr-defined]

    @property
    def wav(self) -> bytes:
        """b"" where none was uploaded, or no sound."""
        return self.cleaned_data.get("file") or b""

    @property
    def name(self) -> str:
        upload = self.files["file"]
        assert isinstance(upload, UploadedFile)  # noqa: S101 (one file, whose name Django has made a text of one line)
        return str(upload.name)


class AnnouncementForm(LineForm[Announcement]):
    """What callers hear before their call goes on."""

    kind = "announcements"

    file = forms.FileField(
        label=FILE,
        required=False,
        help_text=HELP,
        widget=forms.ClearableFileInput(attrs={"accept": ".wav,.mp3,.ogg,.flac,audio/*"}),
    )
    goes_to = CallDestinationFormField(
        label=_("Afterwards"), kinds=[Kind.HANG_UP, Kind.EXTENSION, Kind.VOICEMAIL, Kind.GROUP, Kind.ANNOUNCEMENT]
    )

    class Meta:
        model = Announcement
        fields = ["name", "enabled", "goes_to"]
        help_texts = {"enabled": _("A disabled announcement is not played: calls go on at once.")}

    def __init__(
        self, data: Any = None, *, by: User, instance: Announcement | None = None, upload: UploadForm | None = None
    ) -> None:
        super().__init__(data, by=by, instance=instance)
        self.upload = upload
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if instance and instance.sound:
            self.fields["file"].label = _("New audio file (optional)")

    def clean_goes_to(self) -> str:
        return without_circle(self.instance, self.cleaned_data["goes_to"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.upload and (found := self.upload.errors.as_data().get("file")):
            self.add_error("file", found)
        elif not (self.upload and self.upload.wav) and not self.instance.sound:
            words = _("Choose a WAV, MP3, OGG (Vorbis) or FLAC file.")
            self.add_error("file", ValidationError(words, code="required"))
        elif self.errors and self.upload and self.upload.wav:
            self.add_error("file", ValidationError(_("Choose the file again: it was not kept."), code="again"))
        return cleaned

    def save(self, commit: bool = True) -> Announcement:
        if self.upload and self.upload.wav:
            self.instance.sound = AnnouncementSound.store(self.upload.wav, self.upload.name)
        return super().save(commit)
