"""What an administrator types into the forms of lines, as the browser would post it."""

from datetime import date
from typing import Any

from django.test import Client

from accounts.models import User
from trunks import changes
from trunks.hours.intervals import DAYS
from trunks.models import (
    Announcement,
    AnnouncementSound,
    BusinessHours,
    Holiday,
    InboundRoute,
    OutboundRoute,
    RingGroup,
    Trunk,
)

TRUNK = {
    "name": "Example Telecom",
    "enabled": "on",
    "registers": "on",
    "host": "sip.example.com",
    "port": "",
    "transport": "udp",
    "media_encryption": "off",
    "keep_alive": "30",
    "username": "49301234",
    "auth_name": "",
    "password": "Brass-Monkey-12",
    "number": "+493012345678",
    "caller_id": "extension",
    "number_format": "plus",
    "codecs": "alaw,ulaw",
    "max_calls": "",
    "carries_emergency": "on",
}
OUTBOUND = {"name": "Everywhere", "enabled": "on", "patterns": "0X.", "strip": "1", "prepend": ""}
INBOUND = {
    "name": "Reception",
    "enabled": "on",
    "number": "+493012345678",
    "goes_to_kind": "extension",
    "goes_to_number": "1000",
}
GROUP = {
    "name": "Sales",
    "enabled": "on",
    "number": "6200",
    "members": "1000\n1001",
    "strategy": "all",
    "ring_seconds": "30",
    "goes_to_kind": "hangup",
}
ANNOUNCEMENT = {"name": "Welcome", "enabled": "on", "goes_to_kind": "hangup"}
HOURS = dict.fromkeys(DAYS, "") | {"monday": "9-17", "time_zone": "Europe/Berlin", "country": "", "region": ""}
HOLIDAY = {"name": "Company outing", "first_day": "2027-06-11", "last_day": ""}
EMERGENCY = {"more_numbers": "", "phones": ""}


def opened(client: Client, url: str) -> str:
    """The mark of the form, as the page has it."""
    return str(client.get(url).context["form"]._mark())


def posted(client: Client, url: str, typed: dict[str, Any], then: str = "save", **more: Any) -> Any:
    """The answer to what is typed after the page was opened."""
    return client.post(url, {"opened": opened(client, url), **typed, "then": then, **more})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def make_trunk(by: User | None = None, name: str = "Example Telecom", **more: Any) -> Trunk:
    with changes.edited(by):
        usual = {"host": "sip.example.com", "username": "49301234", "position": Trunk.objects.count() + 1}
        trunk: Trunk = Trunk.objects.create(name=name, **(usual | more))
        trunk.password = TRUNK["password"]
        trunk.save()
    return trunk


def make_outbound(*trunks: Trunk, by: User | None = None, name: str = "Everywhere", **more: Any) -> OutboundRoute:
    with changes.edited(by):
        usual = {"patterns": "0X.", "position": OutboundRoute.objects.count() + 1}
        keys = [trunk.pk for trunk in trunks]
        route: OutboundRoute = OutboundRoute.objects.create(name=name, trunks=keys, **(usual | more))
    return route


def make_inbound(by: User | None = None, name: str = "Reception", **more: Any) -> InboundRoute:
    with changes.edited(by):
        usual = {"number": "+493012345678", "goes_to": "extension:1000", "position": InboundRoute.objects.count() + 1}
        route: InboundRoute = InboundRoute.objects.create(name=name, **(usual | more))
    return route


def make_group(*members: str, by: User | None = None, name: str = "Sales", **more: Any) -> RingGroup:
    with changes.edited(by):
        usual = {"number": "6200", "goes_to": "hangup"}
        group: RingGroup = RingGroup.objects.create(name=name, members=list(members), **(usual | more))
    return group


def make_announcement(wav: bytes = b"RIFF", by: User | None = None, name: str = "Welcome", **more: Any) -> Announcement:
    with changes.edited(by):
        usual = {"sound": AnnouncementSound.store(wav, "welcome.wav"), "goes_to": "hangup"}
        announcement: Announcement = Announcement.objects.create(name=name, **(usual | more))
    return announcement


def set_hours(by: User | None = None, **more: Any) -> BusinessHours:
    with changes.edited(by):
        hours = BusinessHours(pk=1, **{"time_zone": "Europe/Berlin", **more})
        hours.save()
    return hours


def make_holiday(by: User | None = None, name: str = "Company outing", **more: Any) -> Holiday:
    if not BusinessHours.objects.exists():
        set_hours(by)
    usual = {"first_day": date(2027, 6, 11)}
    usual |= {"last_day": more.get("first_day", usual["first_day"])}
    with changes.edited(by):
        return Holiday.objects.create(name=name, **(usual | more))
