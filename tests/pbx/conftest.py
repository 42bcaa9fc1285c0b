from collections.abc import Iterator

import pytest

from asterisk.process.embedded import Embedded
from tests.pbx.office import Office


@pytest.fixture
def office(asterisk: Embedded) -> Iterator[Office]:
    """Real phones at a real Asterisk; all are unplugged in the end."""
    office = Office()
    yield office
    office.close()
