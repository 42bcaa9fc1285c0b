"""Messages are their person's: who gets the number of somebody who is gone hears none of them."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from asterisk.apply import mailboxes, undo
from asterisk.engine.render import Rows
from asterisk.live import voicemail_spool as spool
from asterisk.models import ApplyRun
from extensions import actions
from extensions.changes.state import CannotPutBack
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office
from tests.pbx.voicemail.mailbox import put_message, with_mailbox
from tests.people import make_extension


def there(number: str) -> int:
    return len(spool.messages(settings.ASTERISK_DIR, number))


@pytest.fixture
def left(office: Office) -> SipExtension:
    """An extension with a message."""
    extension = with_mailbox(office)
    put_message(extension.number, office.extension().number)
    return extension


def next_one(number: str) -> None:
    make_extension(number, voicemail=True)
    apply([number], None)


def test_the_next_person_of_a_number_finds_an_empty_mailbox(office: Office, left: SipExtension, ada: User) -> None:
    apply([left.number], None)
    actions.delete(left.number, ada)
    apply([left.number], ada)
    assert there(left.number) == 0
    next_one(left.number)
    assert there(left.number) == 0


def test_also_where_both_are_applied_at_once(office: Office, left: SipExtension, ada: User) -> None:
    apply([left.number], None)
    actions.delete(left.number, ada)
    next_one(left.number)
    assert there(left.number) == 0


def test_also_where_it_was_disabled_before(office: Office, left: SipExtension, ada: User) -> None:
    actions.disable(left.number, ada)
    apply([left.number], ada)
    assert there(left.number) == 1
    actions.delete(left.number, ada)
    apply([left.number], ada)
    next_one(left.number)
    assert there(left.number) == 0


@pytest.mark.parametrize("applies", [0, 1])  # since the message was left
def test_who_comes_back_by_an_undo_has_the_messages_again(
    office: Office, left: SipExtension, ada: User, applies: int
) -> None:
    for _ in range(applies):
        apply([left.number], None)
    actions.delete(left.number, ada)
    apply([left.number], ada)
    undo.undo(ApplyRun.objects.latest("pk"), ada)
    apply([left.number], ada)
    assert there(left.number) == 1


def test_also_where_the_next_person_came_in_the_same_apply(office: Office, left: SipExtension, ada: User) -> None:
    actions.delete(left.number, ada)
    next_one(left.number)
    run = ApplyRun.objects.latest("pk")
    assert there(left.number) == 0
    with pytest.raises(CannotPutBack, match="Delete it first"):
        undo.undo(run, ada)
    actions.delete(left.number, ada)
    undo.undo(run, ada)
    apply([left.number], ada)
    assert there(left.number) == 1


def test_disabling_and_turning_voicemail_off_keeps_them(office: Office, left: SipExtension, ada: User) -> None:
    for do in (actions.disable, actions.enable):
        do(left.number, ada)
        apply([left.number], ada)
        assert there(left.number) == 1


def test_an_apply_asks_once_however_many_are_parked(
    tmp_path: Path, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(50):
        (mailboxes.parked(tmp_path) / str(uuid4())).mkdir(parents=True)
    with django_assert_num_queries(1):
        mailboxes.settle(tmp_path, {"1000": Rows()}, [])


def test_what_was_parked_goes_with_the_restore_point(office: Office, left: SipExtension, ada: User) -> None:
    apply([left.number], None)
    actions.delete(left.number, ada)
    apply([left.number], ada)
    (place,) = mailboxes.parked(settings.ASTERISK_DIR).iterdir()
    mailboxes.forget(settings.ASTERISK_DIR, place.stat().st_mtime - 1)
    assert place.exists()
    mailboxes.forget(settings.ASTERISK_DIR, place.stat().st_mtime + 1)
    assert not place.exists()
