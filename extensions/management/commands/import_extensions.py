from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from extensions.spreadsheets import run


class Command(BaseCommand):
    help = "Goes on with an import that was started on its page. The portal calls this."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key")

    def handle(self, *_args: Any, key: str, **_options: Any) -> None:
        run.work(key)
