from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def seed_settings(using: str, **_: Any) -> None:
    from django.db import connections

    from backup.models import BackupSettings, CopySettings

    if CopySettings._meta.db_table in connections[using].introspection.table_names():  # noqa: SLF001
        BackupSettings.objects.using(using).get_or_create(pk=1)
        CopySettings.seed(using)


class BackupConfig(AppConfig):
    name = "backup"

    def ready(self) -> None:
        from backup import texts
        from core import coded_text
        from core.audit import fields

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
        post_migrate.connect(seed_settings, sender=self)
