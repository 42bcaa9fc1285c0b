"""What the search in the header finds, and that nobody finds what they may not see."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from core.access.permissions import Permission
from pbxportal.pbx_settings.page import TABS, Tab
from pbxportal.search import FORMS, MENU, anchor, find
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
