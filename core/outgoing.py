"""Which addresses the portal connects to when people name a host."""

import ipaddress
import socket

from django.utils.translation import gettext_lazy as _

from core.coded_text import CodedText

TEXTS = {
    "outgoing.forbidden": _("The address %(address)s is not allowed."),
    "outgoing.in_clear": _("%(address)s is outside: use https://."),
    "outgoing.no_address": _("%(host)s has no address in DNS."),
}


class OutgoingError(Exception):
    """Why it is not connected to: a CodedText."""


def reachable(host: str, port: int, *, encrypted: bool) -> str:
    """Servers are often on this machine or network: those are allowed. Link-local ones are not: clouds keep their
    secrets there. In clear, nothing goes to the internet. Raises OSError, and OutgoingError.
    """
    for *_rest, (address, *_more) in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        ip = ipaddress.ip_address(str(address).partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if not ip.is_loopback and (ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved):
            raise OutgoingError(CodedText("outgoing.forbidden", address=str(ip)))
        if not encrypted and not ip.is_private:
            raise OutgoingError(CodedText("outgoing.in_clear", address=str(ip)))
        return str(address)
    raise OutgoingError(CodedText("outgoing.no_address", host=host))
