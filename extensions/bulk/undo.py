"""One undo of all that a bulk action did: what others changed since stays as it is."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import NoSuperAdministrator, Organization, Role, User
from core.audit import log
from core.coded_text import CodedText
from extensions import actions
from extensions.bulk.deeds import delete_all
from extensions.changes import many, state
from extensions.changes import record as changes
from extensions.changes.many import Edits
from extensions.changes.state import CannotPutBack, Record
from extensions.models import BulkAction, BulkItem, SipExtension

Kind = BulkAction.Kind


def undo(action: BulkAction, by: User) -> int:
    """Gives how many values were not put back, as others have changed them since. Raises CannotPutBack."""
    with many.uncollected(), log.together():
        held = BulkAction.objects.select_for_update().get(pk=action.pk)
        if held.undone_at:
            return 0
        items = list(held.items.all())
        try:
            kept = _undo(held, items, by)
        except NoSuperAdministrator:
            raise CannotPutBack(
                _("This would leave no Super Administrator. Give someone else this role first.")
            ) from None
        held.undone_at, held.undone_by, held.sealed_credentials = timezone.now(), by, ""
        held.save(update_fields=["undone_at", "undone_by", "sealed_credentials"])
        log.record(by, "bulk.undone", CodedText("extension.many", number=len(items)), bulk_action=held.kind)
    return kept


def _undo(action: BulkAction, items: list[BulkItem], by: User) -> int:
    if action.kind == Kind.ADDED:
        remove(items, by)
        return 0
    if action.kind == Kind.DELETED:
        _make_again(items, by)
        return 0
    numbers = {item.number for item in items}
    with many.edit(numbers, by) as edits:
        return put_back(edits, {item.number: item for item in items}, by)


def remove(items: list[BulkItem], by: User) -> list[str]:
    """Those that were added, as far as they are there. Gives the numbers that are to be applied."""
    keys = {item.number: item.later["id"] for item in items if item.later}
    there = [each for number, each in changes.locked(keys).items() if str(each.pk) == keys[number]]
    refusals = actions.refusals("undo", there, by)
    if refusals:
        number, why = next(iter(refusals.items()))
        raise CannotPutBack(_("Extension %(number)s: %(why)s") % {"number": number, "why": why})
    recorded, lost = delete_all(there, by)
    return [*(each.number for each in recorded), *lost]


def _make_again(items: list[BulkItem], by: User) -> None:
    now = changes.locked(item.number for item in items)
    roles = {role.key: role for role in Role.objects.all()}
    records = {item.number: item.former for item in items if item.former and not _is_there(now.get(item.number), item)}
    if not all(by.reaches_up_to(roles.get(record["role"] or "")) for record in records.values()):
        raise CannotPutBack(_("Only an administrator with the same roles can undo this."))
    many.record_added(state.all_made_again(records), by)


def _is_there(extension: SipExtension | None, item: BulkItem) -> bool:
    """Somebody else has made it again already."""
    return bool(extension and item.former and str(extension.pk) == item.former["id"])


def put_back(edits: Edits, items: dict[str, BulkItem], by: User) -> int:
    """What is still as it was set. Gives how many values are not."""
    kept = 0
    roles = {role.key: role for role in Role.objects.all()}
    departments = {each.pk: each for each in Organization.objects.all()}
    for extension in edits.extensions:
        item = items[extension.number]
        former, later = item.former or {}, item.later or {}
        if str(extension.pk) != former["id"]:  # another's by now
            kept += 1
            continue
        if not by.reaches_up_to(extension.user.role):
            raise CannotPutBack(
                _("Extension %(number)s: only an administrator with the same role can undo this.")
                % {"number": extension.number}
            )
        now = state.record_of(extension)
        for owner, row in (("person", extension.user), ("extension", extension)):
            for name in former[owner]:
                left = extension.left_on and name in ("enabled", "is_active")
                if now[owner][name] == later[owner][name] and not left:
                    setattr(row, name, state.restored(former, owner, name))
                else:
                    kept += 1
        kept += _put_back_role(extension, former, later, now, roles, by)
        if "organizations" in former:
            if now["organizations"] == later["organizations"]:
                edits.organizations[extension.user_id] = [
                    departments[pk] for pk in former["organizations"] if pk in departments
                ] or [Organization.company()]
            else:
                kept += 1
    return kept


def _put_back_role(
    extension: SipExtension, former: Record, later: Record, now: Record, roles: dict[str, Any], by: User
) -> int:
    if "role" not in former:
        return 0
    role = roles.get(former["role"] or "")
    if now["role"] != later["role"] or (former["role"] and role is None) or not by.reaches_up_to(role):
        return 1
    extension.user.role = role
    return 0
