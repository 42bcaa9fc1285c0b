"""Every apply is a restore point: undone or gone back behind, the PBX has its old rows again, byte for byte."""

import time
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from asterisk.apply.undo import back_to, undo
from asterisk.engine import store as engine
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from core.random_text import random_text
from extensions import actions
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.node import apply
from tests.people import make_extension


def rows() -> list[tuple[object, ...]]:
    from django.conf import settings

    with engine.opened(settings.ENGINE_FILE) as db:
        return [row for table in ("sip_login", "pbx_number") for row in db.execute(f"SELECT * FROM {table} ORDER BY 1")]


def apply_all(by: User) -> ApplyRun:
    return apply(Change.objects.waiting().numbers(), by)


def change_everything(by: User) -> None:
    first, second, third = SipExtension.objects.order_by("position")
    before = changes.picture(first)
    first.registration_password, first.caller_id = "t7Rw9KqX2mZv5LpB8nYc", "77#"
    first.save()
    changes.record(by, Change.Kind.CHANGED, first.number, before, changes.picture(first))
    actions.disable(second.number, by)
    actions.delete(third.number, by)
    make_extension("1900")


@pytest.fixture
def three(asterisk: Embedded, ada: User) -> None:
    for number in ("1100", "1101", "1102"):
        make_extension(number, first_name="Zoë", last_name='"Ace" O\\Neil')
    apply_all(ada)


WAYS: dict[str, Callable[[ApplyRun, User], list[str]]] = {
    "undo": undo,
    "undo everything applied after a time": lambda run, by: back_to(run.started_at, by),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_old_rows_come_back_byte_for_byte(three: None, ada: User, way: str) -> None:
    before = rows()
    change_everything(ada)
    run = apply_all(ada)
    assert rows() != before
    assert WAYS[way](run, ada) == ["1100", "1101", "1102", "1900"]
    assert rows() != before
    assert apply_all(ada).outcome == ApplyRun.Outcome.PROVED
    assert rows() == before


def test_undoing_an_undo_gives_the_change_back(three: None, ada: User) -> None:
    change_everything(ada)
    run = apply_all(ada)
    changed = rows()
    undo(run, ada)
    undone = apply_all(ada)
    undo(undone, ada)
    apply_all(ada)
    assert rows() == changed


def test_to_undo_an_apply_is_offered_without_urging_it(three: None, ada: User, client: Client) -> None:
    client.force_login(ada)
    page = client.get(reverse("history:run", args=[ApplyRun.objects.get().pk])).content.decode()
    assert "Undo this apply" in page
    assert "btn-primary" not in page


def test_an_undo_of_what_is_so_already_waits_for_nothing(three: None, ada: User) -> None:
    change_everything(ada)
    run = apply_all(ada)
    undo(run, ada)
    apply_all(ada)
    assert undo(run, ada) == []


def test_the_command_shows_then_undoes(three: None, ada: User) -> None:
    before, moment = rows(), timezone.now()
    time.sleep(0.01)
    change_everything(ada)
    run = apply_all(ada)
    for options in (["--undo", str(run.pk)], ["--to", moment.isoformat()]):
        shown = StringIO()
        call_command("apply", *options, stdout=shown)
        assert "1900" in shown.getvalue()
        assert not Change.objects.waiting().exists()
        assert rows() != before
    call_command("apply", undo=run.pk, yes=True, stdout=StringIO())
    assert rows() == before


def test_discarding_what_was_written_for_a_pbx_that_is_away_takes_it_from_the_engine(
    asterisk: Embedded, ada: User, client: Client
) -> None:
    extension = make_extension("1100")
    apply_all(ada)
    before = rows()
    asterisk.stop()
    actions.disable(extension.number, ada)
    assert apply_all(ada).outcome == ApplyRun.Outcome.WAITING
    assert rows() != before
    client.force_login(ada)
    client.post("/extensions/1100/discard/")
    assert rows() == before
    assert not Change.objects.waiting().exists()


def wish_otherwise(extension: SipExtension, by: User, kind: int) -> None:
    """Renamed, with a new password, disabled or deleted, by turns."""
    if kind == 2:
        actions.disable(extension.number, by)
    elif kind == 3:
        actions.delete(extension.number, by)
    else:
        before = changes.picture(extension)
        if kind == 0:
            extension.user.last_name = "O'Brien, Żółć"
            extension.user.save()
        else:
            extension.registration_password = random_text(20)
        extension.save()
        changes.record(by, Change.Kind.CHANGED, extension.number, before, changes.picture(extension))


@pytest.mark.parametrize("way", WAYS)
def test_three_hundred_of_all_kinds_come_back_byte_for_byte(asterisk: Embedded, ada: User, way: str) -> None:
    there = [make_extension(str(number)) for number in range(2000, 2240)]
    apply_all(ada)
    before = rows()
    for n, extension in enumerate(there):
        wish_otherwise(extension, ada, n % 4)
    added = [make_extension(str(number)) for number in range(2240, 2300)]
    run = apply_all(ada)
    assert len({*before} & {*rows()}) == 120  # the dial plans of those renamed or with a new password
    assert len(WAYS[way](run, ada)) == len(there) + len(added)
    assert apply_all(ada).outcome == ApplyRun.Outcome.PROVED
    assert rows() == before
