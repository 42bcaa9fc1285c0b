from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def seed(using: str, **_: Any) -> None:
    from pbxportal.models import Preferences

    Preferences.objects.using(using).get_or_create(pk=1)


class PbxportalConfig(AppConfig):
    name = "pbxportal"

    def ready(self) -> None:
        post_migrate.connect(seed, sender=self, dispatch_uid="pbxportal.seed")
