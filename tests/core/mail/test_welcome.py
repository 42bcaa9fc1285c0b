"""The welcome mail as the mail server gets it: its link, the picture of it, and when there is none to write."""

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from uuid import uuid4

import pytest
import zxingcpp
from django.db import models
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import Organization, User
from accounts.passwords.tokens import welcome_tokens
from core.mail import composition
from core.mail.models import Email
from extensions.models import SipExtension
from extensions.welcome import batches, emails, invitations
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox, Received
from tests.core.mail.test_composition import deliver
from tests.faults.victim import ROOT, environment
from tests.people import PASSWORD, make_extension, make_user

State = Email.State


def grace() -> models.QuerySet[User]:
    return User.objects.filter(first_name__startswith="Grace")


def asked_for(by: User) -> None:
    user = User(first_name="Grace <b>", last_name="Hopper", email="grace@example.com")
    user.set_unusable_password()
    user.save()
    user.organizations.add(Organization.company())
    make_extension("1000", user=user)
    again(by)


def again(by: User) -> None:
    assert invitations.ask(SipExtension.objects.all(), by)


def link_in(got: Received) -> str:
    [link] = re.findall(r"http://127\.0\.0\.1:8000/password/\S+", got.text("plain"))
    return str(link)


def path_in(got: Received) -> str:
    return link_in(got).removeprefix("http://127.0.0.1:8000")


def test_it_has_the_number_the_address_and_the_link_also_as_a_picture(ada: User, postbox: Postbox) -> None:
    asked_for(ada)
    [got] = deliver(postbox)
    assert (got.to, got.mail["Subject"]) == ("grace@example.com", "Your extension 1000")
    link, plain, html = link_in(got), got.text("plain"), got.text("html")
    for words in ("1000", "http://127.0.0.1:8000", "works once, for 7 days", "grace@example.com", "set up a phone"):
        assert words in plain
        assert words in html
    assert "Hello Grace <b> Hopper" in plain
    assert "Ada set up a phone extension for you." in plain
    assert "Hello Grace &lt;b&gt; Hopper" in html
    assert f'href="{link}"' in html
    assert 'src="cid:link"' in html
    [png] = [each for each in got.mail.walk() if each.get_content_type() == "image/png"]
    assert (png["Content-ID"], png.get_content_disposition()) == ("<link>", "inline")
    image = Image.open(BytesIO(png.get_content()))
    assert [each.text for each in zxingcpp.read_barcodes(image)] == [link]
    kept = str(list(Email.objects.values_list()))
    assert link.rpartition("/password/")[2].strip("/") not in kept


def test_who_asks_for_their_own_is_not_named_to_themselves(ada: User) -> None:
    asked_for(ada)
    email = Email.objects.get()
    for by in (email.user, None):
        email.by = by
        words = emails.welcome(email)
        assert words
        assert "A phone extension has been set up for you." in words.text


def test_a_scanner_uses_nothing_up_and_a_person_once(ada: User, postbox: Postbox, client: Client) -> None:
    asked_for(ada)
    [got] = deliver(postbox)
    path = path_in(got)
    for _ in range(2):
        assert client.get(path, follow=True).status_code == 200
        assert client.head(path, follow=True).status_code == 200
    page = client.get(path)["Location"]
    assert client.post(page, {"password": PASSWORD}).status_code == 302
    assert grace().get().check_password(PASSWORD)
    assert client.session.get("_auth_user_id")
    other = Client()
    assert other.get(path).status_code == 410
    assert other.post(path, {"password": "Another7Horse9Battery"}).status_code == 410
    assert grace().get().check_password(PASSWORD)


def test_a_newer_one_voids_the_link_of_the_older_at_once(ada: User, postbox: Postbox, client: Client) -> None:
    asked_for(ada)
    [first] = deliver(postbox)
    again(ada)
    assert client.get(path_in(first)).status_code == 410
    second = deliver(postbox)[-1]
    assert path_in(second) != path_in(first)
    assert client.get(path_in(second), follow=True).status_code == 200


def test_each_try_of_one_email_carries_one_link(ada: User, postbox: Postbox) -> None:
    asked_for(ada)
    postbox.moods.answers["DATA"] = ["451 4.3.0 Later"]
    deliver(postbox)
    Email.objects.update(due_at=timezone.now())
    [got] = deliver(postbox)
    assert grace().get().link_version == 1
    assert welcome_tokens.check_token(grace().get(), path_in(got).split("/")[4])


@pytest.mark.parametrize(
    "change",
    [
        lambda: SipExtension.objects.update(enabled=False),
        lambda: SipExtension.objects.update(enabled=False, left_on="2026-01-01"),
        lambda: grace().update(is_active=False),
        lambda: grace().update(email=None),
        lambda: grace().update(email="other@example.com"),
        lambda: grace().update(link_version=2),
        lambda: SipExtension.objects.all().delete(),
    ],
    ids=["disabled", "left", "no sign-in", "no address", "another address", "overtaken", "no extension"],
)
def test_none_is_written_that_cannot_be_used(ada: User, postbox: Postbox, change: Callable[[], object]) -> None:
    asked_for(ada)
    change()
    assert deliver(postbox) == []
    assert Email.objects.get().state == State.VOID


# --- many, through the real process ---

MANY = 250


class Worker:
    """`manage.py deliver`."""

    def __enter__(self) -> "Worker":
        self.process = subprocess.Popen([sys.executable, "manage.py", "deliver"], cwd=ROOT, env=environment())
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) in (0, -signal.SIGKILL)


def until(reached: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, dict(Counter(Email.objects.values_list("state", "tries", "answer")))
        time.sleep(0.1)


def new_people(count: int) -> None:
    people = User.objects.bulk_create(
        User(first_name=f"Person {n}", email=f"person{n}@example.com", password="!none") for n in range(count)
    )
    SipExtension.objects.bulk_create(
        SipExtension(user=user, number=str(1000 + n), registration_name=f"r{n}", sealed_password="-")
        for n, user in enumerate(people)
    )


@pytest.mark.django_db(transaction=True)
def test_many_arrive_once_though_the_worker_is_killed_and_the_server_goes_down(client: Client) -> None:
    ada = make_user("Ada", role="super_administrator")
    new_people(MANY)
    batch = uuid4()
    postbox = Postbox()
    postbox.start()
    use(postbox)
    assert len(invitations.ask(SipExtension.objects.all(), ada, batch=batch)) == MANY
    with Worker() as worker:
        until(lambda: len(postbox.received) >= 40)
        worker.kill()
    postbox.stop()
    with Worker():
        until(lambda: batches.progress(batch).delayed > 0)
        assert batches.progress(batch).taken < MANY
        postbox.start()
        Email.objects.filter(state=State.WAITING).update(due_at=timezone.now())
        until(lambda: batches.progress(batch).waiting == 0)
    postbox.stop()

    progress = batches.progress(batch)
    came = Counter(postbox.keys)
    assert max(came.values()) == 1, "No letter twice."
    assert (progress.total, progress.refused, progress.void) == (MANY, 0, 0)
    assert progress.taken + progress.uncertain == MANY
    assert progress.uncertain <= 1, "What was under way at the kill."
    taken = list(Email.objects.filter(state=State.TAKEN))
    assert len(taken) == progress.taken
    for email in taken:
        assert came[composition.message_id(email, "portal@example.com")] == 1
    paths = {path_in(each) for each in postbox.received}
    assert len(paths) == len(postbox.received)
    assert client.get(min(paths), follow=True).status_code == 200
