"""The records that there were before the operation log are kept, in it."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from accounts import append_only
from accounts.models import AuditHead, AuditPerson, AuditRecord, User
from tests.people import make_user


def migration() -> Any:
    names = MigrationLoader(None).disk_migrations
    name = next(name for app, name in names if app == "accounts" and name.endswith("_operation_log"))
    return import_module(f"accounts.migrations.{name}")


@pytest.fixture
def former(transactional_db: None) -> Iterator[Any]:
    """The model as it was, with its table, and an empty log."""
    loader = MigrationLoader(connection)
    key = next(node for node in loader.graph.nodes if node[0] == "accounts" and node[1].endswith("_operation_log"))
    before = next(parent.key for parent in loader.graph.node_map[key].parents if parent.key[0] == "accounts")
    state = loader.project_state(before)
    state.rename_model("accounts", "AuditRecord", "FormerRecord")
    model = state.apps.get_model("accounts", "FormerRecord")
    with connection.schema_editor() as editor:
        editor.create_model(model)
    yield model
    with connection.schema_editor() as editor:
        editor.delete_model(model)


def test_old_records_are_copied_in_their_order_and_chained(former: Any) -> None:
    ada = make_user("Ada")
    append_only.release(connection)
    AuditRecord.objects.all()._raw_delete(using="default")
    AuditHead.objects.all().delete()
    append_only.protect(connection)
    now = timezone.now()
    rows = [
        (ada.pk, "ada@example.com", "extension.added", "1000", {"fields": {"last_name": ["", "Ö"]}}),
        (None, "gone@example.com", "preferences.changed", "Preferences", {"fields": ["country"]}),
        (None, "system", "apply.refused", "all", {"run": 3, "words": "no"}),
    ]
    for place, (by, name, deed, on, detail) in enumerate(rows):
        at = now - timedelta(minutes=place)  # a clock that went back
        former.objects.create(id=10 + 2 * place, at=at, by_id=by, by_name=name, deed=deed, on=on, detail=detail)

    class Apps:
        @staticmethod
        def get_model(_: str, name: str) -> Any:
            found = {"FormerRecord": former, "AuditRecord": AuditRecord, "AuditHead": AuditHead, "User": User}
            return {**found, "AuditPerson": AuditPerson}[name]

    migration().copy(Apps, None)
    copied = AuditRecord.objects.order_by("id").values_list("id", "by", "module", "deed", "number", "result")
    assert list(copied) == [
        (1, ada.pk, "Extension", "extension.added", "1000", "done"),
        (2, -1000, "Preferences", "preferences.changed", "", "done"),
        (3, 0, "Apply History", "apply.refused", "", "refused"),
    ]
    assert [each.fields for each in AuditRecord.objects.order_by("id")] == [
        [("Last name", "", "Ö")], [("Country", "", "changed")], [],
    ]  # fmt: skip
    assert list(AuditRecord.objects.order_by("id").values_list("set_back", flat=True)) == [False, True, True]
    assert AuditPerson.objects.filter(search="ada ada@example.com", by=ada.pk).exists()
    said = StringIO()
    call_command("verify_audit", stdout=said)
    assert said.getvalue().startswith("3 rows, none altered.")
