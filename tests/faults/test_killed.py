"""Bulk actions and imports on a served portal, of which one part is killed at random moments: nothing is ever half."""

from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import environ
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.utils import ConnectionHandler

from asterisk.process.embedded import Embedded
from tests.backup.postgresql import databases as databases
from tests.backup.postgresql import server as server
from tests.chaos.database import PostgreSql
from tests.faults.bulk_work import ADD, DELETE, DISABLE, EDIT, PASSWORDS, BulkScene, Deed
from tests.faults.import_work import ImportScene
from tests.faults.killed import (
    KILLS,
    AsteriskKilled,
    DatabaseKilled,
    Fault,
    ImporterKilled,
    WebKilled,
    set_up,
    told,
)
from tests.faults.portal import served

pytestmark = pytest.mark.django_db(transaction=True)


def killed(fault: Fault, log: Path, *deeds: Deed, begin_with: int = 0) -> None:
    """An import after each of the bulk actions, again and again. `begin_with`: 1 begins with an import."""
    ada = set_up()
    with served(log, 1) as port:
        bulk = BulkScene(port, ada, fault)
        imports = ImportScene(port, ada, fault, bulk.chance, bulk.usual, bulk.ends)
        works = [work for each in deeds for work in (partial(bulk.does, each), imports.imports)]
        for work in islice(cycle(works or [imports.imports]), begin_with, None):
            work()
            if bulk.ends.total() >= KILLS:
                break
    told(*(f"{times:3} {end}" for end, times in sorted(bulk.ends.items())))
    assert bulk.ends.total() >= KILLS


def test_web_process(asterisk: Embedded, tmp_path: Path) -> None:
    killed(WebKilled(), tmp_path / "portal.log", PASSWORDS, DELETE, ADD, EDIT, DISABLE)


def test_process_of_the_import(asterisk: Embedded, tmp_path: Path) -> None:
    killed(ImporterKilled(), tmp_path / "portal.log")


def test_asterisk(asterisk: Embedded, tmp_path: Path) -> None:
    killed(AsteriskKilled(asterisk), tmp_path / "portal.log", EDIT, DISABLE, PASSWORDS, DELETE, ADD)


@pytest.fixture
def on_postgresql(asterisk: Embedded, databases: list[str]) -> Iterator[None]:
    """The test and the portal are on a database there, whatever the suite is on."""
    before = connections["default"]
    connections["default"] = ConnectionHandler({"default": environ.Env.db_url_config(databases[0])})["default"]
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    yield
    connections["default"].close()
    connections["default"] = before


def test_database(on_postgresql: None, server: PostgreSql, tmp_path: Path) -> None:
    killed(DatabaseKilled(server), tmp_path / "portal.log", DELETE, ADD, EDIT, DISABLE, PASSWORDS, begin_with=1)
