"""What the forms of lines have in common: who saves later than another sees what the other saved, and decides."""

import json
from hashlib import sha256
from typing import Any, ClassVar, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.audit.models import AuditRecord
from core.forms.layout import finish
from trunks import changes, record, usage
from trunks.models import Announcement, Line, RingGroup

M = TypeVar("M", bound=models.Model)


class LineForm(forms.ModelForm[M]):
    """Is made, checked and saved inside changes.edited(), where nobody else saves a line."""

    kind: ClassVar[str]  # of record.KINDS
    optional: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: Any = None, *, by: User, instance: M | None = None, initial: Any = None) -> None:
        self.by = by
        self.before = record.values_of(instance) if instance and not instance._state.adding else {}  # noqa: SLF001
        super().__init__(data, instance=instance, initial=initial)
        if "name" in self.fields:
            self.fields["name"].error_messages["required"] = gettext("Enter a name.")
        self.helper = finish(self, *self.optional)

    def disable(self) -> None:
        """For who may only look."""
        for field in self.fields.values():
            field.disabled = True

    @property
    def opened(self) -> SafeString:
        """Tells, when it is posted, whether somebody else has saved the line since."""
        return format_html('<input type="hidden" name="opened" value="{}">', self._mark())

    def _mark(self) -> str:
        its = {name: value for name, value in self.before.items() if name != changes.ORDER}
        return sha256(json.dumps(its, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def is_conflict(self) -> bool:
        return self.has_error("__all__", "conflict")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.before and self.data.get("opened") != self._mark():
            self._say_what_is_saved_now()
        return cleaned

    def _say_what_is_saved_now(self) -> None:
        lines = record.now()
        for name in self.changed_data:
            if name in self.before and name not in self.errors:
                saved = changes.shown(self.kind, name, self.before[name], lines) or gettext("empty")
                words = _("The saved value is now %(saved)s. Enter that value, or keep yours.")
                self.add_error(name, ValidationError(words, params={"saved": saved}))
        begin = changes.NAMES[self.kind][1]
        last = AuditRecord.objects.filter(action__in=[f"{begin}added", f"{begin}changed"]).first()
        words = _("%(who)s saved this while you had the page open. Check what differs, then press Save again.")
        who = last.who if last else gettext("Someone else")
        self.add_error(None, ValidationError(words, code="conflict", params={"who": who}))

    def save(self, commit: bool = True) -> M:
        if isinstance(self.instance, Line) and self.instance.pk is None:
            last = type(self.instance)._default_manager.order_by("position").last()  # noqa: SLF001
            self.instance.position = last.position + 1 if last else 1
        return super().save(commit)


def without_circle(line: RingGroup | Announcement, text: str) -> str:
    """The call destination to which the line goes on. Raises ValidationError where calls would come back."""
    if names := usage.circle(line, text):
        words = _("Calls would loop through %(names)s. Choose another destination.")
        raise ValidationError(words, code="circle", params={"names": ", ".join(names)})
    return text
