from collections.abc import Iterator

import pytest

from asterisk.engine import store as engine
from asterisk.engine.columns import Extension
from asterisk.engine.render import rows
from asterisk.live import watching
from asterisk.process.embedded import Embedded
from tests.pbx.office import Office, engine_tables

MANY = watching.FEW + 100
FIRST = 20_000_000


@pytest.fixture
def office(asterisk: Embedded) -> Iterator[Office]:
    """Real phones at a real Asterisk; all are unplugged in the end."""
    office = Office()
    yield office
    office.close()


@pytest.fixture(params=["few", "many"])
def company(request: pytest.FixtureRequest, asterisk: Embedded) -> Iterator[Embedded]:
    """An Asterisk that was started with few extensions, or with more than are listed to it."""
    if request.param == "few":
        yield asterisk
        return
    with engine_tables() as tables, engine.transaction(tables):
        for number in map(str, range(FIRST, FIRST + MANY)):
            extension = Extension(number, "Clerk", number, f"name-{number}", "t7Rw9KqX2mZv5LpB8nYc")
            engine._put(tables, number, rows(extension))
    asterisk.restart()
    yield asterisk
    with engine_tables() as tables:
        for table in ("sip_login", "pbx_number"):
            tables.execute(f"DELETE FROM {table} WHERE number >= '{FIRST}'")
    asterisk.restart()
