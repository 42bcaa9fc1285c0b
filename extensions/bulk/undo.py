"""One undo of all that a bulk action did: what others changed since stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import NoSuperAdministrator, Organization, Role, User
from accounts.people.forms import end_what_was
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from extensions import actions
from extensions.access import manageable
from extensions.bulk.deeds import delete_all
from extensions.changes import many, state
from extensions.changes import record as changes
from extensions.changes.many import Edits
from extensions.changes.state import CannotPutBack, Record
from extensions.fields import AfterVoicemailEmail, VoicemailEmail
from extensions.models import BulkAction, BulkItem, SipExtension

Kind = BulkAction.Kind
# Messages of which nobody has a recording: as no form sets it, no undo does.
LOST: dict[str, str] = {"voicemail_email": VoicemailEmail.NOTE, "voicemail_after_email": AfterVoicemailEmail.DELETE}


def undo(action: BulkAction, by: User) -> int:
    """Gives how many values were not put back, as others have changed them since. Raises CannotPutBack."""
    try:
        return _undo_once(action, by)
    except NoSuperAdministrator:
        raise CannotPutBack(_("This would leave no Super Administrator. Give someone else this role first.")) from None
    except IntegrityError:
        raise CannotPutBack(overtaken()) from None


def overtaken() -> str:
    return _("Someone else saved a change at the same moment. Try again.")


def _undo_once(action: BulkAction, by: User) -> int:
    with many.uncollected(), log.together():
        held = BulkAction.objects.select_for_update().get(pk=action.pk)
        if held.undone_at:
            return 0
        items = list(held.items.all())
        kept = _undo(held, items, by)
        held.undone_at, held.undone_by, held.sealed_credentials = timezone.now(), by, ""
        held.save(update_fields=["undone_at", "undone_by", "sealed_credentials"])
        log.record(by, "bulk.undone", CodedText("extension.many", number=len(items)), bulk_action=held.kind)
    return kept


def _undo(action: BulkAction, items: list[BulkItem], by: User) -> int:
    if action.kind == Kind.ADDED:
        remove(items, by)
        return 0
    if action.kind == Kind.DELETED:
        _make_again(items, by, own=action.by == by)
        return 0
    numbers = {item.number for item in items}
    with many.edit(numbers, by) as edits:
        return put_back(edits, {item.number: item for item in items}, by)


def _refuse_unmanaged(extensions: Sequence[SipExtension], by: User) -> None:
    """Of these, which are locked: they may have become mightier, or have left the scope. Raises CannotPutBack."""
    mightier = {role for role in {each.user.role for each in extensions} if not by.reaches_up_to(role)}
    for extension in extensions:
        if extension.user.role in mightier:
            raise CannotPutBack(
                _("Extension %(number)s: only an administrator with the same role can undo this.")
                % {"number": extension.number}
            )
    found = manageable(by).filter(pk__in=[each.pk for each in extensions])
    managed = set(found.values_list("pk", flat=True))
    for extension in extensions:
        if extension.pk not in managed:
            _refuse_out_of_scope(extension.number)


def _refuse_out_of_scope(number: str) -> NoReturn:
    raise CannotPutBack(
        _("Extension %(number)s is not in your scope. Another administrator must undo this.") % {"number": number}
    )


def remove(items: list[BulkItem], by: User) -> list[str]:
    """Those that were added, as far as they are there. Gives the numbers to be applied. Raises CannotPutBack."""
    keys = {item.number: item.later["id"] for item in items if item.later}
    there = [each for number, each in changes.locked(keys).items() if str(each.pk) == keys[number]]
    _refuse_unmanaged(there, by)
    refusals = actions.refusals("undo", there, by)
    if refusals:
        number, why = next(iter(refusals.items()))
        raise CannotPutBack(_("Extension %(number)s: %(why)s") % {"number": number, "why": why})
    recorded, lost = delete_all(there, by)
    return [*(each.number for each in recorded), *lost]


def _make_again(items: list[BulkItem], by: User, *, own: bool) -> None:
    """`own`: by who deleted them, who gives nobody a role that they did not have then. Raises CannotPutBack."""
    now = changes.locked(item.number for item in items)
    roles = {role.key: role for role in Role.objects.all()}
    records = {item.number: item.former for item in items if item.former and not _is_there(now.get(item.number), item)}
    if not all(by.reaches_up_to(roles.get(record["role"] or "")) for record in records.values()):
        raise CannotPutBack(_("Only an administrator with the same roles can undo this."))
    if not by.reaches_everybody:
        there, company = set(Organization.objects.values_list("pk", flat=True)), Organization.company().pk
        for number, record in records.items():
            if by.reached_organizations.isdisjoint(state.departments_of(record, there, company)):
                _refuse_out_of_scope(number)
    if not own:
        for number, record in records.items():
            if record["role"]:
                _refuse_giving_roles(number, by)
    many.record_added(state.all_made_again(records), by)


def _is_there(extension: SipExtension | None, item: BulkItem) -> bool:
    """Somebody else has made it again already."""
    return bool(extension and item.former and str(extension.pk) == item.former["id"])


def put_back(edits: Edits, items: dict[str, BulkItem], by: User) -> int:
    """What is still as it was set. Gives how many values are not. Raises CannotPutBack."""
    roles = {role.key: role for role in Role.objects.all()}
    departments = {each.pk: each for each in Organization.objects.all()}
    there = [each for each in edits.extensions if str(each.pk) == (items[each.number].former or {}).get("id")]
    kept = len(edits.extensions) - len(there)  # another's by now
    _refuse_unmanaged(there, by)
    emails, names = {}, {}
    for extension in there:
        item = items[extension.number]
        former, later = item.former or {}, item.later or {}
        now = state.record_of(extension)
        back = _put_back_columns(extension, former, later, now)
        kept += len(former["person"]) + len(former["extension"]) - len(back)
        if "email" in back and extension.user.email:
            emails[extension.user.email] = extension.number
        if "registration_name" in back:
            names[extension.registration_name] = extension.number
        if back & {"email", "password"}:
            end_what_was(extension.user, by, email="email" in back, password="password" in back)
        kept += _put_back_role(extension, former, later, now, roles, by)
        kept += _put_back_departments(extension, former, later, now, departments, edits, by)
    state.refuse_taken_emails(emails)
    state.refuse_taken_names(names)
    return kept


def _put_back_columns(extension: SipExtension, former: Record, later: Record, now: Record) -> set[str]:
    """Gives the names of those that are."""
    back = set()
    for owner, row in (("person", extension.user), ("extension", extension)):
        for name in former[owner]:
            left = extension.left_on and name in ("enabled", "is_active")
            if now[owner][name] == later[owner][name] and not left:
                setattr(row, name, state.restored(former, owner, name))
                back.add(name)
    if all(getattr(extension, name) == value for name, value in LOST.items()):
        for name in back & LOST.keys():
            setattr(extension, name, now["extension"][name])
        back -= LOST.keys()
    return back


def _put_back_departments(
    extension: SipExtension,
    former: Record,
    later: Record,
    now: Record,
    departments: dict[int, Organization],
    edits: Edits,
    by: User,
) -> int:
    if "organizations" not in former:
        return 0
    back = state.departments_of(former, departments.keys(), Organization.company().pk)
    others = back.symmetric_difference(now["organizations"])
    if now["organizations"] != later["organizations"]:
        return 1
    if not (by.reaches_everybody or others <= by.reached_organizations):
        return 1
    edits.organizations[extension.user_id] = [departments[pk] for pk in sorted(back)]
    return 0


def _put_back_role(
    extension: SipExtension, former: Record, later: Record, now: Record, roles: dict[str, Any], by: User
) -> int:
    if "role" not in former:
        return 0
    role = roles.get(former["role"] or "")
    if now["role"] != later["role"] or (former["role"] and role is None):
        return 1
    _refuse_giving_roles(extension.number, by)
    if not by.reaches_up_to(role):
        return 1
    extension.user.role = role
    return 0


def _refuse_giving_roles(number: str, by: User) -> None:
    """As the form has no field for it then."""
    if not by.can(Permission.MANAGE_ROLES):
        raise CannotPutBack(
            _("Extension %(number)s: only an administrator who can assign roles can undo this.") % {"number": number}
        )
