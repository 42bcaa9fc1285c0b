"""Preferences, and what of them waits for the PBX, for the tour."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from accounts.models import Role
from core.access.permissions import Permission
from core.https import Certificate
from core.preferences.models import HoldMusic, NameFormat
from extensions.review import preferences as preference_changes
from pbxportal.front import authority, certificates
from pbxportal.portal_address import Address
from tests.browser import company
from tests.browser.apply_stops import run_page
from tests.browser.tour import Tour, ada, belongs_to, one, press, stop
from tests.extensions.calls.voicemail.test_greeting import wav
from tests.node import apply, apply_preferences
from tests.people import make_user


@stop
def preferences(tour: Tour) -> Page:
    return tour.ada("/preferences/")


@stop
def preferences_with_errors(tour: Tour) -> Page:
    page = preferences(tour)
    page.get_by_label("First extension number").fill("7000")
    page.get_by_label("SIP server").fill("not a host")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_of_voicemail(tour: Tour) -> Page:
    return tour.ada("/preferences/voicemail/")


@stop
def preferences_of_voicemail_with_errors(tour: Tour) -> Page:
    page = preferences_of_voicemail(tour)
    page.get_by_label("Longest message").fill("16")
    page.get_by_label("Days to keep").fill("")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_of_hold_music(tour: Tour) -> Page:
    return tour.ada("/preferences/music/")


@stop
def preferences_of_hold_music_uploaded(tour: Tour) -> Page:
    music = HoldMusic.objects.create(version="1", name="spring-jingle.mp3", wav=wav())
    wished(preference_changes.Field.HOLD_MUSIC, music.version)
    return preferences_of_hold_music(tour)


@stop
def preferences_of_hold_music_with_errors(tour: Tour) -> Page:
    page = preferences_of_hold_music(tour)
    press(page, "Upload music")
    return page


@stop
def preferences_of_https(tour: Tour) -> Page:
    return tour.ada("/preferences/https/")


@stop
def preferences_of_https_with_errors(tour: Tour) -> Page:
    page = preferences_of_https(tour)
    page.get_by_label("A certificate of your own").check()
    page.get_by_label("Host name").fill("not a name")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_of_the_network(tour: Tour) -> Page:
    wished(preference_changes.Field.NETWORK_OUTSIDE, "203.0.113.5")
    wished(preference_changes.Field.NETWORK_SIP_PORT, "5070")
    return tour.ada("/preferences/network/")


@stop
def preferences_of_the_network_with_errors(tour: Tour) -> Page:
    page = tour.ada("/preferences/network/")
    page.get_by_label("Local networks").fill("10.0.0.1/8")
    page.get_by_label("Listen on").fill("pbx.example.com")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_of_https_by_our_own_authority(tour: Tour) -> Page:
    """Its certificate is about to end."""
    port, names = 8443, ("https://pbx.office.test:8443", "https://192.0.2.7:8443")
    tour.settings.ADDRESS = Address(f"127.0.0.1:{port}", names, Certificate.AUTHORITY)
    tour.settings.FIND_ADDRESS = lambda: tour.settings.ADDRESS
    tour.stack.enter_context(pytest.MonkeyPatch.context()).setattr(authority, "LIFE", timedelta(days=9, hours=1))
    certificates.prepare(tour.settings.ADDRESS)
    page = preferences_of_https(tour)
    page.get_by_text("How to trust it").click()
    return page


@stop
def whether_phones_reach_us(tour: Tour) -> Page:
    return tour.ada("/preferences/network/reach/")


def wished(field: preference_changes.Field, value: str) -> None:
    preference_changes.choose(ada(), field, value)


@stop
def preferences_that_wait(tour: Tour) -> Page:
    company.people(3)
    wished(preference_changes.Field.NAME_FORMAT, NameFormat.LAST_FIRST)
    wished(preference_changes.Field.COUNTRY, "DE")
    return preferences(tour)


@stop
def preferences_saved_by_two(tour: Tour) -> Page:
    page, other = preferences(tour), preferences(tour)
    other.get_by_label("Maximum session length (hours)").fill("12")
    other.get_by_label("Country").select_option("DE")
    press(other, "Save")
    other.get_by_text("Preferences saved.").wait_for()
    page.get_by_label("Time Zone").fill("berlin")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def preferences_to_look_at(tour: Tour) -> Page:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    auditor = make_user("Vic")
    auditor.role = role
    auditor.save()
    wished(preference_changes.Field.NAME_FORMAT, NameFormat.LAST_FIRST)
    return tour.opened(auditor, "/preferences/")


@stop
def review_with_preferences(tour: Tour) -> Page:
    company.people(3)
    belongs_to(ada())
    wished(preference_changes.Field.NAME_FORMAT, NameFormat.LASTFIRST)
    return tour.ada("/review/")


@stop
def review_of_preferences_alone(tour: Tour) -> Page:
    wished(preference_changes.Field.COUNTRY, "DE")
    return tour.ada("/review/")


@stop
def run_of_preferences(tour: Tour) -> Page:
    one()
    apply(["1000"], ada())
    wished(preference_changes.Field.NAME_FORMAT, NameFormat.LASTFIRST)
    apply_preferences(ada())
    return run_page(tour)
