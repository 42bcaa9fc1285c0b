import json
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error

from backup import soundness
from core.audit.hash_chain import Broken
from core.audit.models import AuditHead
from core.encryption import SealError


class Command(BaseCommand):
    help = "Migrates and checks the database that a backup was restored to. `restore` starts it."
    requires_system_checks = []

    def handle(self, **_: Any) -> None:
        try:
            secrets = soundness.look()
        except (Broken, SealError, Error, AuditHead.DoesNotExist) as error:
            self.stderr.write(str(error))
            sys.exit(1)
        self.stdout.write(json.dumps({"secrets": secrets}))
