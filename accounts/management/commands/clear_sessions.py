from typing import Any

from django.core.management.base import BaseCommand

from accounts.sessions import active as active_sessions
from accounts.sessions import known_devices
from accounts.throttling import failure_counts


class Command(BaseCommand):
    help = "Clears expired sessions, devices, and counts of failed attempts. `run` does this every day."

    def handle(self, *_args: Any, **_options: Any) -> None:
        cleared = active_sessions.clear(), known_devices.clear(), failure_counts.clear()
        self.stdout.write("Cleared {} sessions, {} devices, and {} counts.".format(*cleared))
