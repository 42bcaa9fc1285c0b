"""Browsers that somebody has signed in with before: known by a key of their own, and only for some time."""

from datetime import timedelta

import pytest
from django.conf import settings as portal
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.sessions import known_devices
from accounts.sessions.models import Device
from core.mail.models import Email


def request_of(rf: RequestFactory, cookie: str = "") -> HttpRequest:
    request = rf.get("/", headers={"User-Agent": "B" * 300})
    if cookie:
        request.COOKIES[portal.DEVICE_COOKIE_NAME] = cookie
    return request


@pytest.mark.parametrize(("secure", "tell"), [(True, True), (False, False)])
def test_a_new_browser_is_told_of_once_and_then_known(
    rf: RequestFactory, vic: User, ada: User, settings: Settings, *, secure: bool, tell: bool
) -> None:
    settings.SESSION_COOKIE_SECURE = secure
    response = HttpResponse()
    known_devices.remember(request_of(rf), response, vic, tell=tell)
    assert Email.objects.filter(kind="new_device", user=vic).count() == tell
    cookie = response.cookies[portal.DEVICE_COOKIE_NAME]
    assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (secure, True, "Lax")
    assert cookie["max-age"] == int(known_devices.AGE.total_seconds())
    device = Device.objects.get()
    assert (device.user, device.agent) == (vic, "B" * 255)
    assert cookie.value.split(":")[0] not in device.key_hash
    again = request_of(rf, cookie.value)
    assert known_devices.find(again, "vic@example.com") == device
    assert known_devices.find(again, "ada@example.com") is None
    assert known_devices.find(request_of(rf), "vic@example.com") is None
    assert known_devices.find(request_of(rf, cookie.value + "x"), "vic@example.com") is None
    later = HttpResponse()
    known_devices.remember(again, later, vic, tell=True)
    assert later.cookies[portal.DEVICE_COOKIE_NAME].value.split(":")[0] == cookie.value.split(":")[0]
    assert Email.objects.filter(kind="new_device").count() == tell
    known_devices.remember(request_of(rf, cookie.value), HttpResponse(), ada, tell=True)
    assert {each.user for each in Device.objects.all()} == {vic, ada}
    assert Email.objects.filter(kind="new_device", user=ada).count() == 1


@pytest.mark.parametrize(("days", "is_known"), [(179, True), (181, False)])
def test_a_browser_is_forgotten_after_half_a_year(rf: RequestFactory, vic: User, *, days: int, is_known: bool) -> None:
    response = HttpResponse()
    known_devices.remember(request_of(rf), response, vic)
    Device.objects.update(last_seen=timezone.now() - timedelta(days=days))
    again = request_of(rf, response.cookies[portal.DEVICE_COOKIE_NAME].value)
    assert bool(known_devices.find(again, "vic@example.com")) is is_known
    assert known_devices.clear() == (not is_known)
    assert Device.objects.count() == is_known
    assert Email.objects.count() == 0


def test_a_mail_says_from_where(rf: RequestFactory) -> None:
    request = rf.get(
        "/", headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"}, REMOTE_ADDR="192.0.2.7"
    )
    found = known_devices.circumstances(request)
    assert found["address"] == "192.0.2.7"
    assert "Firefox" in str(found["agent"])
