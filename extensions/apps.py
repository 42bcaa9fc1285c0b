from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExtensionsConfig(AppConfig):
    name = "extensions"

    def ready(self) -> None:
        from core import coded_text
        from core.audit import fields
        from extensions import texts
        from extensions.listing import search_index

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
        post_migrate.connect(search_index.look_after, sender=self, dispatch_uid="extensions.listing.rows.search_index")
