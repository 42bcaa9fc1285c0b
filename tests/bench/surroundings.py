"""A directory, ports and an environment of the bench's own. It empties what it finds, so nothing is taken over."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "http_proxy", "https_proxy", "no_proxy")


class Failed(Exception):
    """A measured operation did not do what it is measured for."""


def free_ports(count: int) -> list[int]:
    """Ports that are free for UDP and TCP; held together, so that no two are the same."""
    holders: list[socket.socket] = []
    ports: list[int] = []
    try:
        while len(ports) < count:
            tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
            holders += [tcp, udp]
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            ports.append(tcp.getsockname()[1])
    finally:
        for holder in holders:
            holder.close()
    return ports


@contextmanager
def own() -> Iterator[None]:
    """Enter it before Django's settings are read."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    portal, sip, ami, ari = free_ports(4)
    with tempfile.TemporaryDirectory(prefix="pbxportal-bench-", ignore_cleanup_errors=True) as directory:
        os.environ.clear()
        os.environ |= kept | {
            "DJANGO_SETTINGS_MODULE": "pbxportal.settings",
            "PBXPORTAL_VAR": directory,
            "PORTAL_BIND": f"127.0.0.1:{portal}",
            "PORTAL_ALLOW_ROOT": "True",
            "SIP_PORT": str(sip),
            "AMI_PORT": str(ami),
            "ARI_PORT": str(ari),
        }
        yield
