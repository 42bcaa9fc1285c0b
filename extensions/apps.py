from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class ExtensionsConfig(AppConfig):
    name = "extensions"

    def import_models(self) -> None:
        """Some models of this app lie in its rooms."""
        super().import_models()
        import_module("extensions.spreadsheets.models")

    def ready(self) -> None:
        from accounts.models import User
        from core import coded_text
        from core.audit import fields
        from extensions import receivers, texts
        from extensions.listing import search_index

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
        post_save.connect(receivers.note_person, sender=User)
        post_migrate.connect(search_index.look_after, sender=self, dispatch_uid="extensions.listing.rows.search_index")
