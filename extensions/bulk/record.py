"""What is kept of a bulk action: what it changed, and the new secrets until they are downloaded."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from core.audit.csv_export import safe
from extensions.changes.many import Recorded
from extensions.changes.state import Record
from extensions.models import BulkAction, BulkItem, SipExtension

AT_ONCE = 500
Credential = list[str]


def credential(extension: SipExtension, password: str = "", pin: str = "", user_password: str = "") -> Credential:
    """A row of credentials_csv(): "" for what was not given."""
    user = extension.user
    own = [extension.number, user.full_name, user.email or "", extension.registration_name]
    return [*own, password, pin, user_password]


def keep(
    kind: BulkAction.Kind,
    recorded: Sequence[Recorded],
    by: User,
    *,
    token: uuid.UUID | None = None,
    credentials: Iterable[Credential] = (),
) -> BulkAction:
    """Inside the transaction of the action."""
    BulkAction.forget_old()
    action = BulkAction(pk=token or uuid.uuid4(), kind=kind, by=by, count=len(recorded))
    action.credentials = list(credentials)
    action.save(force_insert=True)
    in_order = sorted(recorded, key=lambda each: int(each.number))
    BulkItem.objects.bulk_create((_item(action, each) for each in in_order), batch_size=AT_ONCE)
    return action


def _item(action: BulkAction, recorded: Recorded) -> BulkItem:
    former, later = former_and_later(recorded)
    return BulkItem(action=action, number=recorded.number, former=former, later=later)


def former_and_later(recorded: Recorded) -> tuple[Record | None, Record | None]:
    """As a BulkItem has them."""
    before, after = recorded.before.record, recorded.after.record
    return (before, after) if before is None or after is None else _differences(before, after)


def _differences(before: Record, after: Record) -> tuple[Record, Record]:
    """What of both differs, and by whose extension it is."""
    former: Record = {"id": before["id"]}
    later: Record = {"id": before["id"]}
    for name in ("role", "organizations"):
        if before[name] != after[name]:
            former[name], later[name] = before[name], after[name]
    for owner in ("person", "extension"):
        changed = [name for name, value in before[owner].items() if value != after[owner][name]]
        former[owner] = {name: before[owner][name] for name in changed}
        later[owner] = {name: after[owner][name] for name in changed}
    return former, later


def credentials_csv(rows: Iterable[Credential]) -> str:
    """For a spreadsheet, with the columns that have something in them."""
    head = [
        _("Extension Number"), _("Name"), _("Email Address"), _("Registration Name"), _("Registration Password"),
        _("Voicemail PIN"), _("User Password"),
    ]  # fmt: skip
    held = list(rows)
    shown = [place for place in range(len(head)) if any(row[place] for row in held)]
    text: Any = StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow([head[place] for place in shown])
    writer.writerows([safe(row[place]) for place in shown] for row in held)
    return str(text.getvalue())
