import signal
from typing import Any

from django.core.management.base import BaseCommand

from asterisk import nodes
from asterisk.apply.by_phone import Taking
from asterisk.apply.year import TurnOfYear
from asterisk.live import listener
from asterisk.live.guard import Guard
from asterisk.live.network_recorder import Sightings
from asterisk.live.port_recorder import PortRecorder
from asterisk.live.registration_recorder import RegistrationRecorder
from asterisk.live.voicemail_recorder import Mailboxes


class Command(BaseCommand):
    help = "Receives phone events from the PBX for the pages until stopped. `run` starts it."
    requires_system_checks = ()  # `run` begins with them

    def handle(self, **_: Any) -> None:
        stopped = False

        def stop(*_: object) -> None:
            nonlocal stopped
            stopped = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        node = nodes.from_settings()
        sightings, mailboxes, taking, guard = Sightings(), Mailboxes(node.directory), Taking(node), Guard(node)
        ports, year = PortRecorder(node), TurnOfYear(node)
        workers = (sightings, mailboxes, taking, guard, ports, year, RegistrationRecorder(node))
        for each in workers:
            each.start()
        told = (sightings.take, mailboxes.take, taking.notice, guard.take, ports.notice)
        listener.listen(node, lambda: stopped, *told)
        for each in workers:
            each.stop()
