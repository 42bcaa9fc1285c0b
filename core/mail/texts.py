"""What the operation log says of mails."""

from django.utils.translation import gettext_lazy as _

from core.audit.fields import RecordedField
from core.mail import kinds


def show_kinds(names: list[str]) -> str:
    return ", ".join(map(kinds.label, names))


FIELDS = {
    "kind": RecordedField(_("Type"), kinds.label),
    "server": RecordedField(_("Server")),
    "taken": RecordedField(_("Accepted")),
    "answer": RecordedField(_("Answer")),
    "notifications": RecordedField(_("Notifications"), show_kinds),
    "muted": RecordedField(_("Notifications turned off"), show_kinds),
}
