"""The people of a company without a PBX."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from tests.people import make_extension, make_user


@pytest.fixture(autouse=True)
def without_pbx(settings: Settings) -> None:
    settings.AMI_PORT = 9


@pytest.fixture
def grace(db: None) -> SipExtension:
    return make_extension("1001", user=make_user("Grace", last_name="Hopper"))


@pytest.fixture
def linus(db: None) -> SipExtension:
    return make_extension("1002", first_name="Linus", last_name="Torvalds")


@pytest.fixture
def adas(client: Client, ada: User) -> Client:
    client.force_login(ada)
    Change.objects.update(by=ada)
    return client


@pytest.fixture
def north(db: None) -> User:
    """Nora's role reaches the organization North alone; the number 1001 is in it, 1002 is not."""
    Preferences.objects.update(organization_management=True)
    organization = Organization.objects.create(name="North", parent=Organization.company())
    role = Role.objects.create(
        name="North", granted=["extension.view", "extension.manage"], reach=Role.Reach.ORGANIZATIONS
    )
    role.organizations.add(organization)
    nora = make_user("Nora")
    nora.role = role
    nora.save()
    make_extension("1001", first_name="Grace").user.organizations.add(organization)
    make_extension("1002", first_name="Secret").user.organizations.add(Organization.company())
    return nora
