"""What is kept of a bulk action, for its undo and for the file of new secrets."""

import csv
import uuid
from io import StringIO
from typing import Any

import pytest

from accounts.models import User
from core.audit.models import AuditRecord
from extensions.bulk import record
from extensions.changes.many import Recorded
from extensions.changes.record import NOTHING, Picture
from extensions.models import BulkAction
from tests.people import make_extension, make_user


def picture(**more: Any) -> Picture:
    held = {"id": "x", "role": None, "organizations": [1], "person": {"first_name": "A", "email": None}}
    return Picture({}, {**held, "extension": {"location": "", "enabled": True}, **more})


def test_of_what_was_changed_the_differences_are_kept() -> None:
    before = picture()
    after = picture(role="employee", person={"first_name": "B", "email": None})
    assert record.former_and_later(Recorded("1000", before, after)) == (
        {"id": "x", "role": None, "person": {"first_name": "A"}, "extension": {}},
        {"id": "x", "role": "employee", "person": {"first_name": "B"}, "extension": {}},
    )
    moved = picture(organizations=[2], extension={"location": "Attic", "enabled": True})
    assert record.former_and_later(Recorded("1000", before, moved)) == (
        {"id": "x", "organizations": [1], "person": {}, "extension": {"location": ""}},
        {"id": "x", "organizations": [2], "person": {}, "extension": {"location": "Attic"}},
    )


def test_of_what_came_or_went_the_whole_is_kept() -> None:
    there = picture()
    assert record.former_and_later(Recorded("1000", NOTHING, there)) == (None, there.record)
    assert record.former_and_later(Recorded("1000", there, NOTHING)) == (there.record, None)


def test_a_file_of_secrets_has_the_columns_that_have_something() -> None:
    rows = [["1000", "Ada", "", "reg-1", "secret", "", ""], ["1001", "=cmd", "", "reg-2", "", "739164", ""]]
    text = record.credentials_csv(iter(rows))
    assert text.startswith("\ufeffExtension Number,")
    read = [*csv.reader(StringIO(text.removeprefix("\ufeff")))]
    assert read == [
        ["Extension Number", "Name", "Registration Name", "Registration Password", "Voicemail PIN"],
        ["1000", "Ada", "reg-1", "secret", ""],
        ["1001", "'=cmd", "reg-2", "", "739164"],
    ]


def test_a_row_of_it_says_whose_secrets_these_are(db: None) -> None:
    grace = make_extension("1001", user=make_user("Grace"), registration_name="reg-1")
    lobby = make_extension("1002", first_name="Lobby", registration_name="reg-2")
    assert record.credential(grace, "a", "b", "c") == ["1001", "Grace", "grace@example.com", "reg-1", "a", "b", "c"]
    assert record.credential(lobby) == ["1002", "Lobby", "", "reg-2", "", "", ""]


@pytest.mark.parametrize("token", [None, uuid.uuid4()])
def test_an_action_is_kept_with_what_it_did_in_order(ada: User, token: uuid.UUID | None) -> None:
    rows = [Recorded(number, NOTHING, picture()) for number in ("1001", "999", "1000")]
    secrets = [["1001", "Ada", "", "reg", "secret", "", ""]]
    kept = record.keep(BulkAction.Kind.ADDED, rows, ada, token=token, credentials=iter(secrets))
    action = BulkAction.objects.get()
    assert (action.pk, action.kind, action.by, action.count) == (token or kept.pk, "added", ada, 3)
    assert [item.number for item in action.items.all()] == ["999", "1000", "1001"]
    assert action.credentials == secrets
    assert "secret" not in action.sealed_credentials
    assert not AuditRecord.objects.filter(detail__icontains="secret").exists()
