"""Bulk Add: all that was planned, in one transaction."""

from __future__ import annotations

import uuid

from django.contrib.auth.hashers import make_password

from accounts.models import Organization, User
from accounts.passwords import rules as password_rules
from core.audit import log
from core.audit.csv_export import FORMULA
from core.random_text import random_password, random_text
from extensions import validators
from extensions.bulk import record
from extensions.bulk.forms import BulkAddForm
from extensions.bulk.plan import Planned
from extensions.changes import many
from extensions.fields import Owner, shared_fields
from extensions.models import BulkAction, SipExtension


def add(form: BulkAddForm, by: User, token: uuid.UUID) -> BulkAction:
    """Of a valid form. Raises IntegrityError where something was taken a moment ago; nothing is saved then."""
    made = [_extension(form, each) for each in form.plan.planned]
    passwords = {each.number: _give_password(each.user) for each in made} if form.gives_passwords else {}
    credentials = [
        record.credential(
            each,
            each.registration_password,
            each.voicemail_pin if each.voicemail else "",
            passwords.get(each.number, ""),
        )
        for each in made
    ]
    organizations = list(form.person.cleaned_data.get("organizations", ())) or [Organization.company()]
    with many.uncollected(), log.together():
        recorded = many.add(made, organizations, by)
        return record.keep(BulkAction.Kind.ADDED, recorded, by, token=token, credentials=credentials)


def _extension(form: BulkAddForm, planned: Planned) -> SipExtension:
    first_name, last_name = form.numbers.names_of(planned)
    person = form.person.cleaned_data
    user = User(first_name=first_name, last_name=last_name, email=form.numbers.email_of(planned))
    user.role, user.job_title = person.get("role"), person["job_title"]
    user.set_unusable_password()
    extension = SipExtension(
        user=user, number=planned.number, caller_id=planned.number, registration_name=random_text(10)
    )
    for name in shared_fields(Owner.EXTENSION):
        setattr(extension, name, getattr(form.sip.instance, name))
    extension.registration_password = random_password(20)
    extension.voicemail_pin = validators.random_pin(planned.number)
    return extension


def _give_password(user: User) -> str:
    """One that keeps the rules, and that no spreadsheet takes for a formula."""
    while True:
        password = password_rules.new_user_password()
        if not password.startswith(FORMULA):
            user.password, user.password_seen = make_password(password), True
            return password
