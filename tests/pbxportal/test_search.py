"""What the search in the header finds, and that nobody finds what they may not see."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from core.access.permissions import Permission
from core.preferences.models import Preferences
from pbxportal import search
from pbxportal.pbx_settings.page import TABS, Tab
from pbxportal.search import FORMS, MENU, MOST, MOST_TYPED, anchor, find
from tests.people import make_extension, make_user
from tests.trees import department
from tests.trunks.typed import make_group, make_inbound, make_outbound, make_trunk


def found(user: User, text: str) -> dict[str, list[tuple[str, str]]]:
    return {group.label: [(hit.words, hit.url) for hit in group.hits] for group in find(user, text)}


def test_each_kind_is_found(ada: User) -> None:
    make_extension("1000", first_name="Zora", last_name="Berlin")
    office = department("Berlin office")
    role = Role.objects.create(name="Berlin desk")
    trunk = make_trunk(name="Berlin trunk")
    make_user("Berlinda")
    got = found(ada, "berlin")
    assert got["People and numbers"] == [("Zora Berlin", "/extensions/1000/")]
    assert [words for words, _ in got["People without an extension"]] == ["Berlinda"]
    assert got["Departments"] == [("Berlin office", f"/organizations/{office.pk}/")]
    assert got["Roles"] == [("Berlin desk", f"/roles/{role.pk}/")]
    assert got["Trunks and routes"] == [("Berlin trunk", f"/trunks/{trunk.pk}/")]
    assert found(ada, "100")["People and numbers"] == [("Zora Berlin", "/extensions/1000/")]
    assert ("STUN server", "/preferences/network/#id_network_stun") in found(ada, "stun")["Settings"]
    assert ("Network", "/preferences/network/") in found(ada, "network")["Settings"]
    assert found(ada, "operation log")["Pages"] == [("Operation Log", "/log/")]
    assert found(ada, " \0 ") == {}


def test_lines_are_found_by_name_and_number(ada: User) -> None:
    trunk = make_trunk(name="Line one")
    outbound, inbound = make_outbound(trunk, name="Line two"), make_inbound(name="Line three")
    group = make_group(name="Line four", number="6200")
    urls = {url for _, url in found(ada, "line")["Trunks and routes"]}
    assert urls == {
        f"/trunks/{trunk.pk}/", f"/outbound-routes/{outbound.pk}/", f"/inbound-routes/{inbound.pk}/",
        f"/ring-groups/{group.pk}/",
    }  # fmt: skip
    assert found(ada, "6200")["Trunks and routes"] == [("Line four", f"/ring-groups/{group.pk}/")]


def test_nobody_finds_what_they_may_not_see(ada: User, vic: User) -> None:
    sales, office = department("Sales"), department("Sales office")
    make_extension("1000", first_name="Sales").user.organizations.set([sales])
    make_extension("1001", first_name="Sales").user.organizations.set([office])
    make_user("Salesman").organizations.set([office])
    Role.objects.create(name="Sales desk")
    make_trunk(name="Sales trunk")
    assert found(vic, "sales") == {}
    assert found(vic, "e") == {"Pages": [("Security", "/account/security/")]}
    vic.role = Role.objects.create(name="Gives nothing")
    assert "Pages" not in found(vic, "dashboard")
    vic.role = Role.objects.create(name="Gives something", granted=[Permission.MANAGE_ROLES])
    assert found(vic, "dashboard")["Pages"] == [("Dashboard", "/dashboard/")]
    vic.role = Role.objects.create(
        name="Custom", granted=[Permission.MANAGE_EXTENSIONS], reach=Role.Reach.ORGANIZATIONS, below=False
    )
    vic.role.organizations.set([sales])
    vic.save()
    members = f"/extensions/?organization={sales.pk}&below=yes"
    assert found(User.objects.get(pk=vic.pk), "sales") == {
        "People and numbers": [("Sales", "/extensions/1000/")],
        "Departments": [("Sales", members)],
    }


def test_while_somebody_types_only_what_is_found_is_sent(client: Client, ada: User) -> None:
    make_extension("1000", first_name="Zora")
    client.force_login(ada)
    part = client.get("/search/?q=zora", headers={"HX-Request": "true"}).content.decode()
    assert '<a class="menu-item" href="/extensions/1000/">' in part
    assert "<html" not in part
    page = client.get("/search/?q=zora").content.decode()
    assert "<html" in page
    assert 'href="/extensions/1000/"' in page
    assert "No results for" in client.get("/search/?q=xyzzy", headers={"HX-Request": "true"}).content.decode()


def test_every_page_of_preferences_and_of_the_menu_can_be_found(client: Client, ada: User) -> None:
    assert set(FORMS) == {tab.name for tab in TABS}
    for each in MENU:
        assert str(each.label) in [words for words, _ in found(ada, str(each.label))["Pages"]]
    navigation = (settings.BASE_DIR / "templates/frame/_navigation.html").read_text()
    linked = set(re.findall(r"{% url '([\w:]+)' %}", navigation)) - {"preferences"}
    assert linked <= {each.url_name for each in MENU}


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
def test_a_setting_is_where_the_search_leads_to(client: Client, ada: User, tab: Tab) -> None:
    client.force_login(ada)
    page = client.get(reverse(tab.url_name)).content.decode()
    for name, field in FORMS[tab.name].base_fields.items():
        if field.label and f'name="{name}"' in page:  # of people to choose from there may be none
            assert f'id="{anchor(name, field)}"' in page


def notes(user: User, text: str) -> dict[str, list[tuple[str, str]]]:
    return {group.label: [(hit.words, hit.note) for hit in group.hits] for group in find(user, text)}


def test_a_hit_says_what_it_is_where_its_name_does_not(ada: User) -> None:
    make_extension("1000", first_name="Zora")
    make_user("Zorana", email="z@example.com")
    department("Zora's", department("Top"))
    make_inbound(name="Zora in")
    make_group(name="Zora group", number="6200")
    got = notes(ada, "zora")
    assert got["People and numbers"] == [("Zora", "1000")]
    assert got["People without an extension"] == [("Zorana", "z@example.com")]
    assert got["Departments"] == [("Zora's", "Company / Top")]
    assert got["Trunks and routes"] == [("Zora in", "Inbound Route +493012345678"), ("Zora group", "Ring Group 6200")]
    assert ("STUN server", "Preferences / Network") in notes(ada, "stun")["Settings"]
    assert ("Network", "Preferences") in notes(ada, "network")["Settings"]


def test_of_each_kind_the_first_few_are_shown(ada: User) -> None:
    for at in range(MOST + 1):
        Role.objects.create(name=f"Desk {at}")
    assert [words for words, _ in found(ada, "desk")["Roles"]] == [f"Desk {at}" for at in range(MOST)]


def test_of_a_text_that_was_pasted_the_beginning_is_looked_for(ada: User) -> None:
    Role.objects.create(name="x" * MOST_TYPED)
    assert "Roles" in found(ada, "x" * MOST_TYPED + "y")
    assert found(ada, "x" * (MOST_TYPED - 1) + "y") == {}


def test_where_there_are_no_departments_neither_they_nor_their_page_are_found(ada: User) -> None:
    department("Organizer")
    assert set(found(ada, "organiz")) >= {"Departments", "Pages"}
    Preferences.objects.update(organization_management=False)
    got = found(ada, "organiz")
    assert "Departments" not in got
    assert "Organization" not in [words for words, _ in got.get("Pages", [])]


def test_who_manages_roles_alone_finds_no_departments(vic: User) -> None:
    department("Sales")
    Role.objects.create(name="Sales desk")
    vic.role = Role.objects.create(name="Custom", granted=[Permission.VIEW_ROLES], reach=Role.Reach.ALL)
    vic.save()
    assert set(found(User.objects.get(pk=vic.pk), "sales")) == {"Roles"}


def test_who_looks_at_departments_alone_finds_them_by_their_own_page(vic: User) -> None:
    sales = department("Sales")
    vic.role = Role.objects.create(name="Custom", granted=[Permission.VIEW_ORGANIZATIONS])
    vic.save()
    assert found(User.objects.get(pk=vic.pk), "sales") == {"Departments": [("Sales", f"/organizations/{sales.pk}/")]}


def test_with_very_many_people_those_without_extension_are_found_by_their_role(
    ada: User, hugo: User, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_extension("1000", first_name="Zora")
    monkeypatch.setattr(search, "MANY", 1)
    assert [words for words, _ in found(ada, "example.com")["People without an extension"]] == ["Ada", "Hugo", "Vic"]
    monkeypatch.setattr(search, "MANY", 0)
    assert [words for words, _ in found(ada, "example.com")["People without an extension"]] == ["Ada", "Hugo"]
