import signal
from typing import Any

from django.core.management.base import BaseCommand

from core.mail import worker


class Command(BaseCommand):
    help = "Sends waiting e-mails until it is stopped. `run` starts it."
    requires_system_checks = ()  # `run` begins with them

    def handle(self, **_: Any) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            stopped = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        worker.work(lambda: stopped)
