from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_noop

# Rows that every installation has, in English: pages show a default role's name translated.
# A default role's key is its row in `permissions`.
ROLES = [
    ("super_administrator", gettext_noop("Super Administrator")),
    ("administrator", gettext_noop("Administrator")),
    ("supervisor", gettext_noop("Supervisor")),
    ("operator", gettext_noop("Operator")),
    ("employee", gettext_noop("Employee")),
    ("human_resource", gettext_noop("Human Resource")),
    ("accounting", gettext_noop("Accounting")),
]
DEFAULT_NAMES = frozenset(name for _, name in ROLES)


def seed(using: str, **_: Any) -> None:
    from accounts.models import Organization, Role

    for position, (key, name) in enumerate(ROLES):
        Role.objects.using(using).get_or_create(key=key, defaults={"name": name, "position": position})
    if not Organization.objects.using(using).filter(parent=None).exists():
        Organization.objects.using(using).create(name="Company", parent=None)


def seed_log(using: str, **_: Any) -> None:
    """The head of an empty log. A log that lost its head stays without: `verify_audit` and each deed say so."""
    from accounts.append_only import is_there
    from accounts.chain import START
    from accounts.models import AuditHead, AuditRecord

    if is_there(connections[using]) and not AuditRecord.objects.using(using).exists():
        AuditHead.objects.using(using).get_or_create(pk=1, defaults={"last_hash": START})


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import append_only, freshness, sign_ins

        post_migrate.connect(seed, sender=self, dispatch_uid="accounts.seed")
        post_migrate.connect(seed_log, sender=self, dispatch_uid="accounts.seed_log")
        post_migrate.connect(append_only.look_after, sender=self, dispatch_uid="accounts.append_only")
        sign_ins.watch()
        freshness.watch()
