"""Signing in, a forgotten password, and the own sign-in, for the tour."""

from playwright.sync_api import Page

from accounts.models import User
from accounts.passwords.tokens import LinkTokenGenerator, reset_tokens, welcome_tokens
from core.preferences.models import Preferences
from tests.accounts.security.test_security import ANDROID, EDGE, IPHONE, signed_in
from tests.accounts.throttling.test_throttling import tries
from tests.browser.tour import Tour, press, stop
from tests.people import make_extension, make_user


def choose_path(tour: Tour, tokens: LinkTokenGenerator) -> str:
    user = User.objects.filter(email="vic@example.com").first() or make_user("Vic", last_name="Hopper")
    return tokens.link(user).removeprefix(tour.settings.PORTAL_URL)


@stop
def sign_in_stopped(tour: Tour) -> Page:
    make_user("Vic")
    for _ in range(5):
        tries("nobody@example.com", address="127.0.0.1")
    page = tour.stranger
    page.goto("/sign-in/")
    page.get_by_label("Email Address*").fill("nobody@example.com")
    page.get_by_label("Password*").fill("wrong")
    press(page, "Sign in")
    page.get_by_role("alert").wait_for()
    return page


@stop
def forgotten_without_a_mail_server(tour: Tour) -> Page:
    tour.stranger.goto("/password/")
    return tour.stranger


@stop
def forgotten(tour: Tour) -> Page:
    Preferences.objects.update(mail_host="mail.example.com", mail_from="portal@example.com")
    tour.stranger.goto("/password/")
    return tour.stranger


@stop
def forgotten_with_errors(tour: Tour) -> Page:
    page = forgotten(tour)
    page.get_by_label("Email Address*").fill("vic")
    press(page, "Send link")
    page.locator(".invalid-feedback").wait_for()
    return page


@stop
def forgotten_sent(tour: Tour) -> Page:
    page = forgotten(tour)
    page.get_by_label("Email Address*").fill("vic@example.com")
    press(page, "Send link")
    page.get_by_role("heading", name="Check your e-mail").wait_for()
    return page


@stop
def choose_first(tour: Tour) -> Page:
    tour.stranger.goto(choose_path(tour, welcome_tokens))
    return tour.stranger


@stop
def choose_again_with_errors(tour: Tour) -> Page:
    page = tour.stranger
    page.goto(choose_path(tour, reset_tokens))
    page.get_by_label("New Password*").fill("short")
    press(page, "Set password and sign in")
    page.get_by_role("alert").wait_for()
    return page


@stop
def choose_closed(tour: Tour) -> Page:
    tour.stranger.goto("/password/reset/MQ/nonsense/")
    return tour.stranger


@stop
def security(tour: Tour) -> Page:
    user = make_user("Vic", last_name="Hopper")
    for agent, address in ((IPHONE, "2001:db8:85a3:1234:5678:8a2e:370:7334"), (EDGE, "198.51.100.7"), (ANDROID, "x")):
        signed_in(user, agent, address)
    return tour.opened(user, "/account/security/")


@stop
def security_here_alone(tour: Tour) -> Page:
    return tour.ada("/account/security/")


@stop
def own_password(tour: Tour) -> Page:
    return tour.ada("/account/password/")


@stop
def own_password_with_errors(tour: Tour) -> Page:
    page = own_password(tour)
    page.get_by_label("Current Password*").fill("wrong")
    page.get_by_label("New Password*").fill("short")
    press(page, "Change password")
    page.get_by_role("alert").wait_for()
    return page


@stop
def sign_in_to_be_blocked(tour: Tour) -> Page:
    make_extension("1000", first_name="Grace", last_name="Hopper")
    return tour.ada("/extensions/1000/sign-in/")


@stop
def password_to_be_changed(tour: Tour) -> Page:
    page = tour.opened(make_user("Vic", password_seen=True), "/")
    page.get_by_role("heading", name="Choose a new password").wait_for()
    return page
