"""Bound to this machine alone, unless told otherwise: the sound of calls too."""

from pathlib import Path

from django.conf import settings

from asterisk.process.embedded import Embedded
from tests.node import apply
from tests.people import make_extension
from tests.phones.phone import Phone


def udp_addresses() -> set[tuple[str, int]]:
    """Of all sockets of this machine: address and port."""
    found = set()
    for table in ("udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            found.add((address, int(port, 16)))
    return found


def test_the_sound_of_a_call_comes_in_on_loopback_alone(asterisk: Embedded) -> None:
    extension = make_extension()
    apply([extension.number], None)
    credentials = extension.registration_name, extension.registration_password
    with Phone(extension.number, *credentials, ("127.0.0.1", settings.SIP_PORT)) as phone:
        assert phone.register() == 200
        phone.call("*43").wait_answered()
        first, last = settings.RTP_PORTS
        sound = {address for address, port in udp_addresses() if first <= port <= last}
        phone.unregister()
    assert sound == {"0100007F"}
