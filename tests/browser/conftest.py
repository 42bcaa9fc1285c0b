import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.browser.watch import Watch
from tests.core.mail.conftest import postbox as postbox
from tests.pbx.conftest import office as office

# Chromium as Debian has it, without the window that nobody looks at, which costs as much again; test_newcomer has one
# with it. Nothing of it speaks to anybody but the portal.
CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
MILLISECONDS_TO_WAIT = 30_000
WIDE, HIGH = 1280, 800
SCREEN: dict[str, Any] = {"viewport": {"width": WIDE, "height": HIGH}, "reduced_motion": "reduce"}

NewContext = Callable[..., BrowserContext]
SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # Playwright keeps a loop in this thread, and Django would take every query for one made inside of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=MILLISECONDS_TO_WAIT)
    program = shutil.which("chromium-headless-shell")
    return {**browser_type_launch_args, "executable_path": program, "args": CHROMIUM.split()}


@pytest.fixture(scope="session")
def base_url() -> None:
    """No one for all tests: each names the portal that it visits."""


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, **SCREEN}


@pytest.fixture
def watched(new_context: NewContext) -> Iterator[NewContext]:
    """Makes browser contexts in which nothing may go wrong."""
    watch = Watch()

    def make(**options: Any) -> BrowserContext:
        context = watch.over(new_context(**options))
        context.set_default_timeout(MILLISECONDS_TO_WAIT)
        return context

    yield make
    assert watch.trouble == []


@pytest.fixture
def stranger(watched: NewContext, live_server: LiveServer) -> Page:
    """Somebody at the live portal who has not signed in."""
    return watched(base_url=live_server.url).new_page()


@pytest.fixture
def sign_in(watched: NewContext, live_server: LiveServer) -> SignIn:
    """A page of its own for a person, signed in already."""

    def sign_in(user: User, **options: Any) -> Page:
        context = watched(base_url=live_server.url, **options)
        let_in(context, user, live_server.url)
        return context.new_page()

    return sign_in


def let_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])


@pytest.fixture
def adas(live_server: LiveServer, ada: User, sign_in: SignIn) -> Page:
    """Ada's page."""
    return sign_in(ada)


@pytest.fixture
def unwatched(new_context: NewContext, live_server: LiveServer, ada: User) -> BrowserContext:
    """Ada's, in which requests may fail."""
    context = new_context(base_url=live_server.url)
    let_in(context, ada, live_server.url)
    return context
