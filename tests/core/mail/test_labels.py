"""What the page and the header say of an e-mail in each of its states."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.timezone import localtime

from accounts.models import User
from core.mail import labels
from core.mail.labels import Line, MailState
from core.mail.models import Email
from core.preferences.models import Preferences

State = Email.State
NOW = timezone.now()


@pytest.mark.parametrize(
    ("more", "words", "dot", "deeds"),
    [
        ({}, "Waiting", "none", "discard"),
        ({"delayed_since": NOW, "tries": 1}, "Waiting", "wait", "discard"),
        ({"state": State.SENDING}, "Sending", "none", ""),
        ({"state": State.TAKEN}, "Accepted by the mail server", "good", ""),
        ({"state": State.REFUSED}, "Failed", "bad", "again"),
        ({"state": State.UNCERTAIN}, "Delivery unknown", "bad", "again look_after"),
        ({"state": State.UNCERTAIN, "settled_at": NOW}, "Delivery unknown", "bad", "again"),
        ({"state": State.VOID}, "Not sent", "none", ""),
    ],
)
def test_a_state_has_its_words_its_colour_and_what_can_be_done(
    more: dict[str, Any], words: str, dot: str, deeds: str
) -> None:
    line = Line(Email(kind="new_device", **more))
    can = {
        "again": line.may_be_sent_again,
        "discard": line.may_be_discarded,
        "look_after": line.may_be_looked_after,
    }
    assert (line.kind, line.state, line.dot) == ("New device signed in", words, dot)
    assert " ".join(name for name, may in can.items() if may) == deeds


@pytest.mark.parametrize(
    ("more", "waits"),
    [
        ({}, False),
        ({"tries": 1}, True),
        ({"due_at": NOW + timedelta(minutes=10)}, True),
        ({"tries": 1, "state": State.TAKEN}, False),
    ],
)
def test_the_next_attempt_is_said_of_what_has_to_wait_for_it(more: dict[str, Any], *, waits: bool) -> None:
    email = Email(**{"kind": "test", "due_at": NOW, "created_at": NOW, **more})
    assert Line(email).waits_until == (email.due_at if waits else None)


def test_of_a_kind_that_there_is_no_more_the_name_stands(db: None) -> None:
    assert Line(Email(kind="gone", answer_code="stopped")).kind == "gone"
    assert Line(Email(kind="gone", answer_code="nothing")).answer == "There was nothing left to send."


def test_the_header_says_what_is_oldest_and_why_in_short(vic: User) -> None:
    """What is about the server counts for more than what it says of one e-mail, and a delay more than a doubt."""
    Preferences.objects.update(mail_host="mail.example.com")
    assert MailState.now() == MailState()

    def add(**more: Any) -> None:
        Email.objects.create(kind="test", user=vic, to="vic@example.com", **more)

    add(state=State.UNCERTAIN, settled_at=NOW)
    add(tries=3, answer="450 Greylisted")
    assert MailState.now() == MailState()
    add(state=State.UNCERTAIN)
    assert MailState.now() == MailState("Delivery of 1 e-mail unknown", uncertain=True)
    add(delayed_since=NOW, answer="450 Greylisted")
    add(delayed_since=NOW - timedelta(days=2), answer_code="timeout")
    state = MailState.now()
    assert state.words == f"E-mail delayed since {labels.short(NOW - timedelta(days=2))}"
    assert state.why == "The mail server at mail.example.com is not responding. " + (
        "It did not respond in time. Check Port, Security, and any firewalls."
    )
    assert not state.uncertain


def test_a_time_of_today_is_said_without_the_date(db: None) -> None:
    today, year = localtime(), str(localtime().year)
    assert year not in labels.short(today)
    assert year in labels.short(today - timedelta(days=1))
