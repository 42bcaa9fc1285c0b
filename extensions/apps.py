from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExtensionsConfig(AppConfig):
    name = "extensions"

    def ready(self) -> None:
        from extensions import trigrams

        post_migrate.connect(trigrams.look_after, sender=self, dispatch_uid="extensions.trigrams")
