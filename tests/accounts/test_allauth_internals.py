"""What the portal relies on in allauth's internals: a new version that changes it is found here, and not by people."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.test import RequestFactory

from accounts import allauth_internals as internals
from accounts.models import User
from accounts.sessions.models import SessionStore
from tests.authenticator import STEP, code

ROOT = Path(__file__).resolve().parents[2]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def request_(rf: RequestFactory, vic: User) -> Iterator[HttpRequest]:
    """Of Vic, who has signed in; allauth finds it in its context."""
    request = rf.post("/roles/add/?x=1", {"name": "Looks"})
    request.session, request.user = SessionStore(), vic
    with context.request_context(request):
        yield request


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_nothing_else_imports_them() -> None:
    folders = ("core", "accounts", "extensions", "asterisk", "pbxportal", "tests")
    importing = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for name in imports(path)
        if name.startswith("allauth.") and "internal" in name.split(".")
    }
    assert importing == {"accounts/allauth_internals.py"}


def test_each_has_a_test_here() -> None:
    text = Path(__file__).read_text()
    assert [name for name in internals.__all__ if f"internals.{name}" not in text] == []


def test_an_authentication_is_recorded_in_the_session(request_: HttpRequest, vic: User) -> None:
    internals.record_authentication(request_, vic, "sign_in", reauthenticated=True)
    [record] = get_authentication_records(request_, vic)
    assert (record["method"], record["reauthenticated"]) == ("sign_in", True)


def test_a_suspended_request_waits_in_the_session(request_: HttpRequest) -> None:
    answer = internals.suspend_request(request_, "/sign-in/again/")
    assert answer["Location"] == "/sign-in/again/?next=%2Froles%2Fadd%2F%3Fx%3D1"
    assert "Looks" in json.dumps(dict(request_.session.items()))


def test_a_login_that_was_begun_is_forgotten(request_: HttpRequest) -> None:
    request_.session["account_login"] = {"begun": True}
    request_.user = AnonymousUser()
    internals.clear_login(request_)
    assert "account_login" not in request_.session


def test_the_use_of_a_factor_is_recorded(request_: HttpRequest, vic: User) -> None:
    factor = internals.TOTP.activate(vic, SECRET).instance
    internals.post_authentication(request_, factor, reauthenticated=True)
    [record] = get_authentication_records(request_, vic)
    assert (record["method"], record["id"], record["reauthenticated"]) == ("mfa", factor.pk, True)
    assert Authenticator.objects.get().last_used_at


def test_an_app_is_stored_with_its_secret_sealed(vic: User) -> None:
    factor = internals.TOTP.activate(vic, SECRET).instance
    assert factor.type == Authenticator.Type.TOTP
    assert factor.data["secret"] != SECRET
    assert decrypt(factor.data["secret"]) == SECRET


def test_a_new_secret_is_base_32_of_20_bytes_and_never_the_same() -> None:
    secrets = {internals.generate_totp_secret() for _ in range(5)}
    assert len(secrets) == 5
    assert {len(secret) for secret in secrets} == {32}
    assert all(code(secret).isdigit() for secret in secrets)


def test_codes_are_those_of_rfc_6238() -> None:
    rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # its appendix B, in six digits
    codes = [internals.format_hotp_value(internals.hotp_value(rfc, second // STEP)) for second in (59, 1111111109)]
    assert codes == ["287082", "081804"]


def test_the_steps_that_count_are_now_one_before_and_one_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 59.0)
    assert list(internals.yield_hotp_counters_from_time()) == [0, 1, 2]


@pytest.mark.parametrize(("typed", "same"), [("287082", True), ("287 082", True), ("287083", False), ("", False)])
def test_a_typed_code_is_compared_without_its_spaces(typed: str, same: bool) -> None:
    assert internals.compare_user_code(actual=typed, expected="287082") is same


def test_recovery_codes_work_once_each_and_know_whether_they_were_seen(vic: User) -> None:
    codes = internals.RecoveryCodes.activate(vic)
    assert internals.RecoveryCodes.activate(vic).instance == codes.instance
    first = codes.get_unused_codes()[0]
    assert not codes.did_view
    codes.mark_as_viewed()
    assert codes.did_view
    assert codes.validate_code(first)
    assert not codes.validate_code(first)
    assert codes.instance.data["used_mask"] == 1
    assert first not in codes.get_unused_codes()


def test_a_passkey_is_stored_with_its_name(vic: User) -> None:
    internals.WebAuthn.add(vic, "Phone", {"id": "AA"})
    factor = Authenticator.objects.get()
    assert (factor.type, factor.data) == (Authenticator.Type.WEBAUTHN, {"name": "Phone", "credential": {"id": "AA"}})


def test_a_passkey_that_is_begun_asks_to_look_who_it_is(request_: HttpRequest, vic: User) -> None:
    options = internals.begin_registration(vic, passwordless=True)["publicKey"]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert request_.session[internals.STATE_SESSION_KEY]["challenge"] == options["challenge"]


@pytest.mark.parametrize("credential", [[], {}, {"id": "AA"}])
def test_what_is_no_answer_of_a_passkey_is_not_parsed(request_: HttpRequest, credential: object) -> None:
    with pytest.raises((ValidationError, ValueError, TypeError, KeyError, AttributeError)):
        internals.parse_registration_response(credential)


def test_an_answer_to_no_question_completes_nothing(request_: HttpRequest) -> None:
    with pytest.raises(ValidationError):
        internals.complete_registration({"id": "AA"})
