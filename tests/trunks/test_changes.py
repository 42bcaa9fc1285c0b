"""What saves change of lines, as the log and the review say it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Organization, Role, User
from core.audit import fields
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions.review.preferences import Detail
from tests.people import make_extension
from tests.trunks.typed import make_announcement, make_group, make_inbound, make_outbound, make_trunk
from trunks import changes, record
from trunks.models import Announcement, AnnouncementSound, Emergency, InboundRoute, Trunk
from trunks.outbound import extension_ranges

pytestmark = pytest.mark.django_db


def version() -> str:
    return str(Preferences.now("lines"))


def test_two_versions_differ_by_the_fields_of_each_line_and_by_their_order(ada: User) -> None:
    one, two = make_trunk(name="One"), make_trunk(name="Two")
    route = make_outbound(one, pin="")
    before = version()
    with changes.edited(ada):
        Trunk.objects.filter(pk=two.pk).update(position=1)
        one.position, one.password = 2, "another7Rw9"
        one.save()
        route.trunks, route.pin = [two.pk, 99, one.pk], "4711"
        route.save()
    after = version()
    assert changes.details(before, after) == [
        Detail("Two", "Trunk", "Changed", [("Order", "2", "1")]),
        Detail("One", "Trunk", "Changed", [("Password", "(secret)", "changed"), ("Order", "1", "2")]),
        Detail("Everywhere", "Outbound route", "Changed", [("Trunks", "One", "Two, One"), ("PIN", "", "changed")]),
    ]
    back = changes.details(after, before)
    assert back[2].fields == [("Trunks", "Two, One", "One"), ("PIN", "(secret)", "")]
    made, gone = changes.details("", after), changes.details(after, "")
    assert [(each.name, each.kind) for each in made] == [("Two", "New"), ("One", "New"), ("Everywhere", "New")]
    assert [(each.name, each.kind) for each in gone] == [(each.name, "Deleted") for each in made]
    assert ("PIN", "", "(secret)") in made[2].fields
    assert ("PIN", "(secret)", "") in gone[2].fields
    assert changes.details("gone", after) == changes.details(after, "gone") == []
    assert AuditRecord.objects.get(action="trunk.changed").on == "One"


def test_what_there_is_one_of_is_changed_and_never_added(ada: User) -> None:
    with changes.edited(ada):
        Emergency(pk=1, phones="1000,1001", people=[999, ada.pk], more_numbers="115\n116").save()
    its = [
        ("More emergency numbers", "", "115, 116"),
        ("People to tell", "", "ada@example.com"),
        ("Extensions to ring", "", "1000, 1001"),
    ]
    assert changes.details("", version()) == [Detail("", "Emergency", "Changed", its)]
    assert AuditRecord.objects.get(action__startswith="emergency.").action == "emergency.changed"


def test_lines_and_people_that_are_referred_to_are_named(ada: User) -> None:
    role = Role.objects.get(key="operator")
    make_outbound(
        make_trunk(),
        restricted=True,
        roles=[role.pk, 999],
        organizations=[Organization.company().pk],
        extensions="1000,1100-1199",
    )
    group = make_group("1000")
    announcement = make_announcement(goes_to=group.destination)
    make_inbound(goes_to=announcement.destination, closed_goes_to="voicemail:1000")
    found = {(each.noun, label): new for each in changes.details("", version()) for label, _, new in each.fields}
    assert found["Outbound route", "Who may use it"] == "Only some"
    assert found["Outbound route", "Roles"] == "Operator"
    assert found["Outbound route", "Departments"] == Organization.company_name()
    assert found["Outbound route", "Extensions"] == "1000, 1100-1199"
    assert found["Announcement", "Afterwards"] == "Ring group Sales"
    assert found["Announcement", "Audio file"] == "welcome.wav"
    assert found["Inbound route", "Goes to"] == "Announcement Welcome"
    assert found["Inbound route", "Outside Business Hours"] == "Voicemail of 1000"
    assert ("Inbound route", "On Holidays") not in found
    sound, lines = announcement.sound, record.now()
    with changes.edited(ada):
        InboundRoute.objects.all().delete()
        Announcement.objects.all().delete()
    AnnouncementSound.objects.all().delete()
    recorded = AuditRecord.objects.get(action="announcement.deleted").detail["fields"]
    assert recorded["announcement_sound"] == ["welcome.wav", ""]
    assert changes.shown("announcements", "sound", sound, lines) == sound


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("trunk_port", 0, "(default)"),
        ("trunk_port", 5061, "5061"),
        ("trunk_max_calls", 0, "No limit"),
        ("trunk_max_calls", 30, "30"),
        ("trunk_keep_alive", 0, "Off"),
        ("trunk_codecs", "ulaw,alaw", "G.711 µ-law, then A-law"),
        ("hours_country", "DE", "Germany"),
        ("outbound_restricted", False, "Everyone"),
        ("outbound_restricted", True, "Only some"),
        ("inbound_to", "voicemail", "Voicemail of an extension"),
    ],
)
def test_values_are_shown_as_people_read_them(name: str, value: Any, shown: str) -> None:
    assert fields.show(name, value) == shown


def test_extensions_of_a_route_are_numbers_and_ranges() -> None:
    make_extension("1000")
    assert extension_ranges.normalized(" 1000, 1100 \u2013 1199\t1000 1200-1200") == "1000,1100-1199,1200-1200"
    assert list(extension_ranges.parsed("1000,1100-1199")) == [(1000, 1000), (1100, 1199)]
    assert list(extension_ranges.parsed("")) == []
    most = ",".join(f"{number}-{number}" for number in range(2000, 2000 + extension_ranges.MOST))
    assert extension_ranges.normalized(most) == most
    for wrong in (f"{most},1000", "1199-1100", "1001", "0100", "1-2"):
        with pytest.raises(ValidationError):
            extension_ranges.normalized(wrong)
