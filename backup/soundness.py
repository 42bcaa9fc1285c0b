"""Whether a restored database is whole: its log unbroken, each of its secrets open to its keys."""

import re
from collections.abc import Iterator

from django.apps import apps
from django.core.management import call_command
from django.db.models import CharField, JSONField, TextField
from django.db.models.functions import Cast

from backup.models import Backup
from core import encryption
from core.audit import hash_chain
from core.audit.models import AuditHead, AuditRecord
from core.management.commands import verify_audit

TEXTS = (CharField, TextField, JSONField)
SEALED = re.compile(r"gAAAA[A-Za-z0-9_=-]{60,}")


def look() -> int:
    """Migrate it and look at all of it. Gives how many secrets were opened. Raises hash_chain.Broken and SealError."""
    call_command("migrate", interactive=False, verbosity=0)
    Backup.objects.filter(state=Backup.State.RUNNING).delete()  # the one that this is
    head = AuditHead.objects.get(pk=1)
    hash_chain.walk(verify_audit.rows(head.count, None), head.count, head.last_hash)
    secrets = 0
    for secret in sealed():
        encryption.renewed(secret)
        secrets += 1
    return secrets


def sealed() -> Iterator[str]:
    """In every text of every table but the log, which never holds one."""
    for model in apps.get_models(include_auto_created=True):
        fields = [each.name for each in model._meta.concrete_fields if isinstance(each, TEXTS)]  # noqa: SLF001
        for name in fields if model is not AuditRecord else ():
            rows = model._base_manager.annotate(text=Cast(name, TextField()))  # noqa: SLF001
            for text in rows.filter(text__contains=encryption.BEGIN).values_list("text", flat=True).iterator(1000):
                yield from SEALED.findall(text)
