"""The operation log's one way in. What it records, in which words: accounts.deeds."""

from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import chain, origin
from accounts.deeds import DEEDS
from accounts.models import AuditHead, AuditPerson, AuditRecord, User

Result = AuditRecord.Result
Fields = dict[str, list[str]]
HISTORY_SIZE = 10


class Nobody(Enum):
    """Who has not signed in."""

    UNKNOWN = "somebody unknown"


NOBODY = Nobody.UNKNOWN


def record(
    by: User | Nobody | None,
    deed: str,
    on: object,
    *,
    number: str = "",
    result: AuditRecord.Result = Result.DONE,
    module: str = "",
    **detail: Any,
) -> None:
    """Call it beside the deed, last in its transaction: from here on nobody else records until that ends.

    `fields` of the detail: label -> [old, new], a secret's values masked. `number`: of the extension that it is about,
    which is known of a deed named extension.*.
    """
    about = str(on)
    with transaction.atomic(savepoint=False):
        head = AuditHead.objects.select_for_update().get(pk=1)
        now = timezone.now()
        entry = AuditRecord(
            id=head.count + 1,
            at=now,
            set_back=head.last_at is not None and now < head.last_at,
            by=_key(by),
            by_name=chain.clean(_name(by))[:254],
            origin=chain.clean(origin.current())[:45],
            module=module or DEEDS[deed].module,
            deed=deed,
            on=chain.clean(about)[:254],
            number=number or (about if deed.startswith("extension.") else ""),
            result=result,
            detail=chain.clean(detail),
        )
        entry.hash = chain.digest(head.last_hash, [getattr(entry, name) for name in chain.HASHED])
        entry.save()
        AuditHead.objects.filter(pk=1).update(count=entry.pk, last_hash=entry.hash, last_at=now)
        _note_person(by, entry)


def turn() -> None:
    """For a transaction that writes on after it has recorded: take it first, so that no two wait for each other."""
    AuditHead.objects.select_for_update().get(pk=1)


def last(deed: str, number: str) -> AuditRecord | None:
    """The newest of that deed about the extension."""
    return AuditRecord.objects.filter(number=number, deed=deed).first()


def history(number: str, *, only_done: bool = False) -> list[AuditRecord]:
    """The newest deeds about the extension, back to when it was added: a number may have been another's before."""
    records = AuditRecord.objects.filter(number=number)
    found = []
    for each in (records.filter(result=Result.DONE) if only_done else records)[:HISTORY_SIZE]:
        found.append(each)
        if each.deed == "extension.added":
            break
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> Fields:
    """label -> [old, new], of those that differ."""
    return {label: [before.get(label, ""), new] for label, new in after.items() if before.get(label, "") != new}


def _key(by: User | Nobody | None) -> int:
    if isinstance(by, User):
        return int(by.pk)
    if by:
        return AuditRecord.NOBODY
    return AuditRecord.COMMAND if origin.current() == origin.COMMAND else AuditRecord.SYSTEM


def _name(by: User | Nobody | None) -> str:
    if isinstance(by, User):
        return by.email or by.full_name
    if by:
        return by.value
    return "command line" if origin.current() == origin.COMMAND else "system"


def _note_person(by: User | Nobody | None, entry: AuditRecord) -> None:
    text = f"{by.full_name} {by.email or ''}".strip() if isinstance(by, User) else entry.by_name
    AuditPerson.objects.bulk_create([AuditPerson(by=entry.by, search=text.casefold()[:400])], ignore_conflicts=True)
