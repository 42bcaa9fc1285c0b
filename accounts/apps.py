from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def seed(using: str, **_: Any) -> None:
    from accounts.models import DEFAULT_ROLE_NAMES, Organization, Role

    for position, (key, name) in enumerate(DEFAULT_ROLE_NAMES.items()):
        Role.objects.using(using).get_or_create(key=key, defaults={"name": name, "position": position})
    if not Organization.objects.using(using).filter(parent=None).exists():
        Organization.objects.using(using).create(name="Company", parent=None)


class AccountsConfig(AppConfig):
    name = "accounts"

    def import_models(self) -> None:
        """Some models of this app lie in its rooms."""
        super().import_models()
        for room in ("profile.models", "throttling.failure_counts", "sessions.models"):
            import_module(f"accounts.{room}")

    def ready(self) -> None:
        from accounts import texts
        from accounts.sessions import reauthentication
        from accounts.sign_in.receivers import watch
        from core import coded_text
        from core.audit import fields

        coded_text.register(texts.TEXTS)
        fields.register(texts.FIELDS)
        post_migrate.connect(seed, sender=self, dispatch_uid="accounts.seed")
        watch()
        reauthentication.watch()
