import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy
from pytest_django.fixtures import Settings

from accounts.models import User
from core import encryption
from core.mail import composition, outbox, worker
from core.mail.composition import Words
from core.mail.kinds import KINDS, Kind
from core.mail.models import Email
from core.mail.smtp.client import LABEL, ROW, Connection, Server
from core.mail.smtp.protocol import Limits
from core.mail.worker import Postman
from core.preferences.models import Preferences
from tests.core.mail.conftest import use
from tests.core.mail.postbox import DROP, Postbox

QUICK = Limits(connect=2, reply=2, opening=5, after_the_dot=2)
State = Email.State


def plain(email: Email) -> Words | None:
    text = email.facts.get("text", "Hello")
    if text == "nothing":
        return None
    if text == "broken":
        raise KeyError(text)
    return Words(email.facts.get("subject", "A letter"), text, f"<p>{text}</p>", ())


def large(email: Email) -> Words:
    return Words("A large letter", "Hello", "<img src='cid:image'>", (("image", bytes(8_000_000)),))


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plain", "large"):
        monkeypatch.setitem(KINDS, name, Kind(gettext_lazy(name), f"{__name__}.{name}", ""))


@pytest.fixture
def postman(db: None) -> Iterator[Postman]:
    one = Postman(QUICK)
    yield one
    one.leave()


def post(user: User, kind: str = "plain", **facts: Any) -> Email:
    email = outbox.send(kind, user, **facts)
    assert email
    return email


def now(email: Email) -> Email:
    email.refresh_from_db()
    return email


def until_nothing_is_due(postman: Postman) -> None:
    while postman.round():
        pass


def make_due() -> None:
    Email.objects.update(due_at=timezone.now())


def test_a_email_arrives(ada: User, postbox: Postbox, postman: Postman) -> None:
    email = post(ada, text="First line\n.\n..two dots\nLast line with ü")
    assert postman.round()
    assert now(email).state == State.TAKEN
    assert email.answer == "250 2.0.0 Queued as 1"
    assert (email.tries, email.settled_at is not None) == (1, True)
    [got] = postbox.received
    assert (got.sender, got.to) == ("portal@example.com", "ada@example.com")
    assert got.text("plain") == "First line\n.\n..two dots\nLast line with ü\n"
    assert got.mail["From"] == "Company <portal@example.com>"
    assert got.mail["To"] == "Ada <ada@example.com>"
    assert got.mail["Auto-Submitted"] == "auto-generated"
    assert got.mail["Date"].datetime - timezone.now() < timedelta(seconds=5)
    assert got.raw.isascii()
    assert b"\n" not in got.raw.replace(b"\r\n", b"")
    assert not postman.round()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://pbx.bücher.example", "pbx.xn--bcher-kva.example"),
        ("http://192.0.2.1:8000", "[192.0.2.1]"),
        ("http://[2001:db8::1]:8000", "[IPv6:2001:db8::1]"),
    ],
)
def test_the_server_is_greeted_by_a_name_of_its_grammar(
    ada: User, postbox: Postbox, postman: Postman, settings: Settings, url: str, name: str
) -> None:
    settings.PORTAL_URL = url
    post(ada)
    assert postman.round()
    assert [got.greeted_as for got in postbox.received] == [name]


def test_one_connection_carries_many(ada: User, postbox: Postbox, postman: Postman) -> None:
    for _ in range(5):
        post(ada)
    before = postbox.connections
    until_nothing_is_due(postman)
    assert len(set(postbox.keys)) == 5
    assert postbox.connections == before + 1


def test_a_connection_that_nobody_uses_is_given_back_after_a_while(
    ada: User, postbox: Postbox, postman: Postman
) -> None:
    post(ada)
    before = postbox.connections
    until_nothing_is_due(postman)
    assert postman.line
    post(ada)
    until_nothing_is_due(postman)
    assert (postbox.connections, len(postbox.received)) == (before + 1, 2)
    postman.used -= worker.IDLE_SECONDS + 1
    assert not postman.round()
    assert postman.line is None
    post(ada)
    until_nothing_is_due(postman)
    assert (postbox.connections, len(postbox.received)) == (before + 2, 3)


