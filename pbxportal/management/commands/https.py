from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from core import https
from core.audit import log
from core.coded_text import CodedText
from core.https import Certificate
from core.preferences.models import Preferences


class Command(BaseCommand):
    help = "Turns HTTPS off, for when its page cannot be opened. The portal is then at its plain address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", choices=["off"])

    @transaction.atomic
    def handle(self, **_: Any) -> None:
        preferences = Preferences.objects.select_for_update().get(pk=1)
        before = preferences.https_certificate
        if before != Certificate.NONE:
            preferences.https_certificate = Certificate.NONE
            preferences.version += 1
            preferences.save()
            fields = {"https_certificate": [before, str(Certificate.NONE)]}
            log.record(None, "preferences.changed", CodedText("module.preferences"), fields=fields)
        transaction.on_commit(lambda: https.choose(settings.VAR, preferences.https))
        self.stdout.write("HTTPS is off. The portal follows in a few seconds, or at its next start.")
