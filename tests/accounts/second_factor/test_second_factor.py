"""The second factor by app and by recovery code: set up, asked for, limited, trusted, removed, never in clear."""

import re
from collections.abc import Callable
from functools import partial
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils.html import escape

from accounts.models import User
from accounts.second_factor import factors
from accounts.second_factor.factors import Factors
from accounts.throttling.failure_counts import Tally
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.authenticator import code
from tests.pages import html_of
from tests.people import PASSWORD, be_stale

APP, CODES, SECOND = "/account/security/app/", "/account/security/codes/", "/sign-in/second-factor/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def with_app(user: User) -> list[str]:
    """The recovery codes."""
    factors.add_app(user, SECRET, 0)
    return factors.codes_once(user)


def sign_in(client: Client, email: str = "ada@example.com") -> Any:
    return client.post("/sign-in/", {"login": email, "password": PASSWORD, "next": "/roles/"})


def give(client: Client, text: str) -> Any:
    return client.post(SECOND, {"code": text})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def actions() -> list[str]:
    return list(AuditRecord.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


# --- setting up ---


def secret_of(page: str) -> str:
    return str(re.findall(r'id="app-secret"[^>]*>([A-Z2-7 ]+)<', page)[0])


def test_an_app_is_set_up_and_its_recovery_codes_are_shown_once(signed_in: Client, ada: User) -> None:
    page = signed_in.get(APP).content.decode()
    assert "<svg" in page
    assert signed_in.post(APP, {"code": code(secret_of(page))})["Location"] == CODES
    shown = re.findall(r"<code>(\d{8})</code>", signed_in.get(CODES).content.decode())
    assert len(set(shown)) == 10
    again = signed_in.get(CODES).content.decode()
    assert not re.findall(r"<code>\d{8}</code>", again)
    assert "10 codes have not been used." in again
    assert Factors.of(ada).words == "Authenticator app"
    assert actions()[-1] == "second_factor.app_added"
    assert [(each.kind, each.facts["what"]) for each in Email.objects.all()] == [("second_factor_changed", "app_added")]


def test_the_codes_can_be_kept_as_a_file(signed_in: Client, ada: User) -> None:
    factors.add_app(ada, SECRET, 0)
    page = signed_in.get(CODES).content.decode()
    shown = re.findall(r"<code>(\d{8})</code>", page)
    assert f'href="data:text/plain;charset=utf-8,{"%0A".join([*shown, ""])}" download="recovery-codes.txt"' in page


def test_a_wrong_code_sets_up_nothing_and_keeps_the_secret(signed_in: Client, ada: User) -> None:
    secret = secret_of(signed_in.get(APP).content.decode())
    answer = signed_in.post(APP, {"code": "000000" if code(secret) != "000000" else "000001"})
    assert answer.status_code == 422
    assert secret_of(answer.content.decode()) == secret
    assert not Factors.of(ada)


def test_there_is_one_app_at_most(signed_in: Client, ada: User) -> None:
    with_app(ada)
    assert signed_in.get(APP)["Location"] == "/account/security/"
    assert not factors.add_app(ada, SECRET, 0)


# --- signing in ---


def test_after_the_password_the_code_is_asked_for(client: Client, ada: User) -> None:
    with_app(ada)
    assert sign_in(client)["Location"] == SECOND
    assert not is_signed_in(client)
    assert client.get("/roles/").status_code == 302
    assert give(client, code(SECRET))["Location"] == "/sign-in/trust/"
    assert not is_signed_in(client)
    assert client.post("/sign-in/trust/", {"action": "skip"})["Location"] == "/roles/"
    assert is_signed_in(client)
    assert client.get("/roles/add/").status_code == 200


def test_a_code_is_taken_one_step_early_or_late_and_once(client: Client, ada: User) -> None:
    with_app(ada)
    assert factors.use_code(ada, code(SECRET, -2)) is None
    assert factors.use_code(ada, code(SECRET, 2)) is None
    assert factors.use_code(ada, f" {code(SECRET)[:3]} {code(SECRET)[3:]}")
    assert factors.use_code(ada, code(SECRET)) is None
    assert factors.use_code(ada, code(SECRET, -1)) is None
    assert factors.use_code(ada, code(SECRET, 1))


def test_the_code_that_set_it_up_does_not_sign_in(signed_in: Client, ada: User) -> None:
    secret = secret_of(signed_in.get(APP).content.decode())
    signed_in.post(APP, {"code": code(secret)})
    assert factors.use_code(ada, code(secret)) is None


def spaced(text: str, blank: str) -> str:
    return f"{blank}{text[:3]}{blank}{text[3:]}{blank}"


def other_digits(text: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(digit)) for digit in text)


