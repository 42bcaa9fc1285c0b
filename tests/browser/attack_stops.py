"""Preferences > Attacks and Maintenance > Blocked Addresses, for the tour."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Role
from asterisk.models import BlockedAddress
from core.access.permissions import Permission
from core.preferences.models import Preferences
from tests.browser.tour import Tour, press, stop
from tests.people import make_extension, make_user

URL = "/preferences/attacks/"


def several() -> None:
    now = timezone.now()
    make_extension("1001")
    for network, number, reason, tries, accounts, minutes in (
        ("203.0.113.77", "", "attempts", 10, [str(each) for each in range(100, 110)], 15),
        ("198.51.100.4", "1001", "attempts", 10, ["1001"], 30),
        ("2001:db8:1234:5678::/64", "", "program", 1, [], 10_080),
        ("192.0.2.200", "", "attempts", 1000, ["a" * 80], 60),
    ):
        BlockedAddress.objects.create(
            network=network,
            number=number,
            reason=reason,
            tries=tries,
            accounts=accounts,
            since=now - timedelta(minutes=3),
            until=now + timedelta(minutes=minutes),
        )


@stop
def attack_preferences(tour: Tour) -> Page:
    return tour.ada(URL)


@stop
def attack_preferences_with_errors(tour: Tour) -> Page:
    page = attack_preferences(tour)
    page.get_by_label("Failed attempts").fill("1")
    page.get_by_label("Never block").fill("my office")
    page.get_by_label("User agents of attack programs").fill("a|b")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def blocked_addresses(tour: Tour) -> Page:
    several()
    return tour.ada("/blocked/")


@stop
def no_blocked_addresses(tour: Tour) -> Page:
    Preferences.objects.update(attacks_on=False)
    return tour.ada("/blocked/")


@stop
def blocked_addresses_for_whoever_only_looks(tour: Tour) -> Page:
    several()
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_BLOCKED])
    return tour.opened(make_user("Olga", custom=role), "/blocked/")
