"""A forgotten password: a link by e-mail, that works once, and a page that tells nobody who has an account."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.passwords.tokens import LinkTokenGenerator, reset_tokens, welcome_tokens
from accounts.second_factor import factors
from accounts.sessions.models import Device, Session
from core.audit.models import AuditRecord
from core.mail import composition
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.accounts.throttling.test_throttling import later, shape, tries
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user

NEW = "Another8Horse4Staple"


@pytest.fixture(autouse=True)
def mail_server(db: None) -> None:
    Preferences.objects.update(mail_host="mail.example.com")


def asks(email: str, address: str = "192.0.2.1") -> str:
    answer = Client().post("/password/", {"email": email}, REMOTE_ADDR=address)
    assert answer.status_code == 200
    return answer.content.decode().replace(email.lower(), "ADDRESS")


def link(user: User, tokens: LinkTokenGenerator = reset_tokens) -> str:
    return tokens.link(User.objects.get(pk=user.pk)).removeprefix(settings.PORTAL_URL)


def opened(path: str, client: Client | None = None) -> int:
    """What the page says to which the link leads."""
    return (client or Client()).get(path, follow=True).status_code


def chooses(path: str, client: Client | None = None, password: str = NEW) -> int:
    client = client or Client()
    page = client.get(path)
    return client.post(page["Location"] if page.status_code == 302 else path, {"password": password}).status_code


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# --- asking for the link ---


def test_the_answer_and_what_is_written_are_the_same_for_known_and_unknown(vic: User) -> None:
    asks("warm@example.com", "198.51.100.1")
    pages, asked = [], []
    for email in ("vic@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            pages.append(asks(email))
        asked.append([shape(each["sql"]) for each in queries])
    assert pages[0] == pages[1]
    assert asked[0] == asked[1]
    assert len(asked[0]) > 0
    assert not [each for each in asked[0] if "accounts_user" in each]
    written = Email.objects.filter(to__in=("vic@example.com", "nobody@example.com"))
    assert [(each.kind, each.user, each.state) for each in written] == [("reset", None, "waiting")] * 2


def test_the_email_is_written_for_whoever_has_the_address(vic: User) -> None:
    for email in ("Vic@Example.com", "nobody@example.com", "gone@example.com"):
        asks(email)
    make_user("Gone", is_active=False)
    written = [composition.written(each, "pbx@example.com") for each in Email.objects.order_by("pk")]
    assert [bool(each) for each in written] == [True, False, False]
    assert written[0]
    assert written[0]["To"] == "Vic <vic@example.com>"
    body = written[0].get_body(("plain",))
    assert body
    found = re.search(r"http://\S+?(/password/\S+)", body.get_content())
    assert found
    assert "expires in one hour" in body.get_content()
    client = Client()
    assert chooses(found[1], client) == 302
    assert is_signed_in(client)


def test_of_one_account_and_one_address_only_some_emails_are_written(db: None) -> None:
    pages = {asks("vic@example.com", f"203.0.113.{n}") for n in range(6)}
    assert (len(pages), Email.objects.count()) == (1, 3)
    for n in range(25):
        asks(f"nobody{n}@example.com", "198.51.100.1")
    assert Email.objects.count() == 3 + 20
    later(3601)
    asks("vic@example.com")
    assert Email.objects.count() == 24


def test_what_is_no_address_is_refused(db: None) -> None:
    assert 'autocomplete="username"' in Client().get("/password/").content.decode()
    for typed, words in (("vic", "Enter an e-mail address"), ("", "Enter the Email Address.")):
        answer = Client().post("/password/", {"email": typed})
        assert (answer.status_code, Email.objects.count()) == (422, 0)
        assert words in str(answer.context["form"].errors["email"])
    assert not AuditRecord.objects.exists()


# --- the link ---


@pytest.mark.parametrize("tokens", [welcome_tokens, reset_tokens], ids=["welcome", "reset"])
def test_a_password_is_chosen_once(vic: User, tokens: LinkTokenGenerator) -> None:
    path, client, late = link(vic, tokens), Client(), Client()
    page = late.get(path)["Location"]
    assert chooses(path, client) == 302
    assert is_signed_in(client)
    assert client.session.get_expire_at_browser_close()
    assert User.objects.get(pk=vic.pk).check_password(NEW)
    assert opened(path) == chooses(path) == late.post(page, {"password": NEW}).status_code == 410
    assert client.get(page).status_code == 410
    told = Email.objects.filter(kind="password_changed", user=vic)
    assert told.count() == (1 if tokens is reset_tokens else 0)
    row = AuditRecord.objects.get(action="sign_in.password_changed")
    assert row.by_email == "vic@example.com"


def test_looking_uses_nothing_up(vic: User) -> None:
    path = link(vic)
    for method in ("get", "get", "head", "get"):
        assert getattr(Client(), method)(path, follow=True).status_code == 200
    assert chooses(path) == 302


def test_each_page_for_a_new_password_says_the_rules_that_hold_now(client: Client, vic: User, ada: User) -> None:
    Preferences.objects.update(password_length=17, password_signs=True)
    rules = "17 to 128 characters, with a digit, an uppercase letter, a lowercase letter, and a symbol such as ! or #."
    assert rules in Client().get(link(vic), follow=True).content.decode()
    client.force_login(ada)
    assert rules in html_of(client, "/account/password/")


def test_the_page_shows_whose_password_it_is_and_is_kept_by_nobody(vic: User) -> None:
    answer = Client().get(link(vic), follow=True)
    assert 'value="vic@example.com"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("tokens", [welcome_tokens, reset_tokens], ids=["welcome", "reset"])
def test_the_address_of_the_page_holds_no_token(vic: User, tokens: LinkTokenGenerator) -> None:
    path, client = link(vic, tokens), Client()
    answer = client.get(path)
    assert answer["Location"] == path.replace(path.split("/")[4], "set-password")
    assert client.session.get_expiry_age() <= tokens.valid.total_seconds()
    assert Client().get(answer["Location"]).status_code == 410


def test_a_link_is_for_one_purpose_and_one_person(vic: User, ada: User) -> None:
    token = link(vic).split("/")[4]
    assert opened(link(vic).replace("/reset/", "/welcome/")) == 410
    assert opened(link(ada).replace(link(ada).split("/")[4], token)) == 410


def test_who_signs_in_after_all_may_still_use_the_link(vic: User) -> None:
    path = link(vic)
    assert tries("vic@example.com", PASSWORD) == 302
    assert chooses(path) == 302


@pytest.mark.parametrize("what", ["nonsense", "another version", "disabled", "no address", "gone"])
def test_a_link_that_is_none_changes_nothing_and_says_what_to_do(vic: User, what: str) -> None:
    path = link(vic)
    if what == "nonsense":
        path = "/password/reset/%00/abc-def/"
    elif what == "another version":
        User.objects.update(link_version=5)
    elif what == "disabled":
        User.objects.update(is_active=False)
    elif what == "no address":
        User.objects.update(email=None)
    elif what == "gone":
        vic.delete()
    answer = Client().get(path)
    assert (answer.status_code, chooses(path)) == (410, 410)
    assert "Request another link" in answer.content.decode()
    assert not User.objects.exclude(password=vic.password).exists()


def test_a_link_is_as_old_as_it_may_become(vic: User, monkeypatch: pytest.MonkeyPatch) -> None:
    reset, welcome, client = link(vic), link(vic, welcome_tokens), Client()
    page = client.get(reset)["Location"]
    now = reset_tokens._now()
    for seconds, answers in ((3590, (200, 200)), (3610, (410, 200)), (7 * 86400 - 10, (410, 200))):
        monkeypatch.setattr(LinkTokenGenerator, "_now", lambda _, at=now + timedelta(seconds=seconds): at)
        assert (opened(reset), opened(welcome)) == answers
    assert client.post(page, {"password": NEW}).status_code == 410
    monkeypatch.setattr(LinkTokenGenerator, "_now", lambda _: now + timedelta(days=7, seconds=10))
    assert opened(welcome) == 410


@pytest.mark.parametrize("password", ["short", "nodigitsinhere", "ABCDEFGH1234", "xVicx1234567", "Password123"])
def test_the_rules_for_passwords_hold(vic: User, password: str) -> None:
    path = link(vic)
    assert chooses(path, password=password) == 422
    assert chooses(path) == 302


def test_it_ends_the_sessions_that_were_and_makes_the_device_known(vic: User) -> None:
    elsewhere, here = Client(), Client()
    elsewhere.force_login(vic)
    assert chooses(link(vic), here) == 302
    assert elsewhere.get("/account/security/").status_code == 302
    assert Session.objects.filter(user=vic).count() == 1
    assert here.cookies[settings.DEVICE_COOKIE_NAME].value
    assert not Email.objects.filter(kind="new_device").exists()


def test_where_a_second_factor_is_set_the_link_alone_makes_no_device_known(vic: User) -> None:
    factors.add_app(vic, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 0)
    here = Client()
    assert chooses(link(vic), here) == 302
    assert not is_signed_in(here)
    assert settings.DEVICE_COOKIE_NAME not in here.cookies
    assert not Device.objects.exists()


def test_it_leads_out_of_a_block(vic: User) -> None:
    for n in range(6):
        tries("vic@example.com", address=f"203.0.113.{n}")
    browser = Client()
    assert tries("vic@example.com", PASSWORD, client=browser) == 429
    assert chooses(link(vic), browser) == 302
    browser.post("/sign-out/")
    assert tries("vic@example.com", NEW, client=browser) == 302
    assert tries("vic@example.com", NEW, address="203.0.113.99") == 302


def test_somebody_else_who_was_signed_in_is_signed_out(vic: User, ada: User) -> None:
    client = Client()
    client.force_login(ada)
    assert opened(link(vic), client) == 200
    assert client.session.get_expire_at_browser_close()  # to look at the link ends nothing of theirs
    assert chooses(link(vic), client) == 302
    assert client.session["_auth_user_id"] == str(vic.pk)


def test_somebody_else_is_signed_out_before_the_second_factor_is_given(vic: User, ada: User) -> None:
    factors.add_app(vic, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 0)
    client = Client()
    client.force_login(ada)
    assert chooses(link(vic), client) == 302
    assert not is_signed_in(client)
    assert [each.by for each in AuditRecord.objects.filter(action="sign_in.ended")] == [ada.pk]


def test_another_address_or_password_by_an_administrator_calls_links_back(ada: User, vic: User) -> None:
    extension = make_extension("1001", user=vic)
    client = Client()
    client.force_login(ada)
    kept = {"registration_name": extension.registration_name, "version": str(extension.version), "password": ""}
    path = link(vic)
    typed = Typed("1001", "Vic", "", "other@example.com", {**kept, "registration_password": ""})
    assert client.post("/extensions/1001/edit/", typed.fields).status_code == 302
    assert opened(path) == 410


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_chooses() -> None:
    path, start = link(make_user("Vic")), Barrier(4)
    answers: list[int] = []

    def one(n: int) -> None:
        try:
            client = Client()
            page = client.get(path)["Location"]
            start.wait()
            answers.append(client.post(page, {"password": f"{NEW}{n}"}).status_code)
        finally:
            connection.close()

    threads = [Thread(target=one, args=(n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [302, 410, 410, 410]


# --- what is told ---


def signs_in(user: User, agent: str, client: Client | None = None) -> Client:
    client = client or Client(headers={"User-Agent": agent})
    assert tries(user.email or "", PASSWORD, client=client) == 302
    return client


def test_a_new_device_is_told_of_but_not_the_first_one(vic: User) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    browser = signs_in(vic, firefox)
    assert not Email.objects.exists()
    browser.post("/sign-out/")
    signs_in(vic, firefox, browser)
    assert (Email.objects.count(), Device.objects.count()) == (0, 1)
    signs_in(vic, firefox)
    told = Email.objects.get()
    assert (told.kind, told.user, told.facts["agent"], told.facts["address"]) == (
        "new_device", vic, "Firefox on Linux", "192.0.2.1",
    )  # fmt: skip


@pytest.mark.parametrize("by", ["the person", "the system"])
def test_it_is_not_told_to_who_does_without(vic: User, by: str) -> None:
    User.objects.update(muted=["new_device"] if by == "the person" else [])
    Preferences.objects.update(notifications=["new_device"] if by == "the person" else [])
    signs_in(vic, "one").post("/sign-out/")
    signs_in(vic, "two")
    assert not Email.objects.exists()


@pytest.mark.parametrize("email", ["vic@example.com", "nobody@example.com", "no address"])
def test_without_a_mail_server_the_page_says_what_to_do_to_everyone(vic: User, email: str) -> None:
    Preferences.objects.update(mail_host="")
    page = html_of(Client(), "/password/")
    assert "This portal does not send e-mail" in page
    assert "Ask an administrator to set a new password for you." in page
    assert "<input" not in page
    assert asks(email) == page
    assert not Email.objects.exists()


@pytest.mark.parametrize("mail_host", ["mail.example.com", ""])
def test_a_used_link_leads_to_another_one_only_where_one_can_be_sent(vic: User, mail_host: str) -> None:
    path = link(vic)
    assert chooses(path) == 302
    Preferences.objects.update(mail_host=mail_host)
    answer = Client().get(path, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 410
    assert ("request another link" in page) is ("Request another link" in page) is bool(mail_host)
    assert ("Otherwise, ask an administrator to set one for you." in page) is (not mail_host)
