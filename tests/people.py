"""The cast. Ada runs the company, Hugo is its human resources, Vic has a number and no role, Eve has neither."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.sessions.models import LABEL, Session
from core import encryption
from core.random_text import random_text
from extensions.changes import record as changes
from extensions.models import Change, SipExtension

PASSWORD = "Correct7Horse9Staple"
numbers = count(1000)


def make_user(
    first_name: str = "Ada", role: str = "", email: str | None = None, custom: Role | None = None, **more: Any
) -> User:
    user = User(
        first_name=first_name,
        email=email or f"{first_name.lower()}@example.com",
        role=Role.objects.get(key=role) if role else custom,
        **more,
    )
    user.set_password(PASSWORD)
    user.save()
    user.organizations.add(Organization.company())
    return user


def make_extension(number: str = "", *, first_name: str = "", last_name: str = "", **more: Any) -> SipExtension:
    """A saved wish, waiting to be applied."""
    number = number or str(next(numbers))
    user = more.pop("user", None) or User.objects.create(
        first_name=first_name or f"Person {number}", last_name=last_name
    )
    extension = SipExtension(
        user=user,
        number=number,
        **{"caller_id": number, "registration_name": random_text(10), "voicemail": False, **more},
    )
    extension.registration_password = random_text(20)
    extension.save()
    changes.record(None, Change.Kind.ADDED, number, changes.NOTHING, changes.picture(extension))
    return extension


def be_stale(client: Client, seconds: int = 301) -> None:
    """As if the person had proved that it is them so long ago. Who has just been signed in is fresh."""
    session = client.session
    for each in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        each["at"] -= seconds
    session.save()


def be_stale_everywhere(seconds: int = 301) -> None:
    """Of browsers, whose sessions only the table knows."""
    for row in Session.objects.exclude(user=None):
        held = json.loads(encryption.unseal(LABEL, row.session_key, row.session_data))
        for each in held[AUTHENTICATION_METHODS_SESSION_KEY]:
            each["at"] -= seconds
        row.session_data = encryption.seal(LABEL, row.session_key, json.dumps(held))
        row.save()


@dataclass
class Typed:
    """What an administrator types into the form; `fields` as the browser would post them.

    Voicemail is off and the rest of its tab as it comes, as make_extension has it.
    """

    number: str = "1000"
    first_name: str = "Grace"
    last_name: str = "Hopper"
    email: str = "grace@example.com"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "mobile": "",
            "password": PASSWORD,
            "organizations": [str(Organization.company().pk)],
            "job_title": "",
            "number": self.number,
            "caller_id": "",
            "registration_name": f"reg-{self.number}",
            "registration_password": "t7Rw9KqX2mZv5LpB8nYc",
            "max_phones": "1",
            "voicemail_pin": "",
            "voicemail_asks_pin": "on",
            "voicemail_email": "recording",
            "voicemail_after_email": "keep",
            "voicemail_says_date": "on",
            "then": "save",
            **self.more,
        }