def test_the_connection_goes_on_after_an_e_mail_was_refused(
    ada: User, vic: User, postbox: Postbox, postman: Postman
) -> None:
    postbox.moods.answers["RCPT"] = ["550 5.1.1 No such person here"]
    post(ada), post(vic)
    before = postbox.connections
    until_nothing_is_due(postman)
    assert [each.to for each in postbox.received] == ["vic@example.com"]
    assert postbox.connections == before + 1


def test_a_connection_that_does_not_begin_anew_is_given_up(
    ada: User, vic: User, postbox: Postbox, postman: Postman
) -> None:
    """Otherwise the next e-mail would go to the receiver of the refused one as well."""
    postbox.moods.answers |= {"RCPT": ["550 5.1.1 No such person here"], "RSET": ["451 4.3.0 Not now"]}
    refused, sent = post(ada), post(vic)
    before = postbox.connections
    until_nothing_is_due(postman)
    assert (now(refused).state, now(sent).state) == (State.REFUSED, State.TAKEN)
    assert [each.to for each in postbox.received] == ["vic@example.com"]
    assert postbox.connections == before + 2


def test_without_a_mail_server_emails_wait_and_that_is_no_failure(ada: User, postman: Postman) -> None:
    email = post(ada)
    assert not postman.round()
    assert (now(email).state, email.tries, email.answer) == (State.WAITING, 0, "")
    assert not Email.objects.troubled()


def test_a_server_that_is_down_delays_all_and_loses_none(ada: User, postbox: Postbox, postman: Postman) -> None:
    postbox.stop()
    those = [post(ada) for _ in range(3)]
    assert postman.round()
    assert not postman.round()
    for email in those:
        assert (now(email).state, email.tries) == (State.WAITING, 1)
        assert (email.answer_code, email.answer) == ("unreachable", "Connection refused")
        assert "It cannot be reached" in email.answer_text
        assert timedelta(seconds=25) < email.due_at - timezone.now() < timedelta(seconds=31)
    assert Email.objects.troubled().count() == 3
    postbox.start()
    Email.objects.filter(pk=those[0].pk).update(due_at=timezone.now())
    until_nothing_is_due(postman)
    assert len(set(postbox.keys)) == 3, "One that arrives shows that the others need wait no longer."
    assert not Email.objects.troubled()
    postbox.moods.answers["RCPT"] = ["450 4.2.0 Greylisted"]
    late, other = post(ada), post(ada)
    until_nothing_is_due(postman)
    assert [now(each).state for each in (late, other)] == [State.WAITING, State.TAKEN], "It waits for its own reason."


def test_each_try_comes_later_and_after_two_days_it_is_given_up(ada: User, postbox: Postbox, postman: Postman) -> None:
    postbox.stop()
    email = post(ada)
    waited = []
    while now(email).state == State.WAITING:
        make_due()
        postman.round()
        waited.append((now(email).due_at - timezone.now()).total_seconds())
        if len(waited) == 7:
            Email.objects.update(tries=worker.MOST_TRIES - 2)
    assert [round(each, -1) for each in waited[:8]] == [30, 60, 120, 300, 600, 900, 900, 900]
    assert email.state == State.REFUSED
    assert "Gave up after two days" in email.answer_text
    assert "It cannot be reached" in email.answer_text


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_refused_email_is_refused_in_the_servers_own_words(
    ada: User, vic: User, postbox: Postbox, postman: Postman, verb: str
) -> None:
    postbox.moods.answers[verb] = ["550 5.1.1 No such person here"]
    email, other = post(ada), post(vic)
    until_nothing_is_due(postman)
    assert (now(email).state, email.answer) == (State.REFUSED, "550 5.1.1 No such person here")
    assert now(other).state == State.TAKEN
    assert [each.to for each in postbox.received] == ["vic@example.com"]


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_a_email_that_is_not_taken_now_waits_alone(
    ada: User, vic: User, postbox: Postbox, postman: Postman, verb: str
) -> None:
    postbox.moods.answers[verb] = ["450 4.2.0 Greylisted"]
    email, other = post(ada), post(vic)
    until_nothing_is_due(postman)
    assert (now(email).state, email.tries, email.answer) == (State.WAITING, 1, "450 4.2.0 Greylisted")
    assert now(other).state == State.TAKEN
    assert not Email.objects.troubled(), "A server that does not know us yet does so: that is no trouble."
    make_due()
    until_nothing_is_due(postman)
    assert (now(email).state, email.tries) == (State.TAKEN, 2)
    assert len(set(postbox.keys)) == 2


