"""The disk full, or not to be written: nothing half, and the page says what to do. Reading goes on.

Full is said by the system itself: no file of this process may grow beyond a size.
"""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User
from asterisk.apply.errors import NotTakenBack
from asterisk.engine import store as engine
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions.models import Change, SipExtension
from tests.faults.rights import read_only
from tests.node import apply, catch_up
from tests.pbx.office import Office
from tests.pbx.test_apply import planted, rename, rows, waiting
from tests.people import Typed

pytestmark = pytest.mark.django_db(transaction=True)

LIMIT = 400_000
PAGES = ("/extensions/", "/extensions/1100/", "/extensions/1100/edit/", "/review/", "/history/", "/pbx/")


@contextmanager
def full_for(path: Path) -> Iterator[None]:
    """No room for more in this database's log; other files still have some."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as db:
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("CREATE TABLE IF NOT EXISTS ballast (bytes)")
        db.execute("INSERT INTO ballast VALUES (zeroblob(?))", (2 * LIMIT,))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            db.execute("DROP TABLE ballast")
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def emptied(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def full() -> sqlite3.OperationalError:
    """As SQLite says it."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return error


def engine_files() -> list[Path]:
    path = Path(settings.ENGINE_FILE)
    return [path, *path.parent.glob(f"{path.name}-*")]


@pytest.fixture
def signed_in(client: Client, transactional_db: None, ada: User) -> Client:
    client.force_login(ada)
    client.raise_request_exception = False
    return client


def test_with_no_room_for_the_engine_nothing_is_half_and_the_page_says_what_to_do(
    office: Office, signed_in: Client, ada: User
) -> None:
    extension = office.extension(number="1100", first_name="Ada")
    before = rows("1100")
    rename(extension, "Grace")
    if connection.vendor == "sqlite":
        emptied(Path(connection.settings_dict["NAME"]))
    with full_for(settings.ENGINE_FILE):
        answer = signed_in.post("/apply/", {"n": "1100"})
        assert answer.status_code == 503
        page = answer.content.decode()
        assert "Free space on the disk that holds" in page
        assert "press Apply" in page
        assert [signed_in.get(each).status_code for each in PAGES] == [200] * len(PAGES)
        assert rows("1100") == before
    assert waiting() == ["1100"]
    assert ApplyRun.objects.latest("id").outcome == ApplyRun.Outcome.REFUSED
    assert apply(["1100"], ada).outcome == ApplyRun.Outcome.PROVED
    assert rows("1100") != before


@pytest.mark.parametrize("files", ["table", "lock"])
def test_an_engine_that_may_not_be_written_is_told_with_what_to_do(
    office: Office, signed_in: Client, ada: User, files: str
) -> None:
    extension = office.extension(number="1100", first_name="Ada")
    before = rows("1100")
    rename(extension, "Grace")
    locked = engine_files() if files == "table" else [Path(settings.ENGINE_FILE).with_suffix(".lock")]
    with read_only(*locked):
        answer = signed_in.post("/apply/", {"n": "1100"})
        assert answer.status_code == 503
        assert "Let the portal&#x27;s user write" in answer.content.decode()
        assert [signed_in.get(each).status_code for each in PAGES] == [200] * len(PAGES)
    assert (rows("1100"), waiting()) == (before, ["1100"])
    assert apply(["1100"], ada).outcome == ApplyRun.Outcome.PROVED


def test_what_is_refused_and_cannot_be_taken_back_is_not_said_to_be_as_before(
    office: Office, asterisk: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = office.extension(first_name="Ada")
    rename(extension, "Grace")

    def put_back(*_: object) -> None:
        raise full()

    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), monkeypatch.context() as patch:
        patch.setattr(engine, "put_back", put_back)
        with pytest.raises(NotTakenBack, match="Free space") as refused:
            apply([extension.number], None)
    assert "as before" not in refused.value.true_now
    run = ApplyRun.objects.latest("id")
    assert (run.outcome, waiting()) == (ApplyRun.Outcome.WAITING, [extension.number])
    catch_up()
    run.refresh_from_db()
    assert (run.outcome, waiting()) == (ApplyRun.Outcome.PROVED, [])


def ended_by_sqlite(path: Path) -> None:
    """As it does when the disk is full."""
    with engine.opened(path) as db, engine.transaction(db):
        db.execute("ROLLBACK")
        raise full()


def test_a_transaction_that_sqlite_ended_itself_fails_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(engine.EngineError, match=r"disk is full. Free space"):
        ended_by_sqlite(tmp_path / "engine.sqlite3")


if "sqlite3" in settings.DATABASES["default"]["ENGINE"]:

    def test_with_no_room_for_the_portals_database_a_save_is_all_or_nothing(
        office: Office, signed_in: Client, ada: User
    ) -> None:
        extension = office.extension(number="1100", first_name="Ada")
        before = rows("1100")
        rename(extension, "Grace")
        emptied(settings.ENGINE_FILE)
        with full_for(Path(connection.settings_dict["NAME"])):
            for url, sent in (("/extensions/add/", {**Typed().fields, "then": "apply"}), ("/apply/", {"n": "1100"})):
                answer = signed_in.post(url, sent)
                assert answer.status_code == 503, url
                assert "Free up space on the disk that holds" in answer.content.decode()
            assert [signed_in.get(each).status_code for each in PAGES] == [200] * len(PAGES)
        assert (SipExtension.objects.count(), Change.objects.waiting().count()) == (1, 1)
        assert (rows("1100"), waiting()) == (before, ["1100"])
        assert apply(["1100"], ada).outcome == ApplyRun.Outcome.PROVED
        assert not ApplyRun.objects.exclude(outcome=ApplyRun.Outcome.PROVED).exists()
