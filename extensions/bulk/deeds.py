"""What is done to many extensions at once: whom it concerns, who is left out and why, and the doing of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from accounts.models import NoSuperAdministrator, User
from core.audit import log
from core.random_text import random_password
from extensions import actions, handover
from extensions.actions import OWN, ActionRefusedError, UnseenError
from extensions.bulk import record
from extensions.changes import many
from extensions.changes import record as changes
from extensions.changes.many import Recorded
from extensions.models import BulkAction, SipExtension

Kind = BulkAction.Kind
LeftOut = tuple[SipExtension, str]


@dataclass(frozen=True)
class Deed:
    """`refusals`: number -> why, of extensions that it does not concern, or may not be done to."""

    kind: BulkAction.Kind
    title: StrPromise
    effects: tuple[StrPromise, ...]
    refusals: Callable[[Sequence[SipExtension], User], dict[str, str]]
    change: Callable[[SipExtension], None] | None = None  # None: deletes
    is_dangerous: bool = False
    asks_again: bool = False

    def split(self, extensions: Sequence[SipExtension], by: User) -> tuple[list[SipExtension], list[LeftOut]]:
        """Those that it is done to, and those that are left out."""
        why = self.refusals(extensions, by)
        goes = [each for each in extensions if each.number not in why]
        return goes, [(each, why[each.number]) for each in extensions if each.number in why]

    def do(self, numbers: Sequence[str], by: User, seen: str, token: uuid.UUID) -> tuple[BulkAction, list[str]]:
        """`seen`: the digest of those of the numbers that it concerns. Gives the numbers whose calls ring nobody now.

        Raises ActionRefusedError, UnseenError where it would concern others, or others than they were, and
        IntegrityError where that token has been used.
        """
        try:
            with many.uncollected(), log.together():
                if self.change is None:
                    there = list(changes.locked(numbers).values())
                    goes, _left_out = self.split(there, by)
                    refuse_unseen(goes, seen)
                    recorded, lost = delete_all(goes, by)
                    return record.keep(self.kind, recorded, by, token=token), lost
                return self._change_all(self.change, numbers, by, seen, token), []
        except ProtectedError as error:
            raise ActionRefusedError(error.args[0]) from None
        except NoSuperAdministrator:
            words = _("This would leave no Super Administrator. Give someone else this role first.")
            raise ActionRefusedError(str(words)) from None

    def _change_all(
        self, change: Callable[[SipExtension], None], numbers: Sequence[str], by: User, seen: str, token: uuid.UUID
    ) -> BulkAction:
        with many.edit(numbers, by) as edits:
            goes, _left_out = self.split(edits.extensions, by)
            refuse_unseen(goes, seen)
            for extension in goes:
                change(extension)
        credentials = []
        if self.kind == Kind.PASSWORDS:
            credentials = [record.credential(each, each.registration_password) for each in goes]
        return record.keep(self.kind, edits.recorded, by, token=token, credentials=credentials)


def digest(extensions: Sequence[SipExtension]) -> str:
    """By which it is told whether these are still as they were when somebody looked at them."""
    each_one = sorted(f"{each.number}.{each.version}" for each in extensions)
    return sha256(" ".join(each_one).encode()).hexdigest()[:16]


def refuse_unseen(extensions: Sequence[SipExtension], seen: str) -> None:
    """Of these, which are locked; `seen`: their digest when they were looked at. Raises UnseenError."""
    if digest(extensions) != seen:
        raise UnseenError


def delete_all(extensions: Sequence[SipExtension], by: User) -> tuple[list[Recorded], list[str]]:
    """These, which are locked. Gives also the numbers whose calls had rung them, and ring nobody now.

    Raises NoSuperAdministrator.
    """
    keys = {each.pk for each in extensions}
    rung = SipExtension.objects.filter(handed_over_to_it__isnull=False, pk__in=keys).distinct()
    lost = [number for each in rung for number in handover.end(each, by)]
    gone = {each.number for each in extensions}
    fresh = list(changes.locked(gone).values()) if lost else list(extensions)
    return many.delete(fresh, by), [number for number in lost if number not in gone]


def _not_enabled(extensions: Sequence[SipExtension], _by: User) -> dict[str, str]:
    refused = {each.number: str(_("Already enabled")) for each in extensions if each.enabled}
    return refused | {each.number: str(_("Offboarded")) for each in extensions if each.left_on}


def _enabled(extensions: Sequence[SipExtension], by: User) -> dict[str, str]:
    refused = {each.number: str(_("Already disabled")) for each in extensions if not each.enabled}
    return refused | {each.number: str(OWN["disable"]) for each in extensions if each.user == by}


def _signs_in(extensions: Sequence[SipExtension], by: User) -> dict[str, str]:
    refused = {each.number: str(_("Sign-in is blocked already")) for each in extensions if not each.user.is_active}
    refused |= {each.number: str(_("No e-mail address")) for each in extensions if not each.user.email}
    return refused | actions.refusals("leave", extensions, by)


def _registers(extensions: Sequence[SipExtension], _by: User) -> dict[str, str]:
    return {each.number: str(_("Offboarded")) for each in extensions if each.left_on}


def _may_go(extensions: Sequence[SipExtension], by: User) -> dict[str, str]:
    return actions.refusals("delete", extensions, by)


def _enable(extension: SipExtension) -> None:
    extension.enabled = True


def _disable(extension: SipExtension) -> None:
    extension.enabled = False


def _block(extension: SipExtension) -> None:
    extension.user.is_active = False


def _new_password(extension: SipExtension) -> None:
    extension.registration_password = random_password(20)


DEEDS = {
    "enable": Deed(
        Kind.ENABLED,
        _("Enable extensions"),
        (_("Their phones can register, and their numbers can be called."),),
        _not_enabled,
        _enable,
    ),
    "disable": Deed(
        Kind.DISABLED,
        _("Disable extensions"),
        (
            _("Their phones are disconnected, and callers hear that the number does not exist."),
            _("Nothing is deleted."),
        ),
        _enabled,
        _disable,
    ),
    "block-sign-in": Deed(
        Kind.SIGN_IN_BLOCKED,
        _("Block sign-in"),
        (_("They are signed out everywhere and cannot sign in. Their phones keep working."),),
        _signs_in,
        _block,
        asks_again=True,
    ),
    "new-passwords": Deed(
        Kind.PASSWORDS,
        _("New registration passwords"),
        (
            _("Once applied, their phones are disconnected until the new password is entered on each."),
            _("You can download the new passwords once."),
        ),
        _registers,
        _new_password,
        is_dangerous=True,
        asks_again=True,
    ),
    "delete": Deed(
        Kind.DELETED,
        _("Delete extensions"),
        (
            _("Their numbers, mailboxes, and sign-in accounts are deleted. Phones that use them stop working."),
            _("You can undo this for 30 days."),
        ),
        _may_go,
        is_dangerous=True,
        asks_again=True,
    ),
}
