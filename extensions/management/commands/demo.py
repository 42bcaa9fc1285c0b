from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization, Role, User
from core.audit import context
from core.preferences.models import Preferences
from extensions import actions, pbx
from extensions.forms import ExtensionForm
from extensions.management.commands._company import DEPARTMENTS, PEOPLE, Person
from extensions.models import SipExtension


class Command(BaseCommand):
    help = "Adds a demo company of 25 people in departments and applies it."

    @context.override_origin(context.COMMAND)
    def handle(self, *_args: Any, **_options: Any) -> None:
        by = User.objects.super_administrators().order_by("pk").first()
        if by is None:
            raise CommandError(
                "There is no administrator yet. Open the setup link that `make run` shows, then try again."
            )
        preferences = Preferences.load()
        departments = make_departments() if preferences.organization_management else {}
        made = [make(person, departments, by, preferences) for person in PEOPLE if not exists(person)]
        if made:
            self._say(made)
            self._apply(made, by)
        else:
            self.stdout.write("The demo company already exists. Nothing was added.")

    def _say(self, made: list[SipExtension]) -> None:
        there = len(PEOPLE) - len(made)
        besides = f"; {there} already existed" if there else ""
        self.stdout.write(f"Added {len(made)} extensions, {made[0].number} to {made[-1].number}{besides}.")
        self.stdout.write("Passwords are random. Use Reveal to see a phone's password and Edit to set a person's.")

    def _apply(self, made: list[SipExtension], by: User) -> None:
        try:
            applied = pbx.get().apply([extension.number for extension in made], by)
        except pbx.PbxError as error:
            raise CommandError(f"The extensions are saved but not applied. {error}") from error
        self.stdout.write(f"{'Live' if applied.live else 'Not live yet'}. {applied.words}")


def make_departments() -> dict[str, Organization]:
    company = Organization.company()
    found: dict[str, Organization] = {}
    for name, above in DEPARTMENTS.items():
        found[name], _ = Organization.objects.get_or_create(name=name, parent=found.get(above, company))
    return found


def exists(person: Person) -> bool:
    if person.email:
        return User.objects.filter(email=person.email).exists()
    return User.objects.filter(first_name=person.first_name, last_name=person.last_name, email=None).exists()


def typed(person: Person, departments: dict[str, Organization], suggested: dict[str, Any]) -> dict[str, Any]:
    """What an administrator would post: the form's own suggestions, and what is known of the person."""
    return {
        **suggested,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "mobile": person.mobile,
        "role": Role.objects.get(key=person.role).pk if person.role else "",
        "organizations": [departments[person.department].pk] if departments else [],
        "job_title": person.job_title,
        "max_phones": person.phones,
    }


def filled(person: Person, departments: dict[str, Organization], by: User, preferences: Preferences) -> ExtensionForm:
    blank = ExtensionForm(by=by, preferences=preferences)
    suggested = {**blank.person.initial, **blank.sip.initial}
    return ExtensionForm(typed(person, departments, suggested), by=by, preferences=preferences)


def make(person: Person, departments: dict[str, Organization], by: User, preferences: Preferences) -> SipExtension:
    form = filled(person, departments, by, preferences)
    if not form.is_valid():  # a short name may stand in a random password
        form = filled(person, departments, by, preferences)
    extension = form.try_save() if form.is_valid() else None
    if extension is None:
        why = " ".join(f"{error['label']}: {error['message']}" for error in form.error_list())
        raise CommandError(f"{person.first_name} {person.last_name} could not be added. {why}")
    if not person.enabled:
        actions.disable(extension.number, by)
    return extension
