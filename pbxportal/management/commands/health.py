import time
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from asterisk import nodes
from pbxportal import portal_address
from pbxportal.front.server import is_answered
from pbxportal.sip_probe import answers_register

ANSWER_SECONDS, AGAIN_SECONDS = 10.0, 0.5


class Command(BaseCommand):
    help = "Whether the portal answers a request and the PBX a phone; if not, it says which, and its exit code is 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="until it does")

    def handle(self, *, wait: float, **_: Any) -> None:
        until = time.monotonic() + wait
        while trouble := troubles():
            if time.monotonic() > until:
                raise CommandError(" ".join(trouble))
            time.sleep(AGAIN_SECONDS)
        self.stdout.write("ok")


def troubles() -> list[str]:
    host, port = portal_address.listening(settings.PORTAL_BIND)
    trouble = []
    if not is_answered(HTTPConnection(host, port, timeout=ANSWER_SECONDS), "/accounts/login/"):
        trouble.append(f"The portal does not answer at {host} port {port}.")
    node = nodes.as_given(nodes.from_settings())
    if settings.PBX_EXPECTED and not answers_register(node.sip_addresses[0], node.sip_port, ANSWER_SECONDS):
        trouble.append(f"The PBX does not answer a phone at {node.sip_addresses[0]} port {node.sip_port}.")
    return trouble
