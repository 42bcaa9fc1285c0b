"""From which networks an extension's phones register; and an e-mail to its person when one does from a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction

from core.mail import outbox
from extensions.models import KnownNetwork, SipExtension

AT_ONCE = 500


@dataclass(frozen=True)
class Sighting:
    """A phone that is registered now."""

    number: str
    host: str
    model: str


def network_of(host: str) -> str:
    """The /24 or /64 around it; "": no address."""
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, 24 if address.version == 4 else 64), strict=False))


def note(sightings: Iterable[Sighting]) -> None:
    """The networks of the first phones of an extension are no news."""
    wanted = list(sightings)
    for at in range(0, len(wanted), AT_ONCE):
        _note(wanted[at : at + AT_ONCE])


def _note(sightings: list[Sighting]) -> None:
    numbers = {each.number for each in sightings}
    extensions = {each.number: each for each in SipExtension.objects.filter(number__in=numbers).select_related("user")}
    known: dict[str, set[str]] = {number: set() for number in extensions}
    rows = KnownNetwork.objects.filter(extension__number__in=numbers)
    for number, network in rows.values_list("extension__number", "network"):
        known[number].add(network)
    found: dict[str, dict[str, Sighting]] = {}
    for each in sightings:
        network = network_of(each.host)
        if network and each.number in known and network not in known[each.number]:
            found.setdefault(each.number, {}).setdefault(network, each)
    for number, new in found.items():
        _add(extensions[number], new, is_news=bool(known[number]))


def _add(extension: SipExtension, new: dict[str, Sighting], *, is_news: bool) -> None:
    user = extension.user
    with transaction.atomic():
        for network, seen in new.items():
            made = KnownNetwork.objects.get_or_create(extension=extension, network=network)[1]
            if made and is_news and user.is_active:
                outbox.notify("new_network", user, number=extension.number, address=seen.host, model=seen.model[:100])
