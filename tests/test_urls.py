"""Closed by default: every address of the resolver, without a sign-in and without the token of a form."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.forms import BaseForm, Field
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from core.audit.models import AuditRecord
from extensions.models import Change, SipExtension
from tests.people import make_extension, make_user

OPEN = {
    "preferences/https/root-certificate/",
    "web-socket/",
    "account/email/<str:side>/<str:token>/",
    "sign-in/",
    "sign-in/passkey/",
    "sign-in/second-factor/",
    "sign-in/trust/",
    "sign-out/",
    "health/",
    "metrics",
    "theme/",
    "setup/<str:token>/",
    "password/",
    "password/reset/<str:uidb64>/<str:token>/",
    "password/welcome/<str:uidb64>/<str:token>/",
}
NO_BATCH = "00000000-0000-4000-8000-000000000000"
VALUES = {
    "<number:number>": "1000",
    "<int:pk>": "1",
    "<int:department>": "1",
    "<int:message>": "1",
    "<slug:how>": "delete",
    "<uuid:batch>": NO_BATCH,
    "<uuid:key>": NO_BATCH,
    "<slug:code>": "disable",
    "<uuid:pk>": NO_BATCH,
    "<str:token>": "nonsense",
    "<str:uidb64>": "MQ",
    "<str:side>": "new_email",
    "<str:version>": "0123456789abcdef",
}


def walk(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from walk(each, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield before + str(each.pattern)


ROUTES = sorted(walk(get_resolver(settings.ROOT_URLCONF)))


def address(route: str) -> str:
    for placeholder, value in VALUES.items():
        route = route.replace(placeholder, value)
    assert "<" not in route
    return "/" + route


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One transaction for all, in which each test has a savepoint: pytest-django's own would close the connection."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def session(db: None) -> str:
    """Ada's, and an extension that is there to be asked for."""
    make_extension("1000", first_name="Canary")
    client = Client()
    client.force_login(make_user("Ada", role="super_administrator"))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def stranger(session: str, client: Client) -> Iterator[Client]:
    with transaction.atomic():
        yield client
        transaction.set_rollback(True)


@pytest.fixture
def adas(stranger: Client, session: str) -> Client:
    return become_ada(stranger, session)


def become_ada(client: Client, session: str) -> Client:
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in OPEN])
def test_a_stranger_is_sent_to_the_sign_in(stranger: Client, route: str, method: str) -> None:
    answer = getattr(stranger, method)(address(route))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("route", ROUTES)
def test_no_other_method_is_known(adas: Client, route: str) -> None:
    for method in ("put", "patch", "delete", "options", "trace"):
        assert getattr(adas, method)(address(route)).status_code == 405


@pytest.mark.parametrize("route", sorted(OPEN))
def test_what_is_open_tells_a_stranger_nothing(stranger: Client, route: str) -> None:
    answer = stranger.get(address(route))
    assert answer.status_code in (200, 302, 403, 404, 405, 410)
    assert b"Canary" not in answer.content


@pytest.mark.parametrize("route", ROUTES)
def test_a_post_without_the_token_changes_nothing(stranger: Client, session: str, route: str) -> None:
    strict = become_ada(Client(enforce_csrf_checks=True), session)
    before = list(SipExtension.objects.values()), Change.objects.count(), AuditRecord.objects.count()
    answer = strict.post(address(route), {"then": "save", "theme": "dark"})
    assert answer.status_code in (403, 405), answer.status_code
    assert before == (list(SipExtension.objects.values()), Change.objects.count(), AuditRecord.objects.count())


@pytest.mark.parametrize("route", ROUTES)
def test_every_page_forbids_foreign_content(adas: Client, route: str) -> None:
    answer = adas.get(address(route))
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("route", ROUTES)
def test_each_field_says_what_to_enter(adas: Client, route: str) -> None:
    """In place of Django's "This field is required.", and as the page of the other forms lays it out."""
    answer = adas.get(address(route))
    forms = [each for each in values_of(answer) if isinstance(each, BaseForm)]
    assert forms or b"asteriskField" not in b"".join(answer)
    assert not forms or answer.status_code == 200, "nothing was sent yet"
    for form in forms:
        for name, field in form.fields.items():
            shown = field.required and not field.widget.is_hidden
            assert not (shown and field.error_messages["required"] == Field.default_error_messages["required"]), name


def values_of(answer: Any) -> list[Any]:
    """Of the contexts of its templates."""
    return [
        value for each in answer.context or () for layer in getattr(each, "dicts", [each]) for value in layer.values()
    ]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", ROUTES)
def test_no_browser_keeps_a_page(stranger: Client, session: str, route: str, method: str) -> None:
    for _ in ("stranger", "ada"):
        answer = getattr(stranger, method)(address(route))
        assert "no-store" in answer["Cache-Control"]
        b"".join(answer)  # to its end, which closes the file of a recording
        become_ada(stranger, session)


# Long, and without a secret: where one stands on a page, its length tells nothing of it (BREACH).
COMPRESSED = {
    "extensions/people/",
    "extensions/", "extensions/status/", "extensions/welcome/", "review/", "history/", "history/<int:pk>/",
    "history/check/", "blocked/", "backup/", "events/", "log/", "mail/", "roles/", "organizations/",
    "trunks/", "outbound-routes/", "inbound-routes/", "ring-groups/", "announcements/",
    "business-hours/holidays/",
}  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_lists_are_compressed_and_no_page_with_a_secret(adas: Client, route: str) -> None:
    answer = adas.get(address(route), {"n": "1000", "detail": "1"}, headers={"Accept-Encoding": "gzip"})
    b"".join(answer)
    compressed = answer.get("Content-Encoding") == "gzip"
    assert compressed == (route in COMPRESSED and answer.status_code == 200), answer.status_code
