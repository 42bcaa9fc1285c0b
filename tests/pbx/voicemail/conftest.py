from collections.abc import Iterator

import pytest

from tests.pbx.office import Office
from tests.pbx.prompts import tones


@pytest.fixture
def desk(office: Office) -> Iterator[Office]:
    with tones():
        yield office
