import signal
from typing import Any

from django.core.management.base import BaseCommand

from asterisk import nodes
from asterisk.apply.by_phone import Taking
from asterisk.live import listener
from asterisk.live.network_recorder import Sightings


class Command(BaseCommand):
    help = "Receives phone events from the PBX for the pages until stopped. `run` starts it."

    def handle(self, **_: Any) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            stopped = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        sightings = Sightings()
        node = nodes.from_settings()
        taking = Taking(node)
        for each in (sightings, taking):
            each.start()
        listener.listen(node, lambda: stopped, sightings.take, taking.notice)
        for each in (sightings, taking):
            each.stop()
