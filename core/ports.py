"""Whether we may listen at a port."""

import socket

LOW_PORTS = "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80"


def try_to_bind(host: str, port: int, kind: socket.SocketKind) -> None:
    """Raises OSError: EACCES where ports below 1024 need LOW_PORTS first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
