"""The menu is kept between pages: nobody sees another's, nor what it was before."""

import re

from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.preferences.models import Preferences
from tests.people import make_extension, make_user


def menu(user: User) -> set[str]:
    client = Client()
    client.force_login(user)
    page = client.get("/account/").content.decode()
    return set(re.findall(r'<a href="([^"]+)"', page.partition('class="nav-')[2].partition("</nav>")[0]))


def test_it_follows_the_role_at_once(db: None) -> None:
    role = Role.objects.create(
        name="Clerk", granted=[Permission.VIEW_EXTENSIONS, Permission.VIEW_LOG], reach=Role.Reach.ALL
    )
    ada, clerk, grace = make_user("Ada", role="super_administrator"), make_user("Clerk"), make_user("Grace")
    clerk.role = role
    clerk.save()
    everything, some, own = menu(ada), menu(clerk), menu(grace)
    assert own == {"/account/"}
    assert "/log/" in some < everything
    role.granted = [Permission.VIEW_EXTENSIONS]
    role.save()
    assert some - menu(User.objects.get(pk=clerk.pk)) == {"/log/"}
    assert menu(ada) == everything


def test_it_has_ones_own_extension_and_departments_where_there_are_any(db: None) -> None:
    grace, hugo = make_extension("1000").user, make_extension("1001").user
    assert ("/extensions/1000/" in menu(grace), "/extensions/1000/" in menu(hugo)) == (True, False)
    ada = make_user("Ada", role="super_administrator")
    assert "/organizations/" in menu(ada)
    preferences = Preferences.load()
    preferences.organization_management = False
    preferences.save()
    assert "/organizations/" not in menu(ada)
