"""Where a database is moved to."""

import pytest

from backup import move, places
from backup.errors import BackupError
from core.coded_text import CodedText


def test_what_is_no_address_of_a_database_is_said(db: None) -> None:
    with pytest.raises(BackupError) as said:
        move.move("nonsense", places.from_settings())
    assert str(said.value) == str(CodedText("move.no_address", url="nonsense"))
