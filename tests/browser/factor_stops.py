"""The pages of the second factor, and of who it is, for the tour."""

from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings as portal
from playwright.sync_api import Page

from accounts.models import User
from accounts.second_factor import factors
from accounts.second_factor.factors import Passkey
from core.preferences.models import Preferences
from extensions.models import SipExtension
from tests.browser.passkeys import by_name, with_authenticator
from tests.browser.tour import Tour, ada, one, press, stop
from tests.people import PASSWORD, be_stale_everywhere, make_user

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECURITY = "/account/security/"


def with_all(user: User) -> User:
    """An app and two passkeys, the one with a long name; and some codes are used."""
    factors.add_app(user, SECRET, 0)
    for name in ("Phone", "The blue security key in the second drawer of the desk in Greater Manchester"):
        Authenticator.objects.create(user=user, type=Passkey, data={"name": name, "credential": {}})
    for code in factors.codes_once(user)[:3]:
        factors.use_code(user, code)
    return user


def with_app(user: User) -> User:
    factors.add_app(user, SECRET, 0)
    return user


def at_its_name(tour: Tour, path: str) -> Page:
    """Where passkeys work, in a browser of its own, for the authenticator stays in it."""
    page = tour.opened(ada(), "/health/", storage_state={"cookies": [], "origins": []})
    url = by_name(page.url.removesuffix("/health/"), tour.settings)
    [cookie] = [each for each in page.context.cookies() if each["name"] == portal.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": portal.SESSION_COOKIE_NAME, "value": cookie["value"], "url": url}])
    with_authenticator(page).goto(f"{url}{path}")
    return page


def asked(tour: Tour, user: User) -> Page:
    """After the password."""
    page = tour.stranger
    page.goto("/sign-in/")
    page.get_by_label("Email Address*").fill(user.email or "")
    page.get_by_label("Password*").fill(PASSWORD)
    return press(page, "Sign in")


def stale(tour: Tour, path: str) -> Page:
    page = tour.ada("/health/")
    be_stale_everywhere()
    page.goto("/roles/add/")
    page.goto(f"{path}?{urlsplit(page.url).query}")
    return page


@stop
def second_factor_of_all_kinds(tour: Tour) -> Page:
    with_all(ada())
    return tour.ada(f"{SECURITY}#second-factor")


@stop
def second_factor_to_set_up_first(tour: Tour) -> Page:
    Preferences.objects.update(second_factor=True)
    return tour.opened(make_user("Hugo", role="human_resource"), "/")


@stop
def second_factor_app_wrong(tour: Tour) -> Page:
    page = tour.ada("/account/security/app/")
    page.get_by_label("Code*").fill("123456")
    press(page, "Set up")
    page.get_by_text("wrong or has expired").wait_for()
    page.get_by_text("Enter it manually").click()
    return page


@stop
def second_factor_app_first(tour: Tour) -> Page:
    Preferences.objects.update(second_factor=True)
    return tour.opened(make_user("Hugo", role="human_resource"), "/account/security/app/")


@stop
def second_factor_passkey(tour: Tour) -> Page:
    page = at_its_name(tour, "/account/security/passkeys/add/")
    page.get_by_role("button", name="Create passkey").wait_for()
    return page


@stop
def second_factor_rename(tour: Tour) -> Page:
    passkey = factors.Factors.of(with_all(ada())).passkeys[1]
    return tour.ada(f"/account/security/passkeys/rename/?passkey={passkey.pk}")


@stop
def second_factor_remove_the_last(tour: Tour) -> Page:
    with_app(ada())
    return tour.ada("/account/security/second-factor/remove/")


@stop
def second_factor_remove_refused(tour: Tour) -> Page:
    Preferences.objects.update(second_factor=True)
    return second_factor_remove_the_last(tour)


@stop
def recovery_codes(tour: Tour) -> Page:
    with_app(ada())
    return tour.ada("/account/security/codes/")


@stop
def recovery_codes_seen(tour: Tour) -> Page:
    with_all(ada())
    return tour.ada("/account/security/codes/")


@stop
def second_factor_asked_for(tour: Tour) -> Page:
    page = asked(tour, with_app(ada()))
    page.get_by_label("Code*").fill("123456")
    press(page, "Sign in")
    page.get_by_text("That code did not match").wait_for()
    return page


@stop
def second_factor_by_passkey(tour: Tour) -> Page:
    page = at_its_name(tour, "/account/security/passkeys/add/")
    press(page, "Create passkey")
    page.get_by_role("heading", name="Recovery codes").wait_for()
    be_stale_everywhere()
    page.goto("/".join([*page.url.split("/")[:3], "roles/add/"]))
    page.goto(page.url.replace("again/", "again/passkey/"))
    page.get_by_role("button", name="Use a passkey").wait_for()
    return page


@stop
def second_factor_trust(tour: Tour) -> Page:
    user = ada()
    factors.add_app(user, SECRET, 0)
    page = asked(tour, user)
    page.get_by_label("Code*").fill(factors.codes_once(user)[0])
    press(page, "Sign in")
    page.get_by_role("heading", name="Trust this device?").wait_for()
    return page


@stop
def who_it_is(tour: Tour) -> Page:
    with_app(ada())
    page = stale(tour, "/sign-in/again/")
    page.get_by_label("User Password*").fill("wrong")
    press(page, "Continue")
    page.get_by_text("The password is incorrect").wait_for()
    return page


@stop
def who_it_is_by_code(tour: Tour) -> Page:
    with_app(ada())
    return stale(tour, "/sign-in/again/code/")


def lost() -> SipExtension:
    extension = one()
    with_all(extension.user)
    return extension


@stop
def extension_with_a_second_factor(tour: Tour) -> Page:
    lost()
    return tour.ada("/extensions/1000/")


@stop
def second_factor_of_somebody(tour: Tour) -> Page:
    lost()
    return tour.ada("/extensions/1000/second-factor/")
