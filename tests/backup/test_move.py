"""Where a database is moved to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from accounts.profile.models import Avatar
from backup import move, places
from backup.errors import BackupError
from backup.move import OTHER, checksum
from backup.places import Place
from core.coded_text import CodedText
from tests.people import make_user


@pytest.fixture
def other(place: Place, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """A file to move to, of which nobody knows afterwards."""
    with django_db_blocker.unblock():
        yield tmp_path / "other.sqlite3"
    if OTHER in connections.settings:
        connections[OTHER].close()
        del connections[OTHER], connections.settings[OTHER]


def test_what_is_no_address_of_a_database_is_said(db: None) -> None:
    with pytest.raises(BackupError) as said:
        move.move("nonsense", places.from_settings())
    assert str(said.value) == str(CodedText("move.no_address", url="nonsense"))


def test_a_database_that_a_portal_was_started_on_is_left_as_it_is(place: Place, other: Path) -> None:
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY)")
        before = [*db.iterdump()]
        with pytest.raises(BackupError, match="the other database is not empty"):
            move.move(f"sqlite:///{other}", place)
        assert [*db.iterdump()] == before


def test_two_tables_are_the_same_where_each_value_of_each_row_is(db: None) -> None:
    assert checksum(User, "default") == (0, f"{0:064x}")
    ada, vic = make_user("Ada"), make_user("Vic")
    count, whole = checksum(User, "default")
    assert (count, len(whole)) == (2, 64)
    User.objects.filter(pk=ada.pk).update(first_name="Vic")
    assert checksum(User, "default")[1] != whole
    User.objects.filter(pk=ada.pk).update(first_name="Ada")
    assert checksum(User, "default") == (2, whole)
    seen = datetime(2026, 11, 29, 2, tzinfo=UTC)
    sums = {whole}
    for at in (seen, seen + timedelta(microseconds=1)):
        User.objects.filter(pk=vic.pk).update(last_login=at)
        sums.add(checksum(User, "default")[1])
    assert len(sums) == 3
    Avatar.objects.create(user=ada, image=b"a picture", version="0123456789abcdef")
    before = checksum(Avatar, "default")
    Avatar.objects.update(image=b"another")
    assert before != checksum(Avatar, "default")
