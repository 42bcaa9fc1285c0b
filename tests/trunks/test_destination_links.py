"""Where calls go and what sends them, as pages name it and lead to it."""

import pytest

from accounts.models import Role, User
from core.access.permissions import Permission
from extensions.models import SipExtension
from tests.people import make_extension, make_user
from tests.trunks.typed import make_announcement, make_group, make_inbound
from trunks import destination_links
from trunks.destination_links import DestinationLink
from trunks.models import Announcement, InboundRoute, RingGroup


@pytest.fixture
def stranger(db: None) -> User:
    """Who sees neither extensions nor routes."""
    return make_user("Sam", custom=Role.objects.create(name="Log", granted=[Permission.VIEW_LOG], reach="all"))


@pytest.fixture
def grace(db: None) -> SipExtension:
    return make_extension("1000", first_name="Grace", last_name="Hopper")


def test_a_destination_is_named_and_led_to_where_one_may_see_it(ada: User, stranger: User, grace: SipExtension) -> None:
    group, announcement = make_group("1000"), make_announcement()
    texts = ["extension:1000", "voicemail:1000", "extension:4711", group.destination, announcement.destination]
    page = "/extensions/1000/"
    lines = {
        group.destination: DestinationLink("Ring group Sales", f"/ring-groups/{group.pk}/"),
        announcement.destination: DestinationLink("Announcement Welcome", f"/announcements/{announcement.pk}/"),
        "hangup": DestinationLink("Hang up"),
    }
    assert destination_links.links(ada, [*texts, "", "hangup"]) == {
        "extension:1000": DestinationLink("Extension 1000", page, "Grace Hopper"),
        "voicemail:1000": DestinationLink("Voicemail of 1000", page, "Grace Hopper"),
        "extension:4711": DestinationLink("Extension 4711"),
        **lines,
    }
    assert destination_links.links(stranger, [*texts, "hangup"]) == {
        "extension:1000": DestinationLink("Extension 1000"),
        "voicemail:1000": DestinationLink("Voicemail of 1000"),
        "extension:4711": DestinationLink("Extension 4711"),
        **lines,
    }


def test_what_needs_an_extension_is_led_to_by_who_may_open_it(ada: User, stranger: User, grace: SipExtension) -> None:
    assert destination_links.users_of(ada, grace) == []
    assert destination_links.groups_of(ada, grace) == []
    make_extension("1001")
    member = make_group("1001", "1000", goes_to="voicemail:1000")
    off = make_group("1000", name="Off", number="6201", enabled=False)
    make_group("1001", name="Others", number="6202")
    make_announcement(goes_to="extension:1000")
    make_inbound(goes_to=member.destination, holiday_goes_to="extension:1000")
    route, announcement = InboundRoute.objects.get(), Announcement.objects.get()
    assert destination_links.users_of(ada, grace) == [
        ("Reception", f"/inbound-routes/{route.pk}/"),
        ("Sales", f"/ring-groups/{member.pk}/"),
        ("Welcome", f"/announcements/{announcement.pk}/"),
        ("Off", f"/ring-groups/{off.pk}/"),
    ]
    assert destination_links.users_of(stranger, grace) == []
    assert destination_links.groups_of(ada, grace) == [("6200", "Sales", f"/ring-groups/{member.pk}/")]
    assert destination_links.groups_of(stranger, grace) == [("6200", "Sales", "")]
    assert destination_links.callers_of(member.destination) == [("Reception", f"/inbound-routes/{route.pk}/")]
    assert destination_links.callers_of(RingGroup.objects.get(name="Others").destination) == []