def test_a_email_that_is_not_taken_again_and_again_is_a_trouble(ada: User, postbox: Postbox, postman: Postman) -> None:
    postbox.moods.always["RCPT"] = "451 4.3.0 Try again"
    post(ada)
    for _ in range(worker.SLOW_TRIES):
        assert not Email.objects.troubled()
        make_due()
        postman.round()
    assert Email.objects.troubled().count() == 1


@pytest.mark.parametrize(
    ("verb", "answer", "code"),
    [
        ("MAIL", "421 4.3.2 Shutting down", "busy"),
        ("RCPT", "421 4.3.2 Shutting down", "busy"),
        ("MAIL", "450 4.3.2 Too busy", "busy"),
        ("MAIL", "550 5.7.1 Not your address", "sender_refused"),
        ("MAIL", "500 5.5.2 Not understood", "sender_refused"),
        ("MAIL", "530 5.7.0 Sign in", "password_refused"),
        ("MAIL", DROP, "broken"),
        ("RCPT", DROP, "broken"),
    ],
)
def test_what_no_email_would_survive_is_a_trouble_with_the_server(
    ada: User, postbox: Postbox, postman: Postman, verb: str, answer: str, code: str
) -> None:
    postbox.moods.always[verb] = answer
    emails_ = [post(ada), post(ada)]
    until_nothing_is_due(postman)
    for email in emails_:
        assert (now(email).state, email.tries, email.answer_code) == (State.WAITING, 1, code)
        assert email.answer == ("" if answer == DROP else answer)
    postbox.moods.always.clear()
    make_due()
    until_nothing_is_due(postman)
    assert len(set(postbox.keys)) == 2


def test_a_connection_that_the_server_closes_between_two_emails_is_made_anew(
    ada: User, postbox: Postbox, postman: Postman
) -> None:
    first, second, third = post(ada), post(ada), post(ada)
    postman.round()
    postbox.moods.answers["MAIL"] = ["421 4.7.0 Enough for one connection"]
    postman.round()
    postbox.moods.answers["MAIL"] = [DROP]
    postman.round()
    assert {now(each).state for each in (first, second, third)} == {State.TAKEN}
    assert len(set(postbox.keys)) == 3


def test_a_connection_cut_before_the_dot_has_delivered_nothing(ada: User, postbox: Postbox, postman: Postman) -> None:
    postbox.moods.answers["BODY"] = [DROP]
    email = post(ada, "large")
    before = postbox.connections
    postman.round()
    assert now(email).state == State.WAITING
    assert postbox.connections == before + 1, "only one that had carried e-mails is made anew at once"
    assert email.answer_code == "broken"
    assert not postbox.received


