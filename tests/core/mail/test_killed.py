"""500 e-mails, the server down and up again, the worker killed at any moment: each arrives once, or is told of."""

import random
import signal
import time
from collections import Counter

import pytest

from accounts.models import User
from core.mail import composition
from core.mail.models import Email
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.core.mail.worker_process import Workers, workers
from tests.people import make_user

LETTERS = 500
SEED = 20261125
SECONDS = 240
MOST = 60  # deaths: a slow machine, on which a life brings little, comes to the end too
State = Email.State


def unsettled() -> int:
    return Email.objects.filter(state__in=(State.WAITING, State.SENDING)).count()


def make_emails(user: User) -> None:
    Email.objects.bulk_create(Email(kind="plain", user=user, to=str(user.email)) for _ in range(LETTERS))


def torment(postbox: Postbox, alive: Workers, chance: random.Random) -> tuple[int, int]:
    """How often the worker was killed, and how often the server went away."""
    kills = falls = 0
    until = time.monotonic() + SECONDS
    while unsettled():
        assert time.monotonic() < until, f"{unsettled()} letters are left"
        time.sleep(chance.uniform(0.02, 0.5))
        if kills < MOST and chance.random() < 0.5:
            alive.end(signal.SIGKILL)
            kills += 1
        if falls < MOST and chance.random() < 0.3:
            postbox.stop()
            falls += 1
            time.sleep(chance.uniform(0.01, 0.1))
            postbox.start()
        if not alive.pid:
            alive.begin()
    return kills, falls


@pytest.mark.django_db(transaction=True)
def test_each_email_arrives_once_or_is_told_of() -> None:
    make_emails(make_user("Ada"))
    postbox = Postbox()
    use(postbox)
    postbox.start()
    with workers() as alive:
        alive.begin()
        kills, falls = torment(postbox, alive, random.Random(SEED))
        alive.end(signal.SIGTERM)
    postbox.stop()

    arrived = Counter(postbox.keys)
    assert max(arrived.values()) == 1, "No letter twice."
    states = Counter(Email.objects.values_list("state", flat=True))
    emails = list(Email.objects.all())
    assert len(emails) == LETTERS
    for email in emails:
        came = arrived[composition.message_id(email, "portal@example.com")]
        assert came == 1 or email.state == State.UNCERTAIN, f"{email.pk} is {email.state} and did not come"
    assert states[State.TAKEN] + states[State.UNCERTAIN] == LETTERS
    assert states[State.UNCERTAIN] <= kills + falls, "At most one for each death."
