from typing import Any

from accounts.models import AuditRecord, User


def record(by: User | None, deed: str, on: object, **detail: Any) -> None:
    """Call it beside the deed, inside its transaction."""
    AuditRecord.objects.create(
        by=by, by_name=(by.email or by.full_name) if by else "system", deed=deed, on=str(on), detail=detail
    )


def last(deed: str, on: object) -> AuditRecord | None:
    return AuditRecord.objects.filter(deed=deed, on=str(on)).first()