def test_a_connection_that_ended_right_before_the_dot_has_delivered_nothing(
    ada: User, postbox: Postbox, postman: Postman, monkeypatch: pytest.MonkeyPatch
) -> None:
    up_to_the_dot = Connection._up_to_the_dot

    def and_then_it_ends(self: Connection, message: EmailMessage, to: str) -> None:
        up_to_the_dot(self, message, to)
        self.socket.shutdown(socket.SHUT_RD)  # as if the server had closed it

    monkeypatch.setattr(Connection, "_up_to_the_dot", and_then_it_ends)
    email = post(ada)
    postman.round()
    assert (now(email).state, email.answer_code) == (State.WAITING, "broken")
    assert not postbox.received


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_cut_after_the_dot_leaves_it_uncertain(
    ada: User, vic: User, postbox: Postbox, postman: Postman, *, kept: bool
) -> None:
    postbox.moods.answers["DATA"] = [DROP]
    postbox.moods.keeps_what_it_drops = kept
    email, other = post(ada), post(vic)
    until_nothing_is_due(postman)
    assert (now(email).state, email.settled_at) == (State.UNCERTAIN, None)
    assert "may have been accepted" in email.answer_text
    assert now(other).state == State.WAITING, "A server that does so is given a pause."
    make_due()
    until_nothing_is_due(postman)
    assert now(email).state == State.UNCERTAIN
    assert now(other).state == State.TAKEN
    assert len(postbox.received) == 1 + kept


def test_no_answer_in_time_after_the_dot_leaves_it_uncertain(ada: User, postbox: Postbox) -> None:
    postbox.moods.slow["DATA"] = 1.5
    email = post(ada)
    Postman(Limits(2, 2, 5, 0.2)).round()
    assert now(email).state == State.UNCERTAIN


def test_no_answer_in_time_before_it_does_not(ada: User, postbox: Postbox) -> None:
    postbox.moods.slow["RCPT"] = 1.5
    email = post(ada)
    Postman(Limits(2, 0.2, 5, 2)).round()
    assert (now(email).state, email.answer_code) == (State.WAITING, "timeout")
    assert not postbox.received


def test_a_worker_that_was_killed_is_told_of(ada: User, postbox: Postbox, postman: Postman) -> None:
    email, other = post(ada), post(ada)
    assert worker.take_up(email)
    assert not worker.take_up(email)
    worker.reap()
    until_nothing_is_due(postman)
    assert now(email).state == State.UNCERTAIN
    assert now(other).state == State.TAKEN
    assert len(postbox.received) == 1


def test_what_is_discarded_while_it_is_written_is_not_sent(ada: User, postbox: Postbox, postman: Postman) -> None:
    email = post(ada)
    server = Server.of(Preferences.load())
    assert server
    mail = composition.written(email, "portal@example.com")
    assert mail
    Email.objects.update(state=State.VOID)
    postman._deliver(email, mail, server)
    assert now(email).state == State.VOID
    assert not postbox.received


def test_there_may_be_nothing_any_more_to_write(ada: User, postbox: Postbox, postman: Postman) -> None:
    email = post(ada, text="nothing")
    until_nothing_is_due(postman)
    assert now(email).state == State.VOID
    assert not postbox.received


@pytest.mark.parametrize("facts", [{"text": "broken"}, {"subject": "Two\r\nBcc: eve@example.com"}])
def test_a_email_that_cannot_be_written_holds_no_other_up(
    ada: User, postbox: Postbox, postman: Postman, facts: dict[str, Any]
) -> None:
    email, other = post(ada, **facts), post(ada)
    until_nothing_is_due(postman)
    assert now(email).state == State.REFUSED
    assert email.answer_code == "unwritten"
    assert now(other).state == State.TAKEN
    assert len(postbox.received) == 1


def test_the_key_of_a_email_is_the_same_at_each_try(ada: User, postbox: Postbox, postman: Postman) -> None:
    postbox.moods.answers["DATA"] = ["450 later", "450 later"]
    first, second = post(ada), post(ada)
    keys = [composition.message_id(each, "portal@example.com") for each in (first, second)]
    for _ in range(3):
        make_due()
        until_nothing_is_due(postman)
    assert sorted(postbox.keys) == sorted(keys)
    assert len({key for key in keys if re.fullmatch(r"<[0-9a-f]{40}@example\.com>", key)}) == 2


@pytest.mark.parametrize(
    ("address", "got"),
    [("jörg@example.com", "jörg@example.com"), ("ada@bücher.example", "ada@xn--bcher-kva.example")],
)
def test_addresses_of_other_scripts(ada: User, postbox: Postbox, postman: Postman, address: str, got: str) -> None:
    User.objects.filter(pk=ada.pk).update(email=address)
    ada.refresh_from_db()
    post(ada)
    until_nothing_is_due(postman)
    assert [each.to for each in postbox.received] == [got]


