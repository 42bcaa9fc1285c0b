"""A phone that registers from a new network: heard by the listener, noted beside it, while the database is busy too."""

import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection, transaction

from asterisk.live import network_recorder
from asterisk.live import store as live
from asterisk.live.network_recorder import Sightings
from core.mail.models import Email
from extensions.models import KnownNetwork
from tests.conftest import TOLD
from tests.pbx.office import Office, eventually
from tests.people import make_user

TABLE = KnownNetwork._meta.db_table
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def noting(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sightings]:
    monkeypatch.setattr(network_recorder, "AGAIN_SECONDS", 0.1)
    noting = Sightings()
    noting.start()
    TOLD.append(noting.take)
    yield noting
    TOLD.remove(noting.take)
    noting.stop()


def networks() -> list[str]:
    return sorted(KnownNetwork.objects.values_list("network", flat=True))


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def is_heard() -> bool:
    with live.opened(settings.LIVE_FILE) as db:
        return live.is_fresh(db)


def test_a_email_goes_to_whose_phone_comes_from_a_new_network(noting: Sightings, office: Office) -> None:
    extension = office.extension(user=make_user("Vic"), number="1000", max_phones=3)
    office.registered(extension)
    assert eventually(lambda: networks() == ["127.0.0.0/24"])
    office.registered(extension, host="127.0.0.2")
    office.registered(extension, host="127.0.7.1")
    assert eventually(lambda: networks() == ["127.0.0.0/24", "127.0.7.0/24"])
    [email] = Email.objects.all()
    assert (email.kind, email.to, email.facts["address"]) == ("new_network", "vic@example.com", "127.0.7.1")


def test_a_locked_database_delays_it_and_holds_up_nothing_else(noting: Sightings, office: Office) -> None:
    extension = office.extension(number="1000")
    with transaction.atomic():
        if connection.vendor == "postgresql":
            run(f"LOCK TABLE {TABLE}")
        office.registered(extension)
        with live.opened(settings.LIVE_FILE) as db:
            assert eventually(lambda: "1000" in live.phones(db, ["1000"]))
        time.sleep(live.STALE_SECONDS)
        assert is_heard()
    assert eventually(lambda: networks() == ["127.0.0.0/24"])


def test_a_database_that_fails_is_asked_again(
    noting: Sightings, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    extension = office.extension(number="1000")
    run(f"ALTER TABLE {TABLE} RENAME TO elsewhere")
    try:
        office.registered(extension)
        assert eventually(lambda: "could not be noted" in caplog.text)
        assert is_heard()
    finally:
        run(f"ALTER TABLE elsewhere RENAME TO {TABLE}")
    assert eventually(lambda: networks() == ["127.0.0.0/24"])
