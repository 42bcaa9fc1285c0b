"""Others save or apply, and go on for too long: a page says so in time, and what was typed can be sent again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from threading import enumerate as enumerate_threads

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from core import file_lock
from core.audit.models import AuditHead
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.chaos.verdict import name_of
from tests.node import apply, connected
from tests.pbx.office import eventually
from tests.people import Typed, make_extension, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def adas(client: Client, transactional_db: None, ada: User) -> Client:
    client.force_login(ada)
    client.raise_request_exception = False
    return client


def longest_wait() -> str:
    """Of this connection for another's lock, as the database says it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout" if connection.vendor == "sqlite" else "SHOW lock_timeout")
        return str(cursor.fetchone()[0])


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    name = "busy_timeout" if connection.vendor == "sqlite" else "lock_timeout"
    with connection.cursor() as cursor:
        cursor.execute(f"{'PRAGMA' if connection.vendor == 'sqlite' else 'SET'} {name} = {milliseconds}")
    yield
    connection.close()


@contextmanager
def somebody_saving() -> Iterator[None]:
    """In a connection of their own, for as long as the block lasts."""
    begun, over = Event(), Event()

    def save() -> None:
        with transaction.atomic():
            AuditHead.objects.select_for_update().get(pk=1)
            begun.set()
            over.wait(60)
        connection.close()

    other = Thread(target=save)
    other.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        over.set()
        other.join()


def test_no_statement_waits_longer_than_it_is_told(transactional_db: None) -> None:
    assert longest_wait() == {"sqlite": "20000", "postgresql": "20s"}[connection.vendor]


def test_what_was_typed_is_sent_again(adas: Client) -> None:
    typed = Typed("1000").fields
    with somebody_saving(), waiting_at_most(50):
        answer = adas.post("/extensions/add/", typed)
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Nothing you typed is lost" in page
    assert "data-again" in page
    assert not SipExtension.objects.exists()
    assert adas.post("/extensions/add/", typed).status_code == 302
    assert SipExtension.objects.get().number == "1000"


def test_a_page_that_is_only_looked_at_speaks_of_nothing_typed(
    adas: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = settings.VAR / "a.lock"
    monkeypatch.setattr("accounts.models.Organization.company_name", lambda: file_lock.acquire(lock, 0))
    with file_lock.acquire(lock):
        answer = adas.get("/extensions/")
    assert answer.status_code == 503
    assert "Reload this page in a moment." in answer.content.decode()
    assert "typed" not in answer.content.decode()


def test_what_is_saved_beside_a_long_apply_waits(adas: Client, settings: Settings) -> None:
    settings.LOCK_SECONDS = 0.1
    with engine.locked(Path(settings.ENGINE_FILE)):
        answer = adas.post("/extensions/add/", {**Typed("1000").fields, "then": "apply"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Another apply is still running." in page
    assert "Your change is saved" in page
    assert Change.objects.waiting().numbers() == ["1000"]
    assert not ApplyRun.objects.exists()
    assert adas.post("/apply/", {}).status_code == 302
    assert ApplyRun.objects.get().numbers == ["1000"]


def test_what_somebody_else_saves_while_an_apply_waits_for_its_turn_goes_on_waiting(
    adas: Client, ada: User, asterisk: Embedded, settings: Settings
) -> None:
    make_extension("1000", first_name="Grace")
    apply(["1000"], ada)
    with changes.edit("1000", ada) as extension:
        extension.user.first_name = "Seen"
    other = make_user("Hugo", role="human_resource")
    with engine.locked(Path(settings.ENGINE_FILE)):
        applying = Thread(target=applied_by, args=(adas,))
        applying.start()
        assert eventually(lambda: any(each.name.endswith("(wait)") for each in enumerate_threads()))
        with changes.edit("1000", other) as extension:
            extension.user.first_name = "Unseen"
    applying.join()
    (waiting,) = Change.objects.waiting()
    assert (waiting.by, waiting.fields["first_name"]) == (other, ["Seen", "Unseen"])
    with connected() as ami:
        assert name_of(proof.endpoint(ami, "1000")) == "Seen"


def applied_by(client: Client) -> None:
    client.post("/apply/", {})
    connection.close()
