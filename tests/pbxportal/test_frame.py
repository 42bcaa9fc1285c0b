"""What the header says on every page, and to whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from asterisk.models import BlockedAddress
from core import disk
from core.access.permissions import Permission
from core.preferences.models import Preferences, SystemChange
from pbxportal import context_processors
from tests.people import make_extension

WHOLE_DISK = 10**12


def frame(user: User | None = None, **more: Any) -> dict[str, Any]:
    client = Client(**more)
    if user:
        client.force_login(user)
    answer = client.get("/account/" if user else "/sign-in/")
    return {name: answer.context.get(name) for name in FRAME}


FRAME = (
    "waiting", "more_wait", "only_mine_wait", "mail", "certificate", "out_of_ports", "newly_blocked", "disk",
    "maintains", "own_number", "in_clear", "theme", "organizations_on", "no_emergency_trunk",
)  # fmt: skip


def may(user: User, *granted: Permission) -> User:
    user.role = Role.objects.create(name="Custom", granted=list(granted))
    user.save()
    return User.objects.get(pk=user.pk)


def test_a_stranger_is_told_of_nothing_but_that_a_password_would_be_read(db: None) -> None:
    """Who is on the machine itself sends it to nobody."""
    assert frame()["in_clear"] is False
    assert frame(REMOTE_ADDR="192.0.2.9")["in_clear"] is True
    assert Client().get("/sign-in/", secure=True, REMOTE_ADDR="192.0.2.9").context["in_clear"] is False
    shown = frame()
    assert {name for name in FRAME if shown[name] is not None} == {"in_clear", "theme"}


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("<b>", "auto"), ("", "auto")])
def test_the_theme_is_one_that_there_is(db: None, settings: Settings, cookie: str, theme: str) -> None:
    client = Client()
    client.cookies["theme"] = cookie
    assert client.get("/sign-in/").context["theme"] == theme


@pytest.mark.parametrize(
    ("permission", "shown"),
    [
        (Permission.VIEW_MAIL, {"mail"}),
        (Permission.VIEW_PREFERENCES, {"mail", "certificate", "out_of_ports", "disk"}),
        (Permission.VIEW_CHECK, {"disk"}),
        (Permission.VIEW_BLOCKED, {"newly_blocked"}),
        (Permission.VIEW_TRUNKS, {"no_emergency_trunk"}),
        (Permission.VIEW_ROLES, set()),
    ],
)
def test_trouble_is_told_to_who_may_see_its_page(
    vic: User, monkeypatch: pytest.MonkeyPatch, permission: Permission, shown: set[str]
) -> None:
    monkeypatch.setattr(disk, "usage", lambda _path: (WHOLE_DISK, WHOLE_DISK - 5 * 10**7, 5 * 10**7))
    told = frame(may(vic, permission))
    names = ("mail", "certificate", "out_of_ports", "newly_blocked", "disk", "no_emergency_trunk")
    assert {name for name in names if told[name] is not None} == shown


@pytest.mark.parametrize(
    ("free", "words", "why"),
    [
        (5 * 10**7, "Disk full: 50 MB left", "Changes may not be saved"),
        (7 * 10**10, "Disk 93% full", "before phones can no longer register"),
    ],
)
def test_a_disk_that_is_nearly_full_says_how_much_is_left(
    monkeypatch: pytest.MonkeyPatch, free: int, words: str, why: str
) -> None:
    monkeypatch.setattr(disk, "usage", lambda _path: (WHOLE_DISK, WHOLE_DISK - free, free))
    state = context_processors.DiskState.now()
    assert state
    assert state.words == words
    assert why in state.why
    monkeypatch.setattr(disk, "usage", lambda _path: (WHOLE_DISK, 0, WHOLE_DISK))
    assert context_processors.DiskState.now() is None


def test_new_blocks_are_counted_until_somebody_looks(ada: User, client: Client) -> None:
    until = timezone.now() + timedelta(hours=1)
    for address in ("192.0.2.1", "192.0.2.2"):
        BlockedAddress.objects.create(network=address, reason="attempts", tries=20, until=until)
    assert frame(ada)["newly_blocked"] == 2
    client.force_login(ada)
    client.get("/blocked/")
    assert frame(ada)["newly_blocked"] == 0


def test_what_waits_is_counted_up_to_a_bound(ada: User, vic: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (frame(ada)["waiting"], frame(ada)["only_mine_wait"]) == (0, False)
    make_extension("1000", user=vic)
    make_extension("1001")
    told = frame(ada)
    assert (told["waiting"], told["more_wait"], told["only_mine_wait"]) == (2, False, False)
    monkeypatch.setattr(context_processors, "COUNTED", 1)
    told = frame(ada)
    assert (told["waiting"], told["more_wait"]) == (1, True)
    told = frame(vic)
    assert (told["waiting"], told["own_number"], told["maintains"]) == (0, "1000", False)
    assert frame(ada)["maintains"] is True


def test_preferences_that_wait_count_for_who_may_apply_them(ada: User, hugo: User) -> None:
    client = Client()
    client.force_login(ada)
    client.post(
        "/preferences/attacks/",
        {"version": str(Preferences.load().version), **attacks(), "outbound_a_minute": "7"},
    )
    assert SystemChange.objects.waiting().count() == 1
    assert frame(ada)["waiting"] == 1
    assert frame(ada)["only_mine_wait"] is False
    assert frame(hugo)["waiting"] == 0
    make_extension("1001")
    assert frame(ada)["waiting"] == 2


def attacks() -> dict[str, Any]:
    client = Client()
    client.force_login(User.objects.get(email="ada@example.com"))
    form = client.get("/preferences/attacks/").context["form"]
    return {name: "" if form[name].value() in (None, False) else form[name].value() for name in form.fields}
