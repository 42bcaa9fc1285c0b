"""What phones do and what keeps them from registering, as the extension's page says it."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client
from django.utils.timezone import localdate
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.engine import store as engine
from asterisk.live import store as live
from asterisk.live.network_recorder import sighting
from extensions import actions
from extensions.models import Change, SipExtension
from extensions.phones.known_networks import Sighting
from tests.conftest import TOLD
from tests.node import apply
from tests.pages import html_of
from tests.pbx.office import Office, contacts, engine_tables, eventually, talking, unplug
from tests.people import make_extension, make_user
from tests.phones.phone import Phone


@pytest.fixture
def page(client: Client, ada: User) -> "Page":
    client.force_login(ada)
    return Page(client)


class Page:
    def __init__(self, client: Client) -> None:
        self.client = client

    def text(self, number: str, path: str = "") -> str:
        html = html_of(self.client, path or f"/extensions/{number}/")
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())

    def html(self, number: str) -> str:
        return html_of(self.client, f"/extensions/{number}/")

    def says(self, number: str, *words: str) -> bool:
        """Within a moment, in the page and in the answer to its poll."""
        poll = f"/extensions/status/?n={number}&detail=1"
        here = eventually(lambda: all(each in self.text(number) for each in words))
        assert here, self.text(number)
        return all(each in self.text(number, poll) for each in words)

    def state(self, number: str, word: str) -> bool:
        return eventually(lambda: self.text(number, f"/extensions/status/?n={number}").startswith(word))


# --- what a number does ---


def test_the_page_follows_a_phone(office: Office, page: Page) -> None:
    extension = office.extension()
    number = extension.number
    assert page.state(number, "Offline")
    phone, caller = office.registered(extension), office.registered()
    assert page.state(number, "Idle")
    outgoing = caller.call(number)
    incoming = phone.wait_call()
    assert page.state(number, "Ringing")
    incoming.answer()
    outgoing.wait_answered()
    assert page.state(number, "Busy")
    outgoing.hangup()
    assert page.state(number, "Idle")
    unplug(phone)
    assert page.state(number, "Unreachable")


def test_a_phone_is_shown_with_address_and_since_when(office: Office, page: Page) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    assert page.says(extension.number, f"127.0.0.1:{phone.port}, since {localdate():%m/%d/%Y}")
    assert "UDP, not encrypted" in page.text(extension.number)
    assert "Offline since" not in page.text(extension.number)


# --- since when, and why, there is none ---


def test_a_number_that_never_had_a_phone(office: Office, page: Page) -> None:
    assert page.says(office.extension().number, "No phone registered yet.")


def test_a_phone_that_signed_off(office: Office, page: Page) -> None:
    phone = office.registered()
    assert page.state(phone.number, "Idle")
    phone.unregister()
    assert page.says(phone.number, f"Offline since {localdate():%m/%d/%Y}", "The phone unregistered.")


def test_a_phone_that_was_removed(office: Office, page: Page, ada: User) -> None:
    extension = office.extension()
    office.registered(extension)
    assert page.state(extension.number, "Idle")
    remove(page, extension.number, contacts(extension.number)[0]["ID"])
    assert page.says(extension.number, "Offline since", "The registration was removed in the portal.")


def test_a_phone_that_an_apply_put_out(office: Office, page: Page) -> None:
    extension = office.extension()
    office.registered(extension)
    assert page.state(extension.number, "Idle")
    allow(extension, "10.0.0.0/8")
    assert page.says(extension.number, "Offline since", "The registration was removed in the portal.")


def test_one_that_was_unplugged_and_one_that_did_not_come_again(office: Office, page: Page) -> None:
    with engine_tables() as tables:
        (view,) = tables.execute("SELECT sql FROM sqlite_master WHERE name = 'ps_aors'").fetchone()
        tables.execute("DROP VIEW ps_aors")
        tables.execute(view.replace("'60' AS minimum", "'1' AS minimum"))
    try:
        unplugged, silent = office.phone(office.extension()), office.phone(office.extension())
        assert (unplugged.register(15), silent.register(4)) == (200, 200)
        assert page.state(silent.number, "Idle")
        unplug(unplugged)
        assert page.state(unplugged.number, "Unreachable")  # asked in vain, well before it expires
        assert eventually(lambda: contacts(unplugged.number) == contacts(silent.number) == [], 40)
        assert page.says(silent.number, "Offline since", "The registration expired and the phone did not renew it.")
        assert page.says(unplugged.number, "Offline since", "The phone stopped answering.")
    finally:
        engine.prepare(settings.ENGINE_FILE)


def test_the_phones_of_whoever_had_the_number_before_are_not_told_of(office: Office, page: Page) -> None:
    phone = office.registered()
    assert page.state(phone.number, "Idle")
    phone.unregister()
    assert page.says(phone.number, "Offline since")
    Change.objects.create(number=phone.number, kind=Change.Kind.ADDED)
    assert page.says(phone.number, "No phone registered yet.")


def test_a_contact_without_a_user_part_is_shown_noted_and_stays_through_an_apply(office: Office, page: Page) -> None:
    told: list[Sighting] = []
    TOLD.append(lambda found: told.extend(map(sighting, found)))
    extension = office.extension(allowed_networks="127.0.0.0/8")
    phone = office.phone(extension)
    phone._registration.contact = f"<sip:127.0.0.1:{phone.port}>"
    assert phone.register() == 200
    assert page.says(extension.number, f"Registered 127.0.0.1:{phone.port}, since")
    assert [(each.number, each.host) for each in told if each.number == extension.number][-1:] == [
        (extension.number, "127.0.0.1")
    ]
    TOLD.clear()
    extension.user.first_name = "Renamed"
    extension.user.save()
    apply([extension.number], None)
    assert len(contacts(extension.number)) == 1


def test_nothing_is_claimed_when_nobody_listens(office: Office, page: Page, settings: Settings) -> None:
    phone = office.registered()
    assert page.state(phone.number, "Idle")
    settings.LIVE_FILE = settings.LIVE_FILE.with_name("nobody.sqlite3")
    live.prepare(settings.LIVE_FILE)
    assert page.state(phone.number, "Unknown")
    with live.opened(settings.LIVE_FILE) as db:
        live.beat(db, hears=False)
    assert page.state(phone.number, "Unknown")


def test_a_live_file_that_is_lost_or_damaged_is_made_again(office: Office, page: Page, settings: Settings) -> None:
    phone = office.registered()
    assert page.state(phone.number, "Idle")
    for file in settings.LIVE_FILE.parent.glob("live.sqlite3*"):
        file.unlink()
    assert page.state(phone.number, "Idle")
    assert page.says(phone.number, f"127.0.0.1:{phone.port}")


# --- removing a phone ---


def remove(page: Page, number: str, phone: str) -> str:
    answer = page.client.post(f"/extensions/{number}/phones/remove/", {"phone": phone}, follow=True)
    return answer.content.decode() if answer.status_code == 200 else str(answer.status_code)


def test_a_phone_is_removed(office: Office, page: Page) -> None:
    extension = office.extension(max_phones=2)
    gone, kept = office.registered(extension), office.registered(extension)
    (first,) = [each["ID"] for each in contacts(extension.number) if str(gone.port) in each["URI"]]
    assert "Phone removed." in remove(page, extension.number, first)
    assert [str(kept.port) in each["URI"] for each in contacts(extension.number)] == [True]
    assert "no longer registered" in remove(page, extension.number, first)


def test_before_a_phone_is_removed_a_page_says_which_and_what_it_does(office: Office, page: Page) -> None:
    phone = office.registered()
    number = phone.number
    (held,) = [each["ID"] for each in contacts(number)]
    path = f"/extensions/{number}/phones/remove/"
    link = f"phone={quote(held, safe='')}"
    assert page.says(number, f"127.0.0.1:{phone.port}")
    assert f'href="{path}?{link}"' in page.client.get(f"/extensions/{number}/").content.decode()
    asked = page.client.get(f"{path}?{link}").content.decode()
    assert f"127.0.0.1:{phone.port} is disconnected immediately" in asked
    assert f'name="phone" value="{held}"' in asked
    assert len(contacts(number)) == 1
    assert "no longer registered" in page.client.get(path, {"phone": "other"}, follow=True).content.decode()


def test_a_phone_of_another_number_is_not_removed_by_its_id(office: Office, page: Page) -> None:
    one, other = office.registered(), office.registered()
    (theirs,) = [each["ID"] for each in contacts(other.number)]
    assert "no longer registered" in remove(page, one.number, theirs)
    assert len(contacts(other.number)) == 1


def test_people_remove_their_own_phones_alone(office: Office, client: Client) -> None:
    vic = make_user("Vic")
    own, other = office.extension(user=vic), office.extension()
    phone, theirs = office.registered(own), office.registered(other)
    client.force_login(vic)
    (mine,) = [each["ID"] for each in contacts(phone.number)]
    assert "Phone removed." in remove(Page(client), own.number, mine)
    assert remove(Page(client), other.number, "x") == "404"
    assert len(contacts(theirs.number)) == 1


def test_a_pbx_that_is_away_is_said(office: Office, page: Page, settings: Settings) -> None:
    phone = office.registered()
    settings.AMI_PORT = 9
    assert "The phone could not be removed." in remove(page, phone.number, "x")


# --- why a phone does not register ---

WHY = "Why can’t my phone register or call?"


def test_a_calm_page_asks_nothing(office: Office, page: Page) -> None:
    phone = office.registered()
    assert page.state(phone.number, "Idle")
    assert WHY not in page.text(phone.number)


def test_a_wrong_password(office: Office, page: Page) -> None:
    extension = office.extension()
    assert office.phone(extension, password="wrong").register() == 401
    assert page.says(
        extension.number,
        WHY,
        "Wrong registration password or authentication name",
        "A phone at 127.0.0.1 (UDP)",
        f"The authentication name is {extension.registration_name}.",
    )


def test_a_wrong_authentication_name(office: Office, page: Page) -> None:
    extension = office.extension()
    assert office.phone(extension, auth_name="nobody").register() == 401
    assert page.says(extension.number, "Wrong registration password or authentication name")


def test_the_registration_name_in_place_of_the_number(office: Office, page: Page) -> None:
    extension = office.extension()
    assert office.phone(extension, number=extension.registration_name).register() == 403
    assert page.says(
        extension.number,
        "The registration name was entered as the user name",
        f"the user name is {extension.number}. The authentication name is {extension.registration_name}.",
    )


def test_an_extension_that_is_disabled(office: Office, page: Page, ada: User) -> None:
    extension = office.extension()
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    assert office.phone(extension).register() == 403
    assert page.says(
        extension.number, f"The PBX did not recognize {extension.number}", "disabled. Enable it.", "Enable"
    )


def test_an_extension_that_waits_to_be_applied(office: Office, page: Page) -> None:
    extension = make_extension()
    assert office.phone(extension).register() == 401
    assert page.says(extension.number, "has an unapplied change. Apply it.", "Review and apply")


def test_more_phones_than_allowed(office: Office, page: Page) -> None:
    extension = office.extension()
    first = office.registered(extension)
    assert page.state(extension.number, "Idle")
    assert office.phone(extension).register() == 403
    assert page.says(
        extension.number,
        "1 phone already registered, the maximum allowed",
        f"Registered: a phone at 127.0.0.1:{first.port}.",
    )
    first.unregister()
    assert page.says(extension.number, "The phone can register now")


def test_a_phone_outside_the_allowed_networks(office: Office, page: Page) -> None:
    extension = office.extension(allowed_networks="10.0.0.0/8, 192.0.2.7")
    assert office.phone(extension).register() == 401
    assert page.says(
        extension.number,
        "Outside the allowed networks",
        "Phones may register from 10.0.0.0/8, 192.0.2.7. If 127.0.0.1 is right, add it",
    )
    allow(extension, "10.0.0.0/8, 127.0.0.0/8")
    assert office.phone(extension).register() == 200


def test_a_phone_that_was_outside_the_allowed_networks_before_any_was_allowed(office: Office, page: Page) -> None:
    extension = office.extension(allowed_networks="10.0.0.0/8")
    assert office.phone(extension).register() == 401
    SipExtension.objects.filter(pk=extension.pk).update(allowed_networks="")
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
    assert page.says(extension.number, "Outside the allowed networks", "has an unapplied change. Apply it.")
    apply([extension.number], None)
    assert page.says(extension.number, "Outside the allowed networks", "The phone can register now.")
    assert "add it to Allowed Networks" not in page.text(extension.number)


def test_a_contact_outside_the_allowed_networks(office: Office, page: Page) -> None:
    extension = office.extension(allowed_networks="127.0.0.0/8")
    phone = office.phone(extension)
    phone._registration.contact = f"<sip:{phone.number}@203.0.113.9:5060>"
    assert phone.register() == 401
    assert page.says(extension.number, "The phone gave a wrong contact address", "turn off any fixed")


def allow(extension: SipExtension, networks: str) -> None:
    extension.allowed_networks = networks
    extension.save()
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
    apply([extension.number], None)


def test_a_phone_inside_the_allowed_networks(office: Office) -> None:
    caller = office.registered(office.extension(allowed_networks="127.0.0.1"))
    talking(caller, office.registered())


def test_a_trouble_is_solved_by_a_registration_from_there(office: Office, page: Page) -> None:
    extension = office.extension()
    phone = office.phone(extension, password="wrong")
    phone.register()
    assert page.says(extension.number, "Wrong registration password")
    phone.line.password = extension.registration_password
    assert phone.register() == 200
    assert page.says(extension.number, "A phone at this address has registered since.")


def test_one_attempt_counts_once_and_repeated_ones_are_one_line(office: Office, page: Page) -> None:
    extension = office.extension()
    phone = office.phone(extension, number=extension.registration_name)
    phone.register()
    assert page.says(extension.number, "The registration name was entered")
    assert "times since" not in page.text(extension.number)
    assert page.html(extension.number).count("trouble-what") == 1


def test_many_attempts_close_together_are_one_line_with_all_of_them(office: Office, page: Page) -> None:
    extension = office.extension()
    for _ in range(30):
        with Phone(extension.number, "nobody", "wrong", ("127.0.0.1", settings.SIP_PORT)) as phone:
            phone.register()
    unknown = office.phone(extension, number=extension.registration_name)
    for _ in range(30):
        unknown.register()
    assert page.says(
        extension.number, "30 times since", "Wrong registration password", "The registration name was entered"
    )
    assert page.text(extension.number).count("30 times since") == 2
    assert page.html(extension.number).count("trouble-what") == 2


def test_what_is_forgotten_is_gone(office: Office, page: Page, client: Client) -> None:
    extension = office.extension(user=make_user("Vic"))
    office.phone(extension, password="wrong").register()
    assert page.says(extension.number, WHY, "Clear these")
    page.client.post(f"/extensions/{extension.number}/attempts/forget/")
    assert WHY not in page.text(extension.number)


def test_the_extensions_own_person_is_told_whom_to_ask(office: Office, client: Client) -> None:
    vic = make_user("Vic")
    extension = office.extension(user=vic, allowed_networks="10.0.0.0/8")
    office.phone(extension).register()
    client.force_login(vic)
    assert Page(client).says(extension.number, "Ask an administrator to do it.")
    assert "Clear these" not in Page(client).text(extension.number)
    assert client.post(f"/extensions/{extension.number}/attempts/forget/").status_code == 403


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><b>', "x" * 500, "${SHELL(id)}", "%0d%0aEvent: x"])
def test_what_strangers_call_themselves_reaches_no_page(office: Office, page: Page, name: str) -> None:
    extension = office.extension()
    office.phone(extension, number="stranger", user=name, password="wrong").register()
    office.phone(extension, password="wrong").register()
    assert page.says(extension.number, WHY)
    assert name not in page.html(extension.number)
    assert page.html(extension.number).count("trouble-what") == 1
