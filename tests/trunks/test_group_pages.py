"""Call Features > Ring Group."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from asterisk.apply import lines
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions import actions
from extensions.changes.state import CannotPutBack
from extensions.models import Change, SipExtension
from extensions.review import preferences as preference_changes
from extensions.review import review
from tests.people import Typed, make_extension, make_user
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.test_route_pages import errors, logged
from tests.trunks.typed import EMERGENCY, GROUP, INBOUND, make_group, make_inbound, opened, posted, text_of
from trunks import changes
from trunks.models import InboundRoute, RingGroup

GROUPS = "/ring-groups/"


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE")
    make_extension("1000", first_name="Grace", last_name="Hopper")
    make_extension("1001", first_name="Grace", last_name="Kelly")
    make_extension("1002", first_name="Zoë", last_name="Ångström", voicemail=True)
    client.force_login(ada)
    return client


def test_a_group_is_saved_with_its_members_in_their_order(signed_in: Client) -> None:
    typed = GROUP | {"members": " zoë \r\n1000 Grace Hopper\r\n\r\n1000\r\n1001 whoever", "strategy": "order"}
    answer = posted(signed_in, f"{GROUPS}add/", typed | {"goes_to_kind": "voicemail", "goes_to_number": "1002"})
    assert answer["Location"] == GROUPS
    group = RingGroup.objects.get()
    assert (group.members, group.goes_to) == (["1002", "1000", "1001"], "voicemail:1002")
    assert logged("group.added") == {
        "Name": ("", "Sales"),
        "Enabled": ("", "yes"),
        "Number": ("", "6200"),
        "Members": ("", "1002, 1000, 1001"),
        "Strategy": ("", "One after another"),
        "Ring Time (seconds)": ("", "30"),
        "If nobody answers": ("", "Voicemail of 1002"),
    }
    page = text_of(signed_in.get(GROUPS))
    assert "1002, 1000, 1001" in page
    assert "Voicemail of 1002" in page
    assert "1002 Zoë Ångström\n1000 Grace Hopper\n1001 Grace Kelly" in text_of(signed_in.get(f"{GROUPS}{group.pk}/"))


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"number": "0123"}, "number", "Enter 2 to 8 digits. The first cannot be 0."),
        ({"number": "62oo"}, "number", "Enter 2 to 8 digits. The first cannot be 0."),
        ({"number": "+62"}, "number", "Enter 2 to 8 digits. The first cannot be 0."),
        ({"number": "1000"}, "number", "1000 is an extension. Enter another number."),
        ({"number": "112"}, "number", "112 is an emergency number or a helpline. Enter another number."),
        ({"number": "19222"}, "number", "19222 is an emergency number or a helpline. Enter another number."),
        ({"number": "6300"}, "number", "Another ring group has this number."),
        ({"members": " \n"}, "members", "Enter at least one extension."),
        ({"members": "1000\n4711"}, "members", "Line 2: no extension matches “4711”. Enter a number or a name."),
        ({"members": "Nobody"}, "members", "Line 1: no extension matches “Nobody”."),
        ({"members": "Grace"}, "members", "several extensions, such as 1000 Grace Hopper, 1001 Grace Kelly."),
        ({"members": "1000\x00"}, "members", ""),
        ({"members": "\n".join(["1000"] * 101)}, "members", "Enter at most 100 members."),
        ({"strategy": "none"}, "strategy", "Choose one of the options."),
        ({"ring_seconds": "4"}, "ring_seconds", "Enter a number of seconds from 5 to 300."),
        ({"ring_seconds": ""}, "ring_seconds", "Enter a number of seconds from 5 to 300."),
        ({"ring_seconds": "٣٠"}, "ring_seconds", "Enter a number of seconds from 5 to 300."),
        ({"goes_to_kind": "group"}, "goes_to", "Choose one of the options."),
        ({"goes_to_kind": "digits"}, "goes_to", "Choose one of the options."),
        ({"goes_to_kind": "extension", "goes_to_number": "4711"}, "goes_to", "There is no extension 4711."),
    ],
)
def test_what_could_not_ring_is_refused(signed_in: Client, typed: dict[str, str], field: str, words: str) -> None:
    posted(signed_in, "/emergency/", EMERGENCY | {"more_numbers": "19222"})
    make_group("1000", name="Other", number="6300")
    found = errors(posted(signed_in, f"{GROUPS}add/", GROUP | typed))
    assert words in found[field][0]
    assert list(found) == [field]
    assert RingGroup.objects.count() == 1


def test_whose_name_is_not_seen_is_found_by_number_alone(client: Client, signed_in: Client) -> None:
    granted = [Permission.VIEW_ROUTES, Permission.MANAGE_ROUTES]
    client.force_login(make_user("Rae", custom=Role.objects.create(name="Routes", granted=granted, reach="all")))
    assert "no extension matches" in str(errors(posted(client, f"{GROUPS}add/", GROUP | {"members": "Zoë"})))
    posted(client, f"{GROUPS}add/", GROUP)
    page = text_of(client.get(f"{GROUPS}{RingGroup.objects.get().pk}/"))
    assert "1000" in page
    assert "Grace" not in page


def test_a_group_is_changed_disabled_and_deleted(signed_in: Client) -> None:
    group = make_group("1000")
    posted(signed_in, f"{GROUPS}{group.pk}/", GROUP | {"number": "6201", "ring_seconds": "20"})
    assert logged("group.changed") == {
        "Number": ("6200", "6201"),
        "Members": ("1000", "1000, 1001"),
        "Ring Time (seconds)": ("30", "20"),
    }
    signed_in.post(f"{GROUPS}{group.pk}/toggle/", {"enabled": "no"})
    assert "Disabled" in text_of(signed_in.get(GROUPS))
    signed_in.post(f"{GROUPS}{group.pk}/delete/", {"then": "save"})
    assert not RingGroup.objects.exists()
    assert AuditRecord.objects.filter(action="group.deleted").exists()


def test_the_first_who_saves_a_group_is_seen_by_the_second(signed_in: Client) -> None:
    group = make_group("1000")
    mark = opened(signed_in, f"{GROUPS}{group.pk}/")
    posted(signed_in, f"{GROUPS}{group.pk}/", GROUP)
    typed = GROUP | {"members": "1002", "opened": mark, "then": "save"}
    answer = signed_in.post(f"{GROUPS}{group.pk}/", typed)
    assert answer.status_code == 409
    assert "The saved value is now 1000, 1001." in text_of(answer)


@pytest.mark.parametrize("typed", ["1001," + "1000," * 99, "1001, 1000", "1001;1000,", "1001 1000", "1001,1000\n1001"])
def test_members_can_be_typed_as_numbers_in_one_line(signed_in: Client, typed: str) -> None:
    posted(signed_in, f"{GROUPS}add/", GROUP | {"members": typed})
    assert RingGroup.objects.get().members == ["1001", "1000"]


def test_of_several_numbers_the_one_that_is_no_extension_is_named(signed_in: Client) -> None:
    found = errors(posted(signed_in, f"{GROUPS}add/", GROUP | {"members": "1001\n1000, 4711"}))
    assert found == {"members": ["Line 2: no extension matches “4711”. Enter a number or a name."]}


def test_a_free_number_is_suggested(signed_in: Client) -> None:
    make_group("1000")
    make_extension("6201")
    assert signed_in.get(f"{GROUPS}add/").context["form"]["number"].value() == "6202"


# --- what needs what ---


def test_a_route_goes_to_a_group_which_is_then_not_deleted(signed_in: Client) -> None:
    assert "Ring group" not in text_of(signed_in.get("/inbound-routes/add/")).partition("goes_to")[2]
    group = make_group("1000")
    typed: dict[str, Any] = INBOUND | {"goes_to_kind": "group", "goes_to_group": str(group.pk)}
    posted(signed_in, "/inbound-routes/add/", typed)
    assert InboundRoute.objects.get().goes_to == group.destination
    assert logged("route.inbound_added")["Goes to"] == ("", "Ring group Sales")
    assert "Ring group Sales" in text_of(signed_in.get("/inbound-routes/"))
    assert "Reception" in text_of(signed_in.get(f"{GROUPS}{group.pk}/"))
    why = "Inbound route Reception sends calls here. Choose another destination there first."
    assert why in text_of(signed_in.get(f"{GROUPS}{group.pk}/delete/"))
    answer = signed_in.post(f"{GROUPS}{group.pk}/delete/", {"then": "save"})
    assert (answer.status_code, why in text_of(answer)) == (409, True)
    assert RingGroup.objects.exists()


@pytest.mark.parametrize("key", ["", "999", "x", "9" * 30, "\x00"])
def test_a_route_goes_to_no_group_that_is_gone(signed_in: Client, key: str) -> None:
    make_group("1000")
    found = errors(posted(signed_in, "/inbound-routes/add/", INBOUND | {"goes_to_kind": "group", "goes_to_group": key}))
    assert found == {"goes_to": ["This ring group no longer exists. Choose another one."]}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"members": ["1000", "1002"]}, "1002 is a member of the ring group Sales. Remove it there first."),
        ({"goes_to": "voicemail:1002"}, "Ring group Sales sends calls to 1002. Change that first."),
    ],
)
def test_an_extension_of_a_group_is_not_deleted(signed_in: Client, more: dict[str, Any], why: str) -> None:
    group = make_group("1000")
    with changes.edited(None):
        RingGroup.objects.filter(pk=group.pk).update(**more)
    page = text_of(signed_in.get("/extensions/1002/delete/"))
    assert why in page
    assert page.count(f'href="/ring-groups/{group.pk}/"') == 1
    with pytest.raises(actions.ActionRefusedError, match="first"):
        actions.delete("1002", None)


def test_the_page_of_an_extension_says_what_groups_ring_it(client: Client, signed_in: Client) -> None:
    group = make_group("1001", "1002")
    make_group("1001", name="Others", number="6300")
    page = text_of(signed_in.get("/extensions/1002/"))
    assert f'href="/ring-groups/{group.pk}/"' in page
    assert "6200 <bdi>Sales</bdi>" in page
    assert "6300" not in page
    client.force_login(SipExtension.objects.get(number="1002").user)
    page = text_of(client.get("/extensions/1002/"))
    assert "6200 <bdi>Sales</bdi>" in page
    assert "/ring-groups/" not in page


# --- numbers are given once ---


def test_no_extension_takes_a_groups_number(signed_in: Client) -> None:
    make_group("1000", number="1003")
    assert SipExtension.objects.next_free_number(Preferences.current()) == "1004"
    page = text_of(signed_in.post("/extensions/add/", {**Typed(number="1003").fields, "then": "save"}))
    assert "This is the number of a ring group." in page
    assert not SipExtension.objects.filter(number="1003").exists()


def test_a_deleted_extension_does_not_come_back_where_a_group_has_its_number(signed_in: Client, ada: User) -> None:
    Change.objects.update(applied_at=timezone.now())
    actions.delete("1002", None)
    make_group("1000", number="1002")
    with pytest.raises(CannotPutBack, match="this is a ring group or an emergency number now"):
        review.discard("1002", ada)


def test_a_group_does_not_come_back_where_an_extension_has_its_number(signed_in: Client, ada: User) -> None:
    group = make_group("1000", number="1003")
    version = Preferences.now("lines")
    with changes.edited(None):
        group.delete()
    make_extension("1003")
    with pytest.raises(CannotPutBack, match="1003 is an extension now"):
        preference_changes.choose(ada, SystemChange.Field.LINES, version)


def test_an_emergency_number_is_no_groups(signed_in: Client) -> None:
    make_group("1000", number="19222")
    found = errors(posted(signed_in, "/emergency/", EMERGENCY | {"more_numbers": "19222"}))
    assert "19222 is a ring group" in found["more_numbers"][0]


# --- undo, and what the PBX is given ---


def test_a_group_is_put_back_as_it_was(signed_in: Client, ada: User) -> None:
    group = make_group("1000", "1001")
    make_inbound(goes_to=group.destination)
    version = Preferences.now("lines")
    with changes.edited(ada):
        InboundRoute.objects.all().delete()
        group.delete()
    assert preference_changes.choose(ada, SystemChange.Field.LINES, version)
    assert RingGroup.objects.get().members == ["1000", "1001"]
    assert InboundRoute.objects.get().goes_to == RingGroup.objects.get().destination
    with changes.edited(ada):
        RingGroup.objects.update(members=["1002"])
        InboundRoute.objects.all().delete()
    actions.delete("1001", None)
    with pytest.raises(CannotPutBack, match="its member 1001 is gone"):
        preference_changes.choose(ada, SystemChange.Field.LINES, version)


def test_the_pbx_is_given_a_group_by_its_number(signed_in: Client) -> None:
    group = make_group("1000", "1001", goes_to="voicemail:1002")
    off = make_group("1000", name="Off", number="6300", enabled=False)
    make_inbound(goes_to=group.destination)
    make_inbound(name="Other", number="", goes_to=off.destination)
    SystemChange.objects.all().delete()  # as if it had been applied
    tables, _common = lines.given()
    assert tables["ring_group"] == [
        ("6200", "Sales", "1000:1001", "all", 30, "voicemail", "1002"),
        ("6300", "Off", "", "all", 30, "hangup", ""),
    ]
    assert {row[1:4] for row in tables["inbound_first"]} == {("Reception", "group", "6200"), ("Other", "group", "6300")}
