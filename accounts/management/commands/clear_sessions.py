from typing import Any

from django.core.management.base import BaseCommand

from accounts import devices, limits, sessions


class Command(BaseCommand):
    help = "Clears sessions, devices and counts of tries whose time is over. `run` does it every day."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"Cleared: {sessions.clear()} sessions, {devices.clear()} devices, {limits.clear()} counts.")
