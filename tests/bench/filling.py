"""A company of any size: its people, its departments, its extensions, saved and not applied."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from asterisk.models import ApplyRun
from core.preferences.models import NameFormat, Preferences
from core.random_text import random_text
from extensions.models import Change, SipExtension
from extensions.validators import random_pin

FIRST = 1000
LAST = 999_999
BATCH = 1000
DISABLED, WITHOUT_VOICEMAIL = 7, 8  # by the last digits: none of those that are called
DEPARTMENTS = ("Accounting", "Engineering", "Marketing", "Production", "Purchasing", "Sales", "Support", "Warehouse")
FIRST_NAMES = ("Ada", "Björn", "Chloé", "Наталія", "Emre", "Fatma", "Grace", "美咲")
LAST_NAMES = ("Lovelace", "Ångström", "Dupont", "Шевченко", "Yılmaz", "Öztürk", "Hopper")


def empty(keep: User) -> None:
    """Asterisk must not be running: its directory goes too."""
    shutil.rmtree(settings.ASTERISK_DIR, ignore_errors=True)
    for model in (ApplyRun, Change, SipExtension):
        model.objects.all().delete()
    User.objects.exclude(pk=keep.pk).delete()


def fill(size: int, by: User, first: int = FIRST) -> list[SipExtension]:
    with transaction.atomic():
        Preferences.objects.update(first_number=FIRST, last_number=LAST)
        made = (extension(first + place, user) for place, user in enumerate(people(size, first)))
        extensions = SipExtension.objects.bulk_create(made, batch_size=BATCH)
        kind = Change.Kind.ADDED
        Change.objects.bulk_create((Change(number=each.number, kind=kind, by=by) for each in extensions), BATCH)
    return extensions


@contextmanager
def departments(count: int) -> Iterator[Organization]:
    """As many, one in ten of them in the company and the others in those; gone again afterwards."""
    there = Organization.objects.count() - 1
    company = Organization.company()
    tops = [Organization.objects.create(name=f"Region {place}", parent=company) for place in range(count // 10)]
    Organization.objects.bulk_create(
        Organization(name=f"Shop {place}", parent=tops[place % len(tops)]) for place in range(count - there - len(tops))
    )
    yield Organization.objects.get(name=DEPARTMENTS[0])
    Organization.objects.filter(name__startswith="Shop ").delete()
    Organization.objects.filter(name__startswith="Region ").delete()


def people(size: int, first: int) -> list[User]:
    users = User.objects.bulk_create(person(first - FIRST + place) for place in range(size))
    departments = [
        Organization.objects.get_or_create(name=name, parent=Organization.company())[0] for name in DEPARTMENTS
    ]
    belongs = User.organizations.through
    belongs.objects.bulk_create(
        belongs(user=user, organization=departments[place % len(departments)]) for place, user in enumerate(users)
    )
    return users


def person(place: int) -> User:
    user = User(
        first_name=FIRST_NAMES[place % len(FIRST_NAMES)],
        last_name=f"{LAST_NAMES[place % len(LAST_NAMES)]} {place}",
        email=f"person{place}@example.com",
        job_title="Clerk",
    )
    user.set_unusable_password()
    return user


def extension(number: int, user: User) -> SipExtension:
    made = SipExtension(
        user=user,
        number=str(number),
        caller_id=str(number),
        registration_name=random_text(10),
        enabled=number % 20 != DISABLED,
        voicemail=number % 10 != WITHOUT_VOICEMAIL,
    )
    made.registration_password = random_text(20)
    made.voicemail_pin = random_pin(made.number)
    made.note_person(NameFormat.FIRST_LAST)
    return made
