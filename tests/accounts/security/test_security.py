"""Where a person is signed in, the end of it by each door, and the own password."""

import time
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.test import Client

from accounts.models import Role, User
from accounts.passwords.forms import OwnPasswordForm
from accounts.sessions import active as active_sessions
from accounts.sessions import user_agents
from accounts.sessions.models import Device, Session, digest
from accounts.throttling import failure_counts
from core.audit.models import AuditRecord
from core.mail.models import Email
from extensions import actions
from extensions.models import SipExtension
from tests.accounts.throttling.test_throttling import tries
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user

NEW = "Another8Horse4Staple"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/19.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


def signed_in(user: User, agent: str = FIREFOX, address: str = "192.0.2.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert tries(user.email or "", PASSWORD, client=client, address=address) == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


def key(client: Client) -> str:
    return digest(client.cookies[settings.SESSION_COOKIE_NAME].value)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)
def test_a_browser_is_named(agent: str, words: str) -> None:
    assert user_agents.words(agent) == words


def test_the_page_lists_each_session_and_says_which_is_this_one(vic: User, ada: User) -> None:
    here, there = signed_in(vic), signed_in(vic, IPHONE, "198.51.100.7")
    signed_in(ada, EDGE, "203.0.113.3")
    page = html_of(here, "/account/security/")
    assert page.index("Firefox on Linux") < page.index("This session") < page.index("Safari on iPhone")
    assert "192.0.2.1" in page
    assert "198.51.100.7" in page
    assert "203.0.113.3" not in page
    cookies = [each.cookies[settings.SESSION_COOKIE_NAME].value for each in (here, there)]
    assert not [each for each in cookies if each in page]


def test_where_a_session_is_used_is_noted_once_a_minute(vic: User) -> None:
    client = signed_in(vic)
    client.get("/account/security/", REMOTE_ADDR="198.51.100.7")
    assert Session.objects.get(user=vic).address == "192.0.2.1"
    session = client.session
    session["seen"] = time.time() - 61
    session.save()
    client.get("/account/security/", REMOTE_ADDR="198.51.100.7")
    now = Session.objects.get(user=vic)
    assert (now.address, now.agent) == ("198.51.100.7", FIREFOX)
    assert now.began
    assert now.seen
    assert now.began < now.seen


def test_one_session_is_ended_from_another(vic: User) -> None:
    here, there, third = signed_in(vic), signed_in(vic, IPHONE), signed_in(vic, EDGE)
    answer = here.post("/account/security/end/", {"session": key(there)}, follow=True)
    assert "Safari on iPhone has been signed out." in answer.content.decode()
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    assert AuditRecord.objects.filter(action="sign_in.session_ended", by_email="vic@example.com").count() == 1
    again = here.post("/account/security/end/", {"session": key(there)}, follow=True)
    assert "has already ended" in again.content.decode()


def test_nobody_ends_another_persons_session_nor_this_one_so(vic: User, ada: User) -> None:
    hers, his = signed_in(ada), signed_in(vic)
    for each in (hers, his):
        assert his.post("/account/security/end/", {"session": key(each)}).status_code == 302
    assert (is_in(hers), is_in(his)) == (True, True)


def test_all_others_are_ended(vic: User, ada: User) -> None:
    here, there, third, hers = signed_in(vic), signed_in(vic, IPHONE), signed_in(vic, EDGE), signed_in(ada)
    page = here.post("/account/security/end-others/", follow=True).content.decode()
    assert "2 other sessions have been signed out." in page
    assert [is_in(each) for each in (here, there, third, hers)] == [True, False, False, True]


def test_what_a_limit_has_ended_is_not_listed(ada: User) -> None:
    signed_in(ada)
    idle = signed_in(ada, IPHONE)
    session = idle.session
    session["seen"] = time.time() - 3600
    session.save()
    assert active_sessions.of(ada).count() == 2
    assert [each.agent for each in active_sessions.living(ada)] == [FIREFOX]


def test_sessions_whose_time_is_over_are_cleared(vic: User) -> None:
    living, old = signed_in(vic), signed_in(vic, IPHONE)
    session = old.session
    session["began"] = time.time() - 25 * 3600
    session.save()
    said = StringIO()
    call_command("clear_sessions", stdout=said)
    assert said.getvalue().startswith("Cleared 1 sessions, 0 devices")
    assert [each.agent for each in Session.objects.all()] == [FIREFOX]
    assert is_in(living)
    assert Device.objects.count() == 2


# --- the own password ---


def test_the_password_is_changed_here_and_all_others_are_signed_out(vic: User) -> None:
    here, there = signed_in(vic), signed_in(vic, IPHONE)
    Email.objects.all().delete()
    before = here.cookies[settings.SESSION_COOKIE_NAME].value
    answer = here.post("/account/password/", {"present": PASSWORD, "password": NEW})
    assert answer["Location"] == "/account/security/"
    assert (is_in(here), is_in(there)) == (True, False)
    assert here.cookies[settings.SESSION_COOKIE_NAME].value != before
    assert User.objects.get(pk=vic.pk).check_password(NEW)
    assert Session.objects.filter(user=vic).count() == 1
    told = Email.objects.get()
    assert (told.kind, told.facts) == ("password_changed", {"agent": "Firefox on Linux", "address": "192.0.2.1"})
    assert AuditRecord.objects.get(action="sign_in.password_changed").by_email == "vic@example.com"
    assert not AuditRecord.objects.filter(detail__icontains=NEW).exists()


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        ("wrong", NEW, "not your current password"),
        (PASSWORD, "short", "Use 10 to 128 characters"),
        (PASSWORD, "xVicx1234567", "Names, numbers, and addresses"),
        ("", NEW, "Enter the Current Password."),
    ],
)
def test_what_is_not_right_changes_nothing(vic: User, present: str, new: str, words: str) -> None:
    answer = signed_in(vic).post("/account/password/", {"present": present, "password": new})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert User.objects.get(pk=vic.pk).check_password(PASSWORD)


