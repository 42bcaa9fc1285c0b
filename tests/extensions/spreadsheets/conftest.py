import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client