def test_who_asked_for_an_e_mail_is_told_once_that_it_was_taken(
    ada: User, postbox: Postbox, postman: Postman, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(KINDS, "large", Kind(gettext_lazy("large"), f"{__name__}.plain", "", taken=f"{__name__}.note"))
    followed.clear()
    followed.append("breaks")
    post(ada)
    refused, first, second = (post(ada, "large", text=text) for text in ("refused", "first", "second"))
    postbox.moods.answers["DATA"] = ["", "550 5.7.1 No"]
    until_nothing_is_due(postman)
    assert (now(refused).state, now(first).state, now(second).state) == (State.REFUSED, State.TAKEN, State.TAKEN)
    assert followed == [first.pk, second.pk]
    assert [each.getMessage() for each in caplog.records if each.name == "core.mail.worker"] == [
        "What follows an e-mail of type large failed"
    ]
    worker.tell_of(Email(kind="of another version"))


followed: list[Any] = []


def note(email: Email) -> None:
    """What follows the first e-mail fails."""
    followed.append(email.pk)
    if followed[0] == "breaks":
        del followed[0]
        raise OSError("no")


def test_what_is_settled_is_kept_for_ninety_days(ada: User, postman: Postman) -> None:
    email, uncertain, young = post(ada), post(ada), post(ada)
    long_ago = timezone.now() - timedelta(days=91)
    Email.objects.filter(pk=email.pk).update(state=State.TAKEN, settled_at=long_ago)
    Email.objects.filter(pk=uncertain.pk).update(state=State.UNCERTAIN, created_at=long_ago)
    Email.objects.filter(pk=young.pk).update(state=State.TAKEN, settled_at=timezone.now() - timedelta(days=89))
    postman.round()
    assert set(Email.objects.values_list("pk", flat=True)) == {uncertain.pk, young.pk}


def test_looking_for_emails_reads_none_of_the_settled(db: None) -> None:
    """Twice a second, and on every page."""
    for asked in (Email.objects.due(), Email.objects.troubled()):
        assert connection.vendor != "sqlite" or "USING INDEX emails_" in asked.explain()


@pytest.mark.parametrize(
    ("user", "password"), [("portal", "plain"), ("jörg", "plain"), ("portal", "Zürich ☎"), ("jörg", "パスワード")]
)
def test_user_names_and_passwords_of_any_alphabet_sign_in(
    ada: User, db: None, postman: Postman, user: str, password: str
) -> None:
    box = Postbox(password=password)
    box.user = user
    box.start()
    try:
        use(box, mail_user=user, sealed_mail_password=encryption.seal(LABEL, ROW, password))
        email = post(ada)
        until_nothing_is_due(postman)
    finally:
        box.stop()
    assert now(email).state == State.TAKEN, now(email).answer_text
    assert len(box.received) == 1


def test_a_mail_password_that_no_longer_opens_is_said_and_nothing_is_lost(
    ada: User, postbox: Postbox, postman: Postman
) -> None:
    use(postbox, mail_user="portal", sealed_mail_password=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    email = post(ada)
    postman.round()
    assert now(email).state == State.WAITING
    assert "Enter it again" in now(email).answer_text
    use(postbox, mail_user="", sealed_mail_password="")
    make_due()
    until_nothing_is_due(postman)
    assert now(email).state == State.TAKEN


def test_a_mail_password_that_no_longer_opens_is_not_missed_where_nobody_signs_in(
    ada: User, postbox: Postbox, postman: Postman
) -> None:
    """After a change to a server that asks for no user name, there is none to enter it with."""
    use(postbox, mail_user="", sealed_mail_password=Fernet(Fernet.generate_key()).encrypt(b"x").decode())
    email = post(ada)
    until_nothing_is_due(postman)
    assert now(email).state == State.TAKEN, now(email).answer_text