def test_of_two_who_change_a_password_at_once_the_second_is_told(vic: User, monkeypatch: pytest.MonkeyPatch) -> None:
    here, _there = signed_in(vic), signed_in(vic, IPHONE)
    Email.objects.all().delete()
    hashed = OwnPasswordForm.hashed

    def and_then_another_one_changes_it(form: OwnPasswordForm) -> str:
        found = hashed(form)
        User.objects.filter(pk=vic.pk).update(password="set meanwhile")
        return found

    monkeypatch.setattr(OwnPasswordForm, "hashed", and_then_another_one_changes_it)
    answer = here.post("/account/password/", {"present": PASSWORD, "password": NEW})
    assert answer["Location"] == "/account/security/"
    assert [str(each) for each in get_messages(answer.wsgi_request)] == [
        "Your password was just changed somewhere else. Nothing was changed here."
    ]
    now = User.objects.get(pk=vic.pk)
    assert (now.password, now.link_version) == ("set meanwhile", vic.link_version)
    assert Session.objects.filter(user=vic).count() == 2
    assert not Email.objects.exists()
    assert not AuditRecord.objects.filter(action="sign_in.password_changed").exists()


def test_the_present_password_is_not_guessed_there(vic: User) -> None:
    client = signed_in(vic)
    for _ in range(5):
        assert client.post("/account/password/", {"present": "wrong", "password": NEW}).status_code == 422
    answer = client.post("/account/password/", {"present": PASSWORD, "password": NEW})
    assert "Too many" in answer.content.decode()
    assert User.objects.get(pk=vic.pk).check_password(PASSWORD)
    assert tries("vic@example.com", PASSWORD, address="203.0.113.1") == 302


# --- by an administrator ---


@pytest.fixture
def grace(db: None) -> SipExtension:
    return make_extension("1001", user=make_user("Grace"))


def test_an_administrator_signs_a_person_out_everywhere(ada: User, grace: SipExtension) -> None:
    browsers = [signed_in(grace.user), signed_in(grace.user, IPHONE)]
    administrator = signed_in(ada)
    assert "Sign out everywhere" in administrator.get("/extensions/1001/").content.decode()
    page = administrator.post("/extensions/1001/sign-out/", follow=True).content.decode()
    assert "Grace is signed out. 2 sessions ended." in page
    assert [is_in(each) for each in browsers] == [False, False]
    assert is_in(administrator)
    assert is_in(signed_in(grace.user))
    row = AuditRecord.objects.get(action="sign_in.ended_everywhere")
    assert (row.by_email, row.on) == ("ada@example.com", "Grace")


def test_signing_out_nobody_is_not_recorded(ada: User) -> None:
    page = signed_in(ada).post("/account/security/end-others/", follow=True).content.decode()
    assert "You are not signed in anywhere else." in page
    assert not AuditRecord.objects.filter(action="sign_in.ended_everywhere").exists()


def test_an_administrator_who_does_it_to_the_own_extension_stays_here(ada: User) -> None:
    make_extension("1002", user=ada)
    here, there = signed_in(ada), signed_in(ada, IPHONE)
    assert here.post("/extensions/1002/sign-out/").status_code == 302
    assert (is_in(here), is_in(there)) == (True, False)


def edits(administrator: Client, extension: SipExtension, **more: Any) -> None:
    kept = {
        "registration_name": extension.registration_name, "version": str(extension.version), "password": "",
        "registration_password": "", "role": "",
    }  # fmt: skip
    typed = Typed(extension.number, "Grace", "", "grace@example.com", {**kept, **more})
    assert administrator.post(f"/extensions/{extension.number}/edit/", typed.fields).status_code == 302


@pytest.mark.parametrize(
    "door", ["password", "role", "sign-in ended", "left", "disabled by a command", "password by a command", "deleted"]
)
def test_each_door_ends_the_sessions_at_once(
    ada: User, grace: SipExtension, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, administrator = signed_in(grace.user), signed_in(ada)
    match door:
        case "password":
            edits(administrator, grace, password=NEW)
        case "role":
            edits(administrator, grace, role=str(Role.objects.get(key="employee").pk))
        case "sign-in ended":
            assert administrator.post("/extensions/1001/sign-in/", {"allowed": "no"}).status_code == 302
        case "left":
            administrator.post("/extensions/1001/leave/", {"calls": "nobody", "keep": "30", "then": "leave"})
        case "disabled by a command":
            actions.block_sign_in(grace.number, ada)
        case "password by a command":
            monkeypatch.setattr("getpass.getpass", lambda **_: NEW)
            call_command("changepassword", "grace@example.com")
        case "deleted":
            assert administrator.post("/extensions/1001/delete/", {"then": "save"}).status_code == 302
    assert not is_in(browser)
    assert not Session.objects.filter(user_id=grace.user_id).exists()
    assert is_in(administrator)


def test_an_edit_of_anything_else_ends_nothing(ada: User, grace: SipExtension) -> None:
    browser = signed_in(grace.user)
    edits(signed_in(ada), grace, job_title="Admiral")
    assert is_in(browser)


def test_a_password_by_the_command_line_leads_out_of_a_block(vic: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        tries("vic@example.com", address=f"203.0.113.{n}")
    monkeypatch.setattr("getpass.getpass", lambda **_: NEW)
    call_command("changepassword", "vic@example.com")
    assert tries("vic@example.com", NEW) == 302
    assert failure_counts.clear() == 0
