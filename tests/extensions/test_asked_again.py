"""Whoever gives, takes or changes the sign-in of somebody who manages anything proves who they are.

The role before and the role after decide, whatever else the person is: blocked, gone, or about to be made so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from asterisk.models import ApplyRun
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions import actions
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from pbxportal.pbx_settings.forms import PreferencesForm
from tests.people import PASSWORD, Typed, be_stale, make_extension, make_user

AGAIN = "/sign-in/again/"
STATES = ("active", "blocked", "left")
MANAGERS = ("human_resource", "operator", "super_administrator")
ROLES = ("", "employee", *MANAGERS)
TYPED: dict[str, dict[str, str]] = {
    "role": {},
    "email": {"email": "fresh@example.com"},
    "password": {"password": "Another7Horse9Staple"},
    "everything": {"email": "fresh@example.com", "password": "Another7Horse9Staple"},
    "job_title": {"job_title": "Chief"},
}


@pytest.fixture
def stale(client: Client, ada: User) -> Client:
    client.force_login(ada)
    be_stale(client)
    return client


def grace(role: str, state: str) -> SipExtension:
    extension = make_extension("1000", user=make_user("Grace", role=role))
    Change.objects.all().delete()
    if state == "blocked":
        User.objects.filter(pk=extension.user.pk).update(is_active=False)
    if state == "left":
        User.objects.filter(pk=extension.user.pk).update(is_active=False)
        SipExtension.objects.filter(pk=extension.pk).update(left_on=timezone.localdate(), enabled=False)
    return SipExtension.objects.select_related("user__role").get(number="1000")


def typed(extension: SipExtension, **more: str) -> dict[str, Any]:
    user = extension.user
    kept = {
        "registration_name": extension.registration_name,
        "registration_password": "",
        "password": "",
        "version": str(extension.version),
        "role": str(user.role_id or ""),
        **more,
    }
    return Typed("1000", user.first_name, user.last_name, user.email or "", kept).fields


def pictured() -> list[Any]:
    tables = (User, SipExtension, Change)
    return [list(each.objects.order_by("pk").values_list()) for each in tables] + [AuditRecord.objects.count()]


def is_asked(client: Client, path: str, body: dict[str, Any]) -> bool:
    before = pictured()
    answer = client.post(path, body)
    asked = answer.status_code == 302 and answer["Location"].startswith(AGAIN)
    assert answer.status_code < 400, answer.status_code
    assert asked == (pictured() == before), "asked, and done all the same; or neither"
    return bool(asked)


@contextmanager
def tried() -> Iterator[None]:
    """All is as before afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(("before", "state"), list(product(ROLES, STATES)))
def test_editing_asks_by_the_roles_before_and_after(stale: Client, before: str, state: str) -> None:
    extension = grace(before, state)
    cases = [(after, field) for after, field in product(ROLES, TYPED) if after != before or TYPED[field]]
    for after, field in cases:
        role = str(Role.objects.get(key=after).pk) if after else ""
        asked = (after != before or field != "job_title") and not {before, after}.isdisjoint(MANAGERS)
        with tried():
            got = is_asked(stale, "/extensions/1000/edit/", typed(extension, role=role, **TYPED[field]))
        assert got == asked, f"{before} to {after}, {field}"


ACTIONS = {
    "block": ("/extensions/1000/sign-in/", {"allowed": "no"}, {"active"}),
    "allow": ("/extensions/1000/sign-in/", {"allowed": "yes"}, {"blocked"}),
    "leave": (
        "/extensions/1000/leave/",
        {"calls": "nobody", "keep": "30", "then": "leave"},
        {"active", "blocked"},
    ),
    "come back": ("/extensions/1000/come-back/", {}, {"left"}),
    "delete": ("/extensions/1000/delete/", {"then": "save"}, set(STATES)),
}


@pytest.mark.parametrize(("role", "state"), list(product(ROLES, STATES)))
def test_what_is_done_to_a_person_asks_by_the_role(stale: Client, role: str, state: str) -> None:
    grace(role, state)
    for name, (path, body, states) in ACTIONS.items():
        if state in states:
            with tried():
                assert is_asked(stale, path, body) == (role in MANAGERS), name


@pytest.mark.parametrize(("role", "state"), list(product(ROLES, STATES)))
def test_a_deletion_or_a_new_one_is_discarded_by_the_role(stale: Client, ada: User, role: str, state: str) -> None:
    extension = grace(role, state)
    with tried():
        actions.delete("1000", ada)
        assert is_asked(stale, "/extensions/1000/discard/", {}) == (role in MANAGERS)
    with tried():
        changes.record(None, Change.Kind.ADDED, "1000", changes.NOTHING, changes.picture(extension))
        assert is_asked(stale, "/extensions/1000/discard/", {}) == (role in MANAGERS)


def test_who_takes_back_an_apply_is_asked_always(stale: Client) -> None:
    extension = make_extension("1000")
    run = ApplyRun.objects.create(numbers=["1000"])
    run.changes.set(Change.objects.of(["1000"]))
    Change.objects.update(applied_at=timezone.now())
    run.close(ApplyRun.Outcome.PROVED, "")
    assert extension
    assert is_asked(stale, f"/history/{run.pk}/undo/", {})
    assert is_asked(stale, "/history/back/", {"moment": "2026-01-01T00:00"})


def test_a_registration_password_is_set_by_who_proves_who_they_are(stale: Client) -> None:
    extension = grace("", "active")
    with tried():
        assert is_asked(stale, "/extensions/1000/edit/", typed(extension, registration_password="t7Rw9KqX2mZv5LpB8nYd"))
    with tried():
        assert not is_asked(stale, "/extensions/1000/edit/", typed(extension, job_title="Chief"))


@pytest.mark.parametrize(
    ("field", "value", "asked"),
    [
        ("password_length", "12", True),
        ("password_signs", "on", True),
        ("idle_minutes", "120", True),
        ("session_hours", "720", True),
        ("restore_points", "77", False),
    ],
)
def test_preferences_of_security_are_saved_by_who_proves_who_they_are(
    stale: Client, field: str, value: str, asked: bool
) -> None:
    form = PreferencesForm(by=User.objects.get(first_name="Ada"))
    body = {name: form[name].value() for name in form.fields} | {"version": str(Preferences.load().version)}
    body = {name: held for name, held in body.items() if held not in (None, False)} | {field: value}
    answer = stale.post("/preferences/", body)
    assert answer.status_code == 302
    assert answer["Location"].startswith(AGAIN) == asked
    saved = getattr(Preferences.load(), field)
    assert (str(saved) == value or (saved is True and value == "on")) != asked


def test_the_way_round_by_blocking_is_closed(stale: Client) -> None:
    """Block, edit, allow: each asked, where before none was."""
    for path, body in [
        ("/extensions/1000/sign-in/", {"allowed": "no"}),
        ("/extensions/1000/edit/", {"role": "", "email": "evil@example.com", "password": "Another7Horse9Staple"}),
        ("/extensions/1000/sign-in/", {"allowed": "yes"}),
    ]:
        with tried():
            extension = grace("super_administrator", "blocked" if body.get("allowed") != "no" else "active")
            assert is_asked(stale, path, typed(extension, **body) if "edit" in path else body), path


def test_the_session_has_another_id_after_the_proof(stale: Client) -> None:
    make_extension("1000")
    before = stale.cookies[settings.SESSION_COOKIE_NAME].value
    asked = stale.post("/extensions/1000/registration-password/")["Location"]
    assert stale.post(asked, {"password": PASSWORD}).status_code == 200
    assert stale.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert Client(headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={before}"}).get("/extensions/").status_code == 302
