from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExtensionsConfig(AppConfig):
    name = "extensions"

    def ready(self) -> None:
        from extensions.listing import search_index

        post_migrate.connect(search_index.look_after, sender=self, dispatch_uid="extensions.rows.search_index")