WAYS = [
    *(partial(spaced, blank=blank) for blank in ("\u00a0", "\u202f", "\u3000", "\u200b", "\t", " ", "\ufeff")),
    *(partial(other_digits, zero=zero) for zero in ("\uff10", "\u0660", "\u0966")),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_code_is_taken_with_any_blanks_and_digits(client: Client, ada: User, way: Callable[[str], str]) -> None:
    codes = with_app(ada)
    sign_in(client)
    assert give(client, way(code(SECRET)))["Location"] == "/sign-in/trust/"
    other = Client()
    sign_in(other)
    assert give(other, way(codes[0]))["Location"] == "/sign-in/trust/"


@pytest.mark.parametrize("way", WAYS)
def test_a_code_that_sets_up_an_app_is_taken_so_too(signed_in: Client, way: Callable[[str], str]) -> None:
    secret = secret_of(signed_in.get(APP).content.decode())
    assert signed_in.post(APP, {"code": way(code(secret))}).status_code == 302


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u2460\u2461", "\u00bd", "abc"])
def test_what_is_no_code_is_refused_without_an_error(client: Client, ada: User, text: str) -> None:
    with_app(ada)
    sign_in(client)
    assert give(client, text).status_code == 422


def test_a_recovery_code_works_once(client: Client, ada: User) -> None:
    codes = with_app(ada)
    sign_in(client)
    assert give(client, codes[3])["Location"] == "/sign-in/trust/"
    client.post("/sign-in/trust/", {"action": "skip"})
    assert is_signed_in(client)
    assert "second_factor.code_used" in actions()
    other = Client()
    sign_in(other)
    assert give(other, codes[3]).status_code == 422
    assert give(other, codes[4]).status_code == 302
    assert Factors.of(ada).codes_left == 8


def test_five_wrong_codes_lead_back_to_the_start_and_are_recorded(client: Client, ada: User) -> None:
    codes = with_app(ada)
    sign_in(client)
    assert [give(client, "12345678").status_code for _ in range(4)] == [422] * 4
    assert give(client, "12345678")["Location"] == "/sign-in/"
    assert actions().count("second_factor.failed") == 5
    assert client.get(SECOND)["Location"] == "/sign-in/"
    assert "Too many wrong codes" in client.get("/sign-in/").content.decode()
    for right in (code(SECRET), codes[0]):
        sign_in(client)
        assert give(client, right)["Location"] == "/sign-in/"
    assert Factors.of(ada).codes_left == 10  # none is used up by a try that is refused


def test_who_guesses_locks_the_owner_out_of_no_known_device(client: Client, ada: User) -> None:
    codes = with_app(ada)
    sign_in(client)
    give(client, codes[0])
    client.post("/sign-in/trust/", {"action": "skip"})
    client.post("/sign-out/")
    stranger = Client()
    sign_in(stranger)
    for _ in range(5):
        give(stranger, "12345678")
    sign_in(client)
    assert give(client, code(SECRET))["Location"] == "/sign-in/trust/"


def test_a_sign_in_that_was_begun_ends_when_the_password_changes(client: Client, ada: User) -> None:
    with_app(ada)
    sign_in(client)
    ada.set_password("Another7Horse9Staple")
    ada.save()
    assert give(client, code(SECRET))["Location"] == "/sign-in/"
    assert not is_signed_in(client)


def test_it_can_be_cancelled(client: Client, ada: User) -> None:
    with_app(ada)
    sign_in(client)
    client.post("/sign-out/")
    assert client.get(SECOND)["Location"] == "/sign-in/"


# --- trusted devices ---


def trusting(client: Client, user: User) -> None:
    sign_in(client)
    give(client, code(SECRET))
    client.post("/sign-in/trust/", {"action": "trust"})
    client.post("/sign-out/")


def test_a_trusted_device_is_asked_for_the_password_alone(client: Client, ada: User) -> None:
    with_app(ada)
    trusting(client, ada)
    assert client.cookies[settings.MFA_TRUST_COOKIE_NAME]["max-age"] == 180 * 86400
    assert sign_in(client)["Location"] == "/roles/"


@pytest.mark.parametrize("change", ["password", "codes", "removed"])
def test_trust_ends_with_a_change_of_password_or_factors(client: Client, ada: User, change: str) -> None:
    with_app(ada)
    trusting(client, ada)
    if change == "password":
        ada.set_password(PASSWORD)
        ada.save()
    elif change == "codes":
        factors.new_codes(ada)
    else:
        factors.remove_all(ada, ada, "")
        factors.add_app(ada, SECRET, 0)
    assert sign_in(client)["Location"] == SECOND


def test_trust_is_of_one_person(client: Client, ada: User, vic: User) -> None:
    with_app(ada)
    factors.add_app(vic, SECRET, 0)
    trusting(client, ada)
    assert sign_in(client, "vic@example.com")["Location"] == SECOND


# --- confirming ---


def test_a_code_confirms_who_it_is(signed_in: Client, ada: User) -> None:
    with_app(ada)
    be_stale(signed_in)
    asked = signed_in.get("/roles/add/")["Location"]
    assert "/sign-in/again/code/" in signed_in.get(asked).content.decode()
    by_code = asked.replace("again/", "again/code/")
    assert signed_in.post(by_code, {"code": "12345678"}).status_code == 200
    page = signed_in.get(by_code).context["form"]["code"]
    assert page.field.widget.attrs["autofocus"]
    assert Tally.objects.exists()
    assert signed_in.post(by_code, {"code": code(SECRET)})["Location"] == "/roles/add/"
    assert not Tally.objects.exists()  # the wrong ones are forgiven
    assert signed_in.get("/roles/add/").status_code == 200


def test_who_has_no_password_confirms_by_code(signed_in: Client, ada: User) -> None:
    with_app(ada)
    ada.set_unusable_password()
    ada.save()
    client = Client()
    client.force_login(ada)
    be_stale(client)
    assert client.get("/roles/add/")["Location"].startswith("/sign-in/again/code/")


@pytest.mark.parametrize(("way", "field"), [("", "password"), ("code/", "code")])
def test_confirming_is_limited(signed_in: Client, ada: User, way: str, field: str) -> None:
    with_app(ada)
    answers = [signed_in.post(f"/sign-in/again/{way}", {field: "12345678"}).content.decode() for _ in range(6)]
    assert ["Too many wrong" in each for each in answers] == [False] * 4 + [True] * 2
    right = {"password": PASSWORD, "code": code(SECRET)}
    assert "Too many wrong" in signed_in.post(f"/sign-in/again/{way}", {field: right[field]}).content.decode()


def test_the_page_that_asks_for_the_password_again_says_what_to_type_and_where(signed_in: Client) -> None:
    asked = signed_in.get("/sign-in/again/").context["form"]["password"]
    assert asked.label == "User Password"
    assert asked.field.widget.attrs["autofocus"]
    assert "placeholder" not in str(asked)
    empty = signed_in.post("/sign-in/again/", {"password": ""}).content.decode()
    assert "Enter your password." in empty
    assert "<form" in empty


@pytest.mark.parametrize(
    "path", [APP, CODES, "/account/security/passkeys/add/", "/account/security/second-factor/remove/"]
)
def test_each_change_asks_who_it_is(signed_in: Client, ada: User, path: str) -> None:
    be_stale(signed_in)
    assert signed_in.get(path)["Location"].startswith("/sign-in/again/")
    assert signed_in.post(path)["Location"].startswith("/sign-in/again/")


# --- removing ---

REMOVE = "/account/security/second-factor/remove/"


def test_the_last_factor_takes_the_recovery_codes_along(signed_in: Client, ada: User) -> None:
    with_app(ada)
    assert "your password alone is then enough" in signed_in.get(REMOVE).content.decode()
    signed_in.post(REMOVE)
    assert not Authenticator.objects.exists()
    assert actions()[-1] == "second_factor.app_removed"
    assert Email.objects.first() is not None
    assert signed_in.post(REMOVE)["Location"] == "/account/security/"


def test_the_last_one_stays_where_it_is_compulsory(signed_in: Client, ada: User) -> None:
    with_app(ada)
    Preferences.objects.update(second_factor=True)
    assert "this is your only method" in signed_in.get(REMOVE).content.decode()
    assert signed_in.post(REMOVE).status_code == 409
    assert Factors.of(ada).app


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (factors.Gone, 302, "This verification method has already been removed."),
        (factors.LastFactor, 409, "this is your only method"),
    ],
)
def test_what_changed_a_moment_before_the_removal_is_said(
    signed_in: Client, ada: User, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int, words: str
) -> None:
    with_app(ada)

    def remove(*_: object) -> None:
        raise error

    monkeypatch.setattr(factors, "remove", remove)
    answer = signed_in.post(REMOVE)
    assert answer.status_code == status
    assert words in (answer if status == 409 else signed_in.get(answer["Location"])).content.decode()
    assert Factors.of(ada).app


