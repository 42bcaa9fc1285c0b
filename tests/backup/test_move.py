"""Where a database is moved to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as live_settings
from django.db import IntegrityError, connections
from django.db.models import Model, QuerySet
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Organization, User
from accounts.profile.models import Avatar
from backup import move, places
from backup.errors import BackupError
from backup.move import OTHER, checksum
from backup.places import Place
from core import file_lock, running
from core.audit import log, triggers
from core.audit.models import AuditHead, AuditRecord
from core.coded_text import CodedText
from core.preferences.models import Preferences
from tests.people import make_extension, make_user


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Place:
    settings.VAR = tmp_path / "here"
    settings.VAR.mkdir()
    return places.from_settings()


@pytest.fixture
def other(db: None, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
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


COMMANDS = [
    ("migrate", {"database": OTHER, "interactive": False, "verbosity": 0}),
    ("createcachetable", {"database": OTHER, "verbosity": 0}),
]


@pytest.fixture
def migrated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The commands that were called. In place of the first, the tables are made as they are now, and a row."""
    called: list[tuple[str, dict[str, Any]]] = []

    def call(name: str, **options: Any) -> None:
        called.append((name, options))
        if name == "migrate" and not triggers.is_there(connections[OTHER]):
            with connections[OTHER].schema_editor() as editor:
                for model in apps.get_models():
                    editor.create_model(model)
            Preferences.objects.using(OTHER).create(pk=1, sip_host="of.the.migration")
            triggers.protect(connections[OTHER])

    monkeypatch.setattr(move, "call_command", call)
    return called


def rows(model: type[Model], using: str) -> list[dict[str, Any]]:
    return list(model._base_manager.using(using).order_by("pk").values())


def test_every_row_is_there_afterwards_and_the_log_can_only_grow(
    place: Place, other: Path, migrated: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move, "AT_ONCE", 2)
    people = [make_user(name) for name in ("Ada", "Vic", "Grace")]
    people[0].organizations.add(Organization.company())
    Avatar.objects.create(user=people[0], image=bytes(range(256)), version="0123456789abcdef")
    make_extension("1000", user=people[1])
    for each in people:
        log.record(None, "blocked.added", each.first_name)
    found = move.move(f"sqlite:///{other}", place)
    assert migrated == COMMANDS
    assert other.stat().st_mode & 0o777 == 0o600
    every = [*apps.get_models(include_auto_created=True)]
    assert {model: rows(model, OTHER) for model in every} == {model: rows(model, "default") for model in every}
    head = AuditHead.objects.get()
    assert head.count >= 3
    kept = sum(model._base_manager.count() for model in every)
    assert found == move.Moved(len(every), kept, head.count, head.last_hash)
    with pytest.raises(IntegrityError, match="can only grow"):
        AuditRecord.objects.using(OTHER).all()._raw_delete(OTHER)
    used, options = live_settings.DATABASES["default"], connections[OTHER].settings_dict["OPTIONS"]
    assert options == (used["OPTIONS"] if used["ENGINE"].endswith("sqlite3") else {})


def test_a_table_that_differs_or_a_log_that_is_broken_leaves_no_row(
    place: Place, other: Path, migrated: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ada", "Vic"):
        log.record(None, "blocked.added", name)
    create = QuerySet.bulk_create

    def altered(self: QuerySet[Any], some: list[Any]) -> list[Any]:
        for each in some:
            if isinstance(each, AuditRecord):
                each.on = "another"
        return create(self, some)

    monkeypatch.setattr(QuerySet, "bulk_create", altered)
    with pytest.raises(BackupError, match="table core_auditrecord differs after the copy"):
        move.move(f"sqlite:///{other}", place)
    assert not AuditRecord.objects.using(OTHER).exists()
    assert Preferences.objects.using(OTHER).get().sip_host == "of.the.migration"
    monkeypatch.setattr(move, "checksum", lambda *_: (1, ""))
    with pytest.raises(BackupError, match="the operation log is damaged"):
        move.move(f"sqlite:///{other}", place)
    assert not AuditRecord.objects.using(OTHER).exists()


def test_nothing_is_moved_to_where_nobody_is_or_while_the_portal_runs(place: Place, other: Path) -> None:
    with pytest.raises(BackupError, match="the other database cannot be used: "):
        move.move("postgres://portal@127.0.0.1:9/none", place)
    with (
        file_lock.try_acquire(running.lock(place.var, running.PORTAL)),
        pytest.raises(BackupError, match="the portal is running"),
    ):
        move.move(f"sqlite:///{other}", place)
    assert not other.exists()


def test_values_are_compared_as_they_are_whatever_the_database_calls_them() -> None:
    vienna = datetime(2026, 11, 29, 3, tzinfo=timezone(timedelta(hours=1)))
    assert move._plain(vienna) == move._plain(vienna.astimezone(UTC)) == "2026-11-29T02:00:00.000000+00:00"
    assert move._plain(memoryview(b"a")) == move._plain(b"a") != move._plain(b"b")
    for value in (None, True, 3, 2.5, "a", [1], {"a": 1}):
        assert move._plain(value) is value
    assert move._plain(Decimal("1.50")) == "1.50"


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
