"""What pages show of call destinations: in words, with the page of what a call goes to."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.models import User
from core.access.permissions import Permission
from core.coded_text import show
from extensions.models import SipExtension
from trunks import call_destinations, changes, usage
from trunks.call_destinations import OF_EXTENSIONS, Kind
from trunks.models import Announcement, InboundRoute, Line, RingGroup

PAGES = {Kind.GROUP: "ring_groups:edit", Kind.ANNOUNCEMENT: "announcements:edit"}
PAGE_OF: dict[type[Line], str] = {
    InboundRoute: "inbound_routes:edit",
    RingGroup: PAGES[Kind.GROUP],
    Announcement: PAGES[Kind.ANNOUNCEMENT],
}


@dataclass(frozen=True)
class DestinationLink:
    """`url`: "" where whoever looks may not open it. `name`: whose it is."""

    words: str
    url: str = ""
    name: str = ""


def links(by: User, texts: Iterable[str]) -> dict[str, DestinationLink]:
    """By the texts."""
    destinations = {text: call_destinations.parse(text) for text in texts if text}
    numbers = {to.key for to in destinations.values() if to.kind in OF_EXTENSIONS}
    seen = SipExtension.objects.visible_to(by).filter(number__in=numbers).select_related("user")
    extensions = {each.number: each for each in seen}
    names = {line.destination: line.name for line in usage.called_lines()}
    found = {}
    for text, to in destinations.items():
        words = show(changes.destination(text, names))
        its = extensions.get(to.key) if to.kind in OF_EXTENSIONS else None
        url = reverse("extensions:detail", args=[its.number]) if its else ""
        if text in names:
            url = reverse(PAGES[to.kind], args=[to.key])
        found[text] = DestinationLink(words, url, str(its.user.full_name) if its else "")
    return found


def callers_of(text: str) -> list[tuple[str, str]]:
    """What sends calls to this destination: name and page."""
    return [(line.name, reverse(PAGE_OF[type(line)], args=[line.pk])) for line in usage.lines_going_to([text])]


def users_of(by: User, extension: SipExtension) -> list[tuple[str, str]]:
    """What needs the extension (trunks.usage): name and page; none where `by` may not open it."""
    if not by.can(Permission.VIEW_ROUTES):
        return []
    lines = usage.lines_going_to(call_destinations.of_extension(extension.number))
    lines += [group for group in usage.groups_of(extension.number) if group not in lines]
    return [(line.name, reverse(PAGE_OF[type(line)], args=[line.pk])) for line in lines]


def groups_of(by: User, extension: SipExtension) -> list[tuple[str, str, str]]:
    """Those that ring the extension: number, name and page."""
    sees = by.can(Permission.VIEW_ROUTES)
    return [
        (group.number, group.name, reverse("ring_groups:edit", args=[group.pk]) if sees else "")
        for group in usage.groups_of(extension.number)
        if group.enabled
    ]
