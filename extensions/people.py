"""People without an extension: what is done to one, each recorded."""

import json

from django.utils.crypto import salted_hmac

from accounts.models import NoSuperAdministrator, User
from accounts.people.forms import PersonForm
from accounts.sessions import active as active_sessions
from core.audit import log
from core.mail import outbox
from extensions.access import without_extension
from extensions.actions import ActionRefusedError, last_super_administrator
from extensions.changes import record as changes


class PersonGone(Exception):
    """Deleted meanwhile, or given an extension, or out of reach."""


class PersonChanged(Exception):
    """By somebody else, while the page was open. `saved`: what the person is now."""

    def __init__(self, saved: changes.Values) -> None:
        super().__init__()
        self.saved = saved


def digest(person: User) -> str:
    """By which it is told whether somebody is still as when the page was opened."""
    values = changes.values_of_person(person)
    return salted_hmac("person", json.dumps(values, sort_keys=True)).hexdigest()[:16]


def _held(person: User, by: User) -> User:
    """As the person is now, and stays until the transaction ends. Raises PersonGone."""
    found = without_extension(by).select_for_update(of=("self",)).filter(pk=person.pk).first()
    if found is None or hasattr(found, "sip_extension"):
        raise PersonGone
    return found


def change(person: User, form: PersonForm, by: User, seen: str) -> bool:
    """By a valid form. False where nothing is different. `seen`: the digest of the person when the page was opened.

    Raises PersonGone, PersonChanged, ActionRefusedError.
    """
    form.hash_password()
    try:
        with log.together():
            user = _held(person, by)
            if digest(user) != seen:
                raise PersonChanged(changes.values_of_person(user))
            was_super, before = user.is_super_administrator, changes.values_of_person(user)
            form.change(user)
            user.save()
            if was_super and not user.is_super_administrator:
                User.objects.keep_a_super_administrator()
            fields = changes.difference(before, changes.values_of_person(user))
            if fields:
                log.record(by, "person.edited", user, fields=fields)
            if "password" in fields and user != by:
                for to in changes.addresses(user, fields):
                    outbox.notify("password_changed", user, by=by, to=to)
    except NoSuperAdministrator:
        raise ActionRefusedError(last_super_administrator(person)) from None
    return bool(fields)


def remove(person: User, by: User) -> None:
    """For good. Raises PersonGone, ActionRefusedError."""
    try:
        with log.together():
            user = _held(person, by)
            name = user.full_name
            active_sessions.end(user)
            user.delete()
            log.record(by, "person.removed", name)
    except NoSuperAdministrator:
        raise ActionRefusedError(last_super_administrator(person)) from None
