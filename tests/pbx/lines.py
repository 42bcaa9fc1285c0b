"""Lines to the world for tests: trunks and routes that are applied, and providers that are phones elsewhere."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.node import apply_preferences
from tests.phones.phone import Phone
from tests.trunks.provider import CUSTOMERS, Provider
from trunks import record
from trunks.hours.intervals import DAYS
from trunks.models import (
    Announcement,
    AnnouncementSound,
    BusinessHours,
    Emergency,
    Holiday,
    InboundRoute,
    OutboundRoute,
    RingGroup,
    Trunk,
)

PROVIDER = "127.0.0.77"
OTHER_PROVIDER = "127.0.0.78"
COUNTRY = "DE"


def provider(host: str = PROVIDER) -> Phone:
    """It registers nowhere: what is sent to its address is a call for the world."""
    return Phone("provider", "provider", "", server=("127.0.0.1", _sip_port()), host=host)


def _sip_port() -> int:
    from django.conf import settings

    return int(settings.SIP_PORT)


def trunk_to(phone: Phone, name: str = "Provider", **more: Any) -> Trunk:
    """Saved, not applied."""
    values: dict[str, Any] = {"registers": False, "host": phone.wire.host, "port": phone.port, "keep_alive": 0}
    password = more.pop("password", "")
    with record.edited(None):
        trunk = Trunk.objects.create(name=name, **{**values, **more})
        if password:
            trunk.password = password
            trunk.save()
    return trunk


def trunk_to_provider(provider: Provider, name: str = "Telco", customer: str = "acme", **more: Any) -> Trunk:
    """One that registers; saved, not applied."""
    node = provider.node
    values = {"registers": True, "host": node.sip_bind, "port": node.sip_port, "username": customer, "keep_alive": 0}
    password = more.pop("password", CUSTOMERS[customer])
    with record.edited(None):
        trunk = Trunk.objects.create(name=name, **{**values, **more})
        trunk.password = password
        trunk.save()
    return trunk


def route_over(*trunks: Trunk, name: str = "World", patterns: str = "", **more: Any) -> OutboundRoute:
    pin = more.pop("pin", "")
    with record.edited(None):
        route = OutboundRoute.objects.create(name=name, patterns=patterns, trunks=[each.pk for each in trunks], **more)
        if pin:
            route.pin = pin
            route.save()
    return route


def route_in(number: str, **more: Any) -> InboundRoute:
    with record.edited(None):
        return InboundRoute.objects.create(name=f"To {number or 'any'}", number=number, **more)


def group_of(*extensions: SipExtension, number: str = "6200", **more: Any) -> RingGroup:
    values = {"name": f"Group {number}", "goes_to": "hangup", **more}
    with record.edited(None):
        return RingGroup.objects.create(number=number, members=[each.number for each in extensions], **values)


def announcement_of(wav: bytes, name: str = "Welcome", **more: Any) -> Announcement:
    with record.edited(None):
        sound = AnnouncementSound.store(wav, f"{name}.wav")
        return Announcement.objects.create(name=name, sound=sound, **{"goes_to": "hangup", **more})


def emergency(**more: Any) -> None:
    with record.edited(None):
        Emergency(pk=1, **more).save()


def hours(**more: Any) -> None:
    with record.edited(None):
        BusinessHours(pk=1, **{"time_zone": "UTC", **more}).save()


def open_now() -> None:
    """At an hour of this day, and closed at others, neither of them near."""
    hours(**dict.fromkeys(DAYS, "00:00-18:00" if timezone.now().hour < 12 else "06:00-24:00"))


def closed_now() -> None:
    hours(**dict.fromkeys(DAYS, "18:00-19:00" if timezone.now().hour < 12 else "05:00-06:00"))


def holiday_now(name: str = "Company outing") -> None:
    """Whatever its hours are."""
    if not BusinessHours.objects.exists():
        hours()
    today = timezone.now().date()
    with record.edited(None):
        Holiday.objects.create(name=name, first_day=today - timedelta(days=1), last_day=today + timedelta(days=1))


def in_country(country: str = COUNTRY) -> None:
    Preferences.objects.update(country=country)


def apply_lines() -> None:
    run = apply_preferences(None)
    assert run.outcome == "proved", run.explanation_text