def test_a_factor_that_is_the_last_or_gone_is_not_removed(ada: User) -> None:
    with_app(ada)
    app = Factors.of(ada).app
    assert app
    Preferences.objects.update(second_factor=True)
    with pytest.raises(factors.LastFactor):
        factors.remove(ada, app)
    assert Factors.of(ada).app
    Preferences.objects.update(second_factor=False)
    factors.remove(ada, app)
    assert not Authenticator.objects.exists()
    before, sent = actions(), Email.objects.count()
    with pytest.raises(factors.Gone):
        factors.remove(ada, app)
    assert (actions(), Email.objects.count()) == (before, sent)


def test_new_codes_end_the_old(signed_in: Client, ada: User) -> None:
    old = with_app(ada)
    assert signed_in.post("/account/security/codes/new/")["Location"] == CODES
    assert factors.use_code(ada, old[0]) is None
    assert actions()[-1] == "second_factor.codes_made"


def test_without_a_factor_there_are_no_codes(signed_in: Client, ada: User) -> None:
    signed_in.post("/account/security/codes/new/")
    assert signed_in.get(CODES)["Location"] == "/account/security/"
    assert not Authenticator.objects.exists()


# --- at rest ---


def test_nothing_of_it_lies_in_the_database_in_clear(signed_in: Client, ada: User) -> None:
    secret = secret_of(html_of(signed_in, APP))
    assert secret.replace(" ", "") not in everything()
    signed_in.post(APP, {"code": code(secret)})
    codes = re.findall(r"<code>(\d{8})</code>", html_of(signed_in, CODES))
    other = Client()
    sign_in(other)
    give(other, codes[0])
    kept = everything()
    assert escape(ada.email) in kept
    for each in (secret, secret.replace(" ", ""), *codes):
        assert each not in kept


def everything() -> str:
    """Each table, as it would be dumped."""
    found = StringIO()
    call_command("dumpdata", stdout=found)
    with connection.cursor() as cursor:
        for table in ("accounts_session", "mfa_authenticator"):
            cursor.execute(f"SELECT * FROM {table}")
            found.write(repr(cursor.fetchall()))
    return found.getvalue()
