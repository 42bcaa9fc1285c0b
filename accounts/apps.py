from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

# Rows that every installation has. A default role's key is its row in `permissions`.
ROLES = [
    ("super_administrator", "Super Administrator"),
    ("administrator", "Administrator"),
    ("supervisor", "Supervisor"),
    ("operator", "Operator"),
    ("employee", "Employee"),
    ("human_resource", "Human Resource"),
    ("accounting", "Accounting"),
]


def seed(using: str, **_: Any) -> None:
    from accounts.models import Organization, Role

    for position, (key, name) in enumerate(ROLES):
        Role.objects.using(using).get_or_create(key=key, defaults={"name": name, "position": position})
    if not Organization.objects.using(using).filter(parent=None).exists():
        Organization.objects.using(using).create(name="Company", parent=None)


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        post_migrate.connect(seed, sender=self, dispatch_uid="accounts.seed")
