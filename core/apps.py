from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def seed_preferences(using: str, **_: Any) -> None:
    from core.mail.kinds import NOTIFICATIONS
    from core.preferences.models import Preferences

    Preferences.objects.using(using).get_or_create(pk=1, defaults={"notifications": NOTIFICATIONS})


def seed_log(using: str, **_: Any) -> None:
    """Make the head of an empty log. A log that lost its head stays without: `verify_audit` and each record say so."""
    from core.audit.hash_chain import START
    from core.audit.models import AuditHead, AuditRecord
    from core.audit.triggers import is_there

    if is_there(connections[using]) and not AuditRecord.objects.using(using).exists():
        AuditHead.objects.using(using).get_or_create(pk=1, defaults={"last_hash": START})


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import coded_text, outgoing
        from core.audit import fields, triggers
        from core.audit import texts as audit_texts
        from core.events import texts as event_texts
        from core.mail import texts as mail_texts

        coded_text.register(audit_texts.TEXTS | event_texts.TEXTS | outgoing.TEXTS)
        fields.register(audit_texts.FIELDS | mail_texts.FIELDS)

        post_migrate.connect(seed_preferences, sender=self, dispatch_uid="core.preferences")
        post_migrate.connect(seed_log, sender=self, dispatch_uid="core.log")
        post_migrate.connect(triggers.look_after, sender=self, dispatch_uid="core.triggers")
