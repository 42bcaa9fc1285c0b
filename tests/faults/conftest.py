from collections.abc import Iterator

import pytest

from asterisk.process.embedded import Embedded
from tests.faults.victim import Victim
from tests.pbx.office import Office


@pytest.fixture
def office(asterisk: Embedded) -> Iterator[Office]:
    """Real phones at a real Asterisk; all are unplugged in the end."""
    office = Office()
    yield office
    office.close()


@pytest.fixture
def victim(transactional_db: None) -> Iterator[Victim]:
    with Victim() as victim:
        yield victim
