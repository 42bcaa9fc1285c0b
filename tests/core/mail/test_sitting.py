"""What one administrator changes of an extension in one sitting is told in one e-mail."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.mail import outbox, worker
from core.mail.models import Email
from core.mail.outbox import MOST, QUIET
from core.mail.worker import Postman
from extensions.changes import record as changes
from extensions.models import SipExtension
from tests.core.mail.postbox import Postbox
from tests.core.mail.test_worker import QUICK, now, until_nothing_is_due
from tests.people import make_extension, make_user

State = Email.State


@pytest.fixture
def extension(vic: User) -> SipExtension:
    return make_extension("1000", user=vic)


@pytest.fixture
def postman(db: None) -> Iterator[Postman]:
    one = Postman(QUICK)
    yield one
    one.leave()


def change(by: User, number: str = "1000", **of_person: str) -> None:
    with changes.edit(number, by) as extension:
        for name, value in of_person.items():
            setattr(extension.user, name, value)


def later(by: timedelta) -> None:
    """So much time passes for every e-mail that waits."""
    for email in Email.objects.all():
        email.due_at, email.created_at = email.due_at - by, email.created_at - by
        email.save()


def told(email: Email) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = now(email).facts["fields"]
    return fields


def test_several_saves_are_one_email(extension: SipExtension, ada: User, postbox: Postbox, postman: Postman) -> None:
    change(ada, last_name="Young")
    change(ada, job_title="Clerk")
    change(ada, last_name="Older")
    email = Email.objects.get()
    assert told(email) == {"last_name": ["", "Older"], "job_title": ["", "Clerk"]}
    until_nothing_is_due(postman)
    assert postbox.received == []
    later(QUIET)
    until_nothing_is_due(postman)
    [got] = postbox.received
    assert "Last Name: Older" in got.text("plain")
    assert "Job Title: Clerk" in got.text("plain")
    assert now(email).state == State.TAKEN


def test_each_change_puts_it_off_but_not_for_ever(extension: SipExtension, ada: User) -> None:
    change(ada, last_name="0")
    first = Email.objects.get()
    for n in range(1, 8):
        later(QUIET - timedelta(minutes=1))
        change(ada, last_name=str(n))
    assert first.pk != Email.objects.latest("id").pk
    assert Email.objects.count() == 2
    first.refresh_from_db()
    assert first.due_at - first.created_at <= MOST + timedelta(seconds=1)
    assert told(first)["last_name"] == ["", "6"]


def test_of_what_was_taken_back_nothing_is_told(
    extension: SipExtension, ada: User, postbox: Postbox, postman: Postman
) -> None:
    change(ada, last_name="Young")
    change(ada, last_name="")
    later(QUIET)
    until_nothing_is_due(postman)
    assert postbox.received == []
    assert Email.objects.get().state == State.VOID


def by_another(ada: User) -> None:
    change(make_user("Hugo", role="human_resource"), job_title="Clerk")


def of_another(ada: User) -> None:
    make_extension("1001", user=make_user("Grace"))
    change(ada, "1001", job_title="Clerk")


def when_it_is_due(ada: User) -> None:
    later(QUIET)
    change(ada, job_title="Clerk")


def when_it_was_tried(ada: User) -> None:
    Email.objects.update(tries=1)
    change(ada, job_title="Clerk")


@pytest.mark.parametrize("otherwise", [by_another, of_another, when_it_is_due, when_it_was_tried])
def test_what_does_not_belong_together_is_told_apart(
    extension: SipExtension, ada: User, otherwise: Callable[[User], None]
) -> None:
    change(ada, last_name="Young")
    otherwise(ada)
    assert sorted(list(each.facts["fields"]) for each in Email.objects.all()) == [["job_title"], ["last_name"]]


def test_what_is_saved_while_the_email_is_on_its_way_is_not_lost(
    extension: SipExtension, ada: User, postbox: Postbox, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The save had begun just before the e-mail was due, and ends when it is written out."""
    change(ada, last_name="Young")
    email = Email.objects.get()
    written = postman._written
    saved: list[str] = []

    def write_and_be_slow(*args: object) -> object:
        found = written(*args)  # type: ignore[arg-type]
        if not saved:
            saved.append("Clerk")
            Email.objects.update(due_at=timezone.now() + timedelta(seconds=30))
            change(ada, job_title="Clerk")
        return found

    monkeypatch.setattr(postman, "_written", write_and_be_slow)
    later(QUIET)
    until_nothing_is_due(postman)
    assert postbox.received == []
    assert now(email).state == State.WAITING
    assert set(told(email)) == {"last_name", "job_title"}
    later(QUIET)
    until_nothing_is_due(postman)
    [got] = postbox.received
    assert "Job Title: Clerk" in got.text("plain")


def test_a_mail_that_is_gathered_again_at_the_very_last_moment_is_not_taken_up(
    extension: SipExtension, ada: User
) -> None:
    """Although it cannot be put off any more."""
    change(ada, last_name="Young")
    Email.objects.update(created_at=timezone.now() - MOST)
    as_written = Email.objects.get()
    change(ada, job_title="Clerk")
    assert not worker.take_up(as_written)
    assert worker.take_up(Email.objects.get())


def test_the_page_of_mails_says_until_when_it_gathers(extension: SipExtension, ada: User, client: Client) -> None:
    change(ada, last_name="Young")
    client.force_login(ada)
    assert "or later if there are more changes" in client.get("/mail/").content.decode()


def test_another_mail_server_does_not_hurry_it(extension: SipExtension, ada: User) -> None:
    change(ada, last_name="Young")
    outbox.send("plain", ada)
    Email.objects.filter(kind="plain").update(tries=3, due_at=timezone.now() + timedelta(hours=1))
    assert Email.objects.hurry() == 1
    assert [each.kind for each in Email.objects.due()] == ["plain"]
