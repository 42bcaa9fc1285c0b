"""The operation log's one way in. What it records, in which words: core.audit.actions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access.person import Person
from core.audit import context, hash_chain
from core.audit.actions import ACTIONS
from core.audit.models import AuditHead, AuditPerson, AuditRecord
from core.coded_text import to_json
from core.folding import fold

Result = AuditRecord.Result
Fields = Mapping[str, Sequence[Any]]
HISTORY_SIZE = 10
ON_LENGTH = 254
INSERTED_AT_ONCE = 1000

Entry = tuple[AuditRecord, str]  # with what its person is searched by
_kept: ContextVar[list[Entry] | None] = ContextVar("kept", default=None)


class Nobody(Enum):
    """Who has not signed in."""

    UNKNOWN = AuditRecord.NOBODY


NOBODY = Nobody.UNKNOWN


def record(
    by: Person | Nobody | None,
    action: str,
    on: object,
    *,
    number: str = "",
    result: AuditRecord.Result = Result.DONE,
    module: str = "",
    **detail: Any,
) -> None:
    """Call it beside the action, last in its transaction: from here on nobody else records until that ends.

    One that goes on writing may wait for another, and that one for it: put such a one into together().

    `fields` of the detail: name -> [old, new], a secret's values masked. `number`: of the extension that it is about,
    which is known of an action named extension.*. What the portal says of its own in it is a CodedText.
    """
    entry = _entry(by, action, on, number, result, module, detail)
    search = f"{by.full_name} {by.email or ''}".strip() if by and not isinstance(by, Nobody) else ""
    if (kept := _kept.get()) is None:
        _write([(entry, search)])
    else:
        kept.append((entry, search))


def _entry(
    by: Person | Nobody | None,
    action: str,
    on: object,
    number: str,
    result: AuditRecord.Result,
    module: str,
    detail: dict[str, Any],
) -> AuditRecord:
    return AuditRecord(
        by=_key(by),
        by_name=hash_chain.clean(_name(by))[:254],
        by_email=hash_chain.clean(_email(by)),
        origin=hash_chain.clean(context.current_origin())[:45],
        module=module or ACTIONS[action].module,
        action=action,
        on=_on(on),
        number=number or (str(on) if action.startswith("extension.") else ""),
        result=result,
        detail=hash_chain.clean(to_json(detail)),
    )


def _on(on: object) -> Any:
    found = hash_chain.clean(to_json(on))
    return found if isinstance(found, dict) else str(found)[:ON_LENGTH]


@contextmanager
def together() -> Iterator[None]:
    """Around a transaction of several actions: they are all recorded at its end."""
    if _kept.get() is not None:
        yield
        return
    kept: list[Entry] = []
    token = _kept.set(kept)
    try:
        with transaction.atomic():
            yield
            _write(kept)
    finally:
        _kept.reset(token)


def _write(entries: list[Entry]) -> None:
    """One after the other: who adds to the chain holds its head until the transaction ends."""
    if not entries:
        return
    with transaction.atomic(savepoint=False):
        head = AuditHead.objects.select_for_update().get(pk=1)
        for entry, _ in entries:
            entry.id, entry.at = head.count + 1, timezone.now()
            entry.set_back = head.last_at is not None and entry.at < head.last_at
            entry.hash = hash_chain.digest(head.last_hash, [getattr(entry, name) for name in hash_chain.HASHED])
            head.count, head.last_hash, head.last_at = entry.id, entry.hash, entry.at
        AuditRecord.objects.bulk_create((entry for entry, _ in entries), batch_size=INSERTED_AT_ONCE)
        AuditHead.objects.filter(pk=1).update(count=head.count, last_hash=head.last_hash, last_at=head.last_at)
        people = {(entry.by, fold(search)[:400]) for entry, search in entries}
        AuditPerson.objects.bulk_create(
            (AuditPerson(by=by, search=text) for by, text in sorted(people)), ignore_conflicts=True
        )


def last(action: str, number: str) -> AuditRecord | None:
    """The newest of that action about the extension."""
    return AuditRecord.objects.filter(number=number, action=action).first()


def history(number: str, *, only_done: bool = False) -> list[AuditRecord]:
    """The newest actions about the extension, back to when it was added: a number may have been another's before."""
    records = AuditRecord.objects.filter(number=number)
    found = []
    for each in (records.filter(result=Result.DONE) if only_done else records)[:HISTORY_SIZE]:
        found.append(each)
        if each.action == "extension.added":
            break
    return found


def _key(by: Person | Nobody | None) -> int:
    if isinstance(by, Nobody):
        return by.value
    if by:
        return int(by.pk)
    return AuditRecord.COMMAND if context.current_origin() == context.COMMAND else AuditRecord.SYSTEM


def _name(by: Person | Nobody | None) -> str:
    return by.full_name if by and not isinstance(by, Nobody) else ""


def _email(by: Person | Nobody | None) -> str:
    return by.email or "" if by and not isinstance(by, Nobody) else ""
