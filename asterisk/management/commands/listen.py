import signal
from typing import Any

from django.core.management.base import BaseCommand

from asterisk import nodes
from asterisk.live import listener
from asterisk.live.network_recorder import Sightings
from asterisk.live.voicemail_recorder import Mailboxes


class Command(BaseCommand):
    help = "Receives phone events from the PBX for the pages until stopped. `run` starts it."

    def handle(self, **_: Any) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            stopped = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        node = nodes.from_settings()
        sightings, mailboxes = Sightings(), Mailboxes(node.directory)
        sightings.start()
        mailboxes.start()
        listener.listen(node, lambda: stopped, sightings.take, mailboxes.take)
        sightings.stop()
        mailboxes.stop()
