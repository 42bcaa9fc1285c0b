"""Maintenance > Mail, and what the header says of mails."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from core.audit.models import AuditRecord
from core.mail import views as mail_views
from core.mail.labels import MailState
from core.mail.models import Email
from core.mail.smtp.protocol import Limits
from core.mail.worker import Postman
from core.preferences.models import Preferences
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.pbxportal.test_mail_settings import said, typed_for

QUICK = Limits(connect=2, reply=2, opening=5, after_the_dot=2)
State = Email.State


@pytest.fixture
def client(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def email(user: User, state: Email.State = State.WAITING, **more: Any) -> Email:
    return Email.objects.create(**{"kind": "new_device", "user": user, "to": user.email, "state": state, **more})


def test_each_email_is_said_in_words(client: Client, vic: User) -> None:
    email(vic, State.REFUSED, answer="550 5.1.1 No such person", tries=1, settled_at=timezone.now())
    email(vic, State.WAITING, answer_code="unreachable", answer="Connection refused", tries=3)
    email(vic, State.UNCERTAIN, answer_code="cut_off", tries=1)
    page = said(client.get("/mail/"))
    for words in (
        "vic@example.com", "New device signed in", "Failed", "550 5.1.1 No such person", "Delivery unknown",
        "It cannot be reached. Check Mail server, Port, and any firewalls. (Connection refused)",
        "Next attempt:", "The e-mail may have been accepted",
    ):  # fmt: skip
        assert words in page


def test_a_portal_without_a_mail_server_says_so(client: Client, vic: User) -> None:
    email(vic)
    page = client.get("/mail/").content.decode()
    assert "no mail server is set up" in page
    assert 'href="/preferences/mail/"' in page
    Preferences.objects.update(mail_host="mail.example.com")
    assert "no mail server is set up" not in said(client.get("/mail/"))


@pytest.mark.parametrize(
    ("to", "sender", "state", "words"),
    [
        (
            "jörg@example.com",
            "portal@example.com",
            State.REFUSED,
            "cannot send to an address with characters such as ö",
        ),
        (
            "vic@example.com",
            "pörtal@example.com",
            State.WAITING,
            "cannot send from an address with characters such as ö",
        ),
        ("idna@exämple.de", "portal@exämple.de", State.TAKEN, "250 2.0.0 Queued"),  # domains have an ASCII form
    ],
)
def test_what_a_server_without_smtputf8_cannot_send_is_said_in_words(
    client: Client, postbox: Postbox, vic: User, to: str, sender: str, state: Email.State, words: str
) -> None:
    postbox.stop()
    postbox.utf8 = False
    postbox.start()
    use(postbox, mail_from=sender)
    User.objects.filter(pk=vic.pk).update(email=to)
    sent = email(User.objects.get(pk=vic.pk), facts={"agent": "Firefox"})
    postman = Postman(QUICK)
    postman.round()
    postman.leave()
    sent.refresh_from_db()
    assert sent.state == state
    shown = [said(client.get("/mail/"))]
    if state != State.TAKEN:
        typed = {**typed_for(postbox, test_to=to), "mail_from": sender}
        shown.append(said(client.post("/preferences/mail/test/", typed)))
    for page in shown:
        assert words in page
        assert "utf8" not in page


def test_by_state_and_person_and_page_by_page(
    client: Client, ada: User, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_views, "PAGE_SIZE", 2)
    those = [email(vic, State.TAKEN) for _ in range(5)]
    email(ada, State.REFUSED)
    assert said(client.get("/mail/?state=refused")).count("ada@example.com") > 0
    assert "vic@example.com" not in said(client.get("/mail/?state=refused"))
    page = client.get("/mail/?person=VIC")
    assert [each.email.pk for each in page.context["lines"]] == [those[4].pk, those[3].pk]
    older = client.get("/mail/" + page.context["older"])
    assert [each.email.pk for each in older.context["lines"]] == [those[2].pk, those[1].pk]
    assert older.context["newest"] == "?person=VIC"
    assert older.context["chips"] == [{"label": "Person", "value": "VIC", "url": "?"}]
    both = client.get("/mail/?state=taken&person=+vic+&before=")
    assert both.context["chips"] == [
        {"label": "Person", "value": "vic", "url": "?state=taken"},
        {"label": "State", "value": "Accepted by the mail server", "url": "?person=vic"},
    ]
    assert [each.email.pk for each in both.context["lines"]] == [those[4].pk, those[3].pk]
    lost = client.get("/mail/?state=lost")
    assert lost.status_code == 422
    assert lost.context["lines"] == []
    assert [(str(each["label"]), each["message"]) for each in lost.context["errors"]] == [
        ("State", "Choose a state from the list.")
    ]


@pytest.mark.parametrize("typed", ["Mu\u0308ller", "MÜLLER", "müller", "özg", "Özgür\u00a0Müller", "JÖRG@"])
def test_a_person_is_found_however_they_are_typed(client: Client, vic: User, typed: str) -> None:
    email(vic)
    vic.first_name, vic.last_name, vic.email = "Özgür", "Müller", "jörg@example.com"
    vic.save()
    sent = email(vic)
    found = client.get("/mail/", {"person": typed}).context["lines"]
    assert sent.pk in [each.email.pk for each in found]


@pytest.mark.parametrize("state", [State.REFUSED, State.UNCERTAIN])
def test_sent_again_is_another_email(client: Client, vic: User, state: Email.State) -> None:
    first = email(vic, state, facts={"agent": "Firefox"}, tries=1)
    client.post(f"/mail/{first.pk}/again/")
    again = Email.objects.exclude(pk=first.pk).get()
    assert (again.state, again.tries, again.to, again.facts) == (State.WAITING, 0, first.to, first.facts)
    first.refresh_from_db()
    assert first.state == state
    assert first.settled_at
    assert AuditRecord.objects.filter(action="mail.sent_again", on="vic@example.com").exists()


@pytest.mark.parametrize("state", [State.WAITING, State.SENDING, State.TAKEN, State.VOID])
def test_what_has_not_failed_is_not_sent_again(client: Client, vic: User, state: Email.State) -> None:
    assert client.post(f"/mail/{email(vic, state).pk}/again/").status_code == 302
    assert Email.objects.count() == 1


def test_what_waits_can_be_discarded_and_what_is_on_its_way_cannot(client: Client, vic: User) -> None:
    waiting, sending = email(vic), email(vic, State.SENDING)
    for each in (waiting, sending):
        assert client.post(f"/mail/{each.pk}/discard/").status_code == 302
        each.refresh_from_db()
    assert (waiting.state, sending.state) == (State.VOID, State.SENDING)
    assert AuditRecord.objects.filter(action="mail.discarded").count() == 1


def test_the_header_says_that_mail_waits(client: Client, vic: User, postbox: Any) -> None:
    since = timezone.now() - timedelta(hours=1)
    email(vic, answer_code="timeout", tries=2, delayed_since=since)
    email(vic, answer="450 4.2.0 Greylisted", tries=1)
    page = said(client.get("/pbx/"))
    assert "E-mail delayed since" in page
    assert "The mail server at 127.0.0.1 is not responding. It did not respond in time." in page
    Email.objects.filter(delayed_since__isnull=False).update(answer_code="password_refused", answer="535 No")
    assert "The mail server at 127.0.0.1 refuses e-mail." in said(client.get("/pbx/"))
    Email.objects.update(delayed_since=None)
    assert "E-mail delayed" not in said(client.get("/pbx/"))


@pytest.mark.parametrize(
    ("state", "what", "words", "action"),
    [
        (State.REFUSED, "again", "The e-mail to vic@example.com will be sent again.", "mail.sent_again"),
        (State.UNCERTAIN, "again", "The e-mail to vic@example.com will be sent again.", "mail.sent_again"),
        (State.TAKEN, "again", "That e-mail does not need to be sent again.", ""),
        (State.WAITING, "discard", "The e-mail to vic@example.com will not be sent.", "mail.discarded"),
        (State.UNCERTAIN, "discard", "The e-mail to vic@example.com has been dismissed.", "mail.looked_after"),
        (State.REFUSED, "discard", "That e-mail is no longer waiting.", ""),
    ],
)
def test_what_was_done_with_an_e_mail_is_said_on_the_page_that_was_left(
    client: Client, vic: User, state: Email.State, what: str, words: str, action: str
) -> None:
    one = email(vic, state)
    answer = client.post(f"/mail/{one.pk}/{what}/?state={state}&person=vic", follow=True)
    assert answer.redirect_chain == [(f"/mail/?person=vic&state={state}", 302)]
    assert words in said(answer)
    found = AuditRecord.objects.filter(module="mail")
    assert [(each.action, each.on, each.detail) for each in found] == (
        [(action, "vic@example.com", {"kind": "new_device"})] if action else []
    )
    assert client.post(f"/mail/{one.pk}/{what}/")["Location"] == "/mail/"


def test_where_no_mail_is_in_trouble_one_look_is_all(
    vic: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    email(vic)
    email(vic, State.TAKEN, settled_at=timezone.now())
    with django_assert_num_queries(1):
        assert MailState.now() == MailState("", "", uncertain=False)


def test_the_header_says_that_a_mail_is_uncertain_until_it_is_looked_after(client: Client, vic: User) -> None:
    first, second = (email(vic, State.UNCERTAIN) for _ in range(2))
    assert "Delivery of 2 e-mails unknown" in said(client.get("/pbx/"))
    client.post(f"/mail/{first.pk}/discard/")
    assert "Delivery of 1 e-mail unknown" in said(client.get("/pbx/"))
    client.post(f"/mail/{second.pk}/again/")
    assert "uncertain" not in said(client.get("/pbx/"))


def test_the_header_tells_only_whom_it_concerns(client: Client, vic: User) -> None:
    email(vic, State.UNCERTAIN)
    client.force_login(vic)
    assert "uncertain" not in said(client.get("/pbx/"))
    vic.role = Role.objects.create(name="Looks", granted=["preferences.view"])
    vic.save()
    client.force_login(vic)
    page = said(client.get("/pbx/"))
    assert "Delivery of 1 e-mail unknown" in page
    assert "/preferences/mail/" in page
