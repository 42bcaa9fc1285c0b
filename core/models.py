"""Where Django looks for this app's models. Each lies in its room; nobody imports them from here."""

from core.audit.models import AuditHead, AuditPerson, AuditRecord
from core.events.models import Delivery, Event
from core.mail.models import Email
from core.preferences.models import HoldMusic, Preferences, SystemChange

__all__ = [
    "AuditHead",
    "AuditPerson",
    "AuditRecord",
    "Delivery",
    "Email",
    "Event",
    "HoldMusic",
    "Preferences",
    "SystemChange",
]
