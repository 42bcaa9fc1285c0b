"""What people may change of their own account, as Preferences allow."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.profile import pictures, uploads
from accounts.profile.fields import MobileField
from core.forms.fields import EmailFormField
from core.forms.layout import finish
from core.mail.kinds import KINDS, NOTIFICATIONS
from core.preferences.models import Preferences

NAMES = ("first_name", "last_name")

# What a notification tells of.


class ProfileForm(forms.ModelForm[User]):
    """Has only the fields that the person may change."""

    mobile = MobileField()
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    class Meta:
        model = User
        fields = [*NAMES, "mobile", "language"]
        labels = {"first_name": gettext_lazy("First Name"), "last_name": gettext_lazy("Last Name")}

    def __init__(self, data: Any = None, *, instance: User, preferences: Preferences) -> None:
        super().__init__(data, instance=instance, initial={"mobile": instance.mobile_typed})
        names = dict(settings.LANGUAGES)
        usual = _("System default (%(language)s)") % {"language": names.get(preferences.language, preferences.language)}
        self.fields["language"].choices = [("", usual), *settings.LANGUAGES]  # type: ignore[attr-defined]
        allowed = preferences.self_service
        for field in [*(NAMES if "name" not in allowed else ()), *(["mobile"] if "mobile" not in allowed else ())]:
            del self.fields[field]
        self.helper = finish(self, "last_name", "mobile")


class PictureForm(forms.Form):
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("A JPG or PNG file up to 1 MB. It is shown cropped to a square."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png"}),
        error_messages={
            "required": gettext_lazy("Choose a JPG or PNG file."),
            "empty": gettext_lazy("The file is empty. Choose another."),
        },
    )

    def __init__(self, *args: Any, too_many: bool = False, **kwargs: Any) -> None:
        self.too_many = too_many
        super().__init__(*args, **kwargs)
        self.helper = finish(self)

    def clean_picture(self) -> bytes:
        """As it is kept."""
        if self.too_many:
            raise ValidationError(_("You uploaded too many pictures. Try again in a few minutes."), code="too_many")
        upload: UploadedFile[Any] = self.cleaned_data["picture"]
        if (upload.size or 0) > uploads.MOST_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Choose a smaller one."), code="size")
        return pictures.drawn(upload.read())


class EmailForm(forms.Form):
    """Of whether somebody else has the address, nothing is said here."""

    new = EmailFormField(label=gettext_lazy("New Email Address"), max_length=254)

    def __init__(self, data: Any = None, *, user: User) -> None:
        self.user = user
        super().__init__(data)
        self.fields["new"].widget.attrs["autocomplete"] = "email"
        self.helper = finish(self)

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        if new == self.user.email:
            raise ValidationError(_("This is already your address. Enter a different one."), code="same")
        return new


class NotificationsForm(forms.Form):
    """Ticked: wanted. What the system sends to nobody cannot be ticked, and stays as the person had it."""

    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("E-mail me when"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, user: User, preferences: Preferences) -> None:
        self.user = user
        of_user = ((kind, KINDS[kind].needs) for kind in NOTIFICATIONS)
        self.offered = [kind for kind, needs in of_user if needs is None or user.can(needs)]
        self.sent = [kind for kind in self.offered if kind in preferences.notifications]
        super().__init__(data, initial={"wanted": [kind for kind in self.sent if kind not in user.muted]})
        self.fields["wanted"].choices = [(kind, KINDS[kind].wish) for kind in self.sent]  # type: ignore[attr-defined]
        self.helper = finish(self)

    @property
    def not_sent(self) -> list[Any]:
        return [KINDS[kind].wish for kind in self.offered if kind not in self.sent]

    def muted(self) -> list[str]:
        off = set(self.sent) - set(self.cleaned_data["wanted"])
        kept = set(self.user.muted) - set(self.sent)
        return [kind for kind in NOTIFICATIONS if kind in off | kept]
