"""Who asks not to be shown is not, and calls all the same."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from asterisk.live import store as live
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.office import Office, asked, contacts, dial, eventually, lamp, refusal, rings, talking
from tests.pbx.test_calls import hears
from tests.pbx.test_requests import refer
from tests.people import make_extension
from tests.phones import sip
from tests.phones.audio import Audio
from tests.phones.call import IncomingCall, OutgoingCall
from tests.phones.line import Line
from tests.phones.phone import Phone

MADE_UP = ("Via", "Call-ID", "CSeq", "Content-Length", "Max-Forwards", "Session-Expires", "Min-SE")


def call_with(caller: Phone, number: str, *headers: sip.Pair) -> OutgoingCall:
    with caller.wire.changed:
        dialog = caller.line.dialog(number)
        call = OutgoingCall(caller.line, dialog, Audio(caller.wire.host))
        make = call._make_invite
        call._make_invite = lambda extra: make([*headers, *extra])  # type: ignore[method-assign]
        caller._calls[dialog.call_id] = call
        call.start()
    return call


@pytest.mark.parametrize("privacy", ["id", "user;id", "header", "id;critical", "ID", "critical; Id"])
def test_privacy_hides_the_number_from_the_callee(office: Office, privacy: str) -> None:
    caller, callee = office.registered(), office.registered()
    call = call_with(caller, callee.number, ("Privacy", privacy))
    incoming = callee.wait_call()
    assert caller.number not in incoming.invite.get("From")
    assert incoming.asserted is None
    assert caller.number not in incoming.invite.get("Contact")
    incoming.answer()
    call.wait_answered()


def test_where_the_callee_sends_the_call_on_nobody_learns_who_calls(office: Office) -> None:
    caller, callee, third = office.registered(), office.registered(), office.registered()
    outgoing = call_with(caller, callee.number, ("Privacy", "id"))
    callee.wait_call().redirect(third.number)
    assert refusal(outgoing) == 486
    assert not rings(third)


@pytest.mark.parametrize("privacy", ["none", "session", "identity", "NONE"])
def test_other_words_hide_nothing(office: Office, privacy: str) -> None:
    caller, callee = office.registered(), office.registered()
    call_with(caller, callee.number, ("Privacy", privacy))
    incoming = callee.wait_call()
    assert incoming.caller_number == caller.number
    assert says(incoming, caller.number)


# --- a phone that does not say in From who it is ---


def hidden(office: Office, extension: SipExtension) -> Phone:
    return office.phone(extension, number="anonymous")


@pytest.mark.parametrize("headers", [[("Privacy", "id")], []], ids=["with Privacy", "without"])
def test_a_caller_without_a_number_in_from_is_known_by_the_digest(office: Office, headers: list[sip.Pair]) -> None:
    extension, callee = office.extension(), office.registered()
    call = call_with(hidden(office, extension), callee.number, *headers)
    incoming = callee.wait_call()
    assert not says(incoming, extension.number)
    incoming.answer()
    call.wait_answered()
    call.start_audio(400)
    incoming.start_audio(700)
    assert hears(incoming, 400)
    assert hears(call, 700)
    (shown,) = [each for each in calls() if extension.registration_name in each]
    assert f"CallerIDNum: {extension.caller_id}\r\n" in shown
    assert f"AccountCode: {extension.number}\r\n" in shown


# --- a phone whose registration name is its number, as many have that come from another PBX ---


def named_as_number(office: Office) -> SipExtension:
    extension = make_extension()
    extension.registration_name = extension.number
    extension.save()
    apply([extension.number], None)
    return extension


@pytest.mark.parametrize("user", ["anonymous", "9999"])
@pytest.mark.parametrize("headers", [[("Privacy", "id")], []], ids=["with Privacy", "without"])
def test_its_calls_are_hidden_too(office: Office, headers: list[sip.Pair], user: str) -> None:
    extension, callee = named_as_number(office), office.registered()
    call = call_with(office.phone(extension, number=user), callee.number, *headers)
    incoming = callee.wait_call()
    assert not says(incoming, extension.number)
    incoming.answer()
    call.wait_answered()
    (shown,) = [each for each in calls() if f"Channel: PJSIP/{extension.number}-" in each]
    assert f"CallerIDNum: {extension.caller_id}\r\n" in shown


def test_its_ordinary_calls_are_not(office: Office) -> None:
    extension, callee = named_as_number(office), office.registered()
    outgoing, incoming = talking(office.registered(extension), callee)
    assert incoming.caller_number == extension.caller_id
    assert lamp(extension.number) == "InUse"
    outgoing.hangup()


def call_as(caller: Phone, address: str, number: str) -> None:
    """A call whose From is `address`."""
    with caller.wire.changed:
        dialog = replace(caller.line.dialog(number), local=address)
        call = OutgoingCall(caller.line, dialog, Audio(caller.wire.host))
        caller._calls[dialog.call_id] = call
        call.start()


SAYS_ITS_NUMBER = [
    "sip:{}@127.0.0.1", "<sips:{}@127.0.0.1;user=phone>;x=y", "<sip:{}:secret@127.0.0.1>",
    '"Hopper, G. (Grace)" <sip:{}@[::1]:5060>', '"a \\" <sip:9999@x>" <sip:{}@pbx>', "Grace <SIP:{}@127.0.0.1>",
]  # fmt: skip
SAYS_ANOTHER = [
    "<sip:anonymous@anonymous.invalid>", '"<sip:{}@x>" <sip:anonymous@x>', "<sip:{}>", "<sip:0{}@x>",
    "<sip:{}0@x>", "<sip:a%22,b@x>", "<sip:anonymous@{}>",
]  # fmt: skip


# Asterisk knows nobody by these: who calls so is known by the digest.
SAYS_IT_OTHERWISE = ["<tel:{}>", "<tel:{};phone-context=pbx>", "<sip:{};isub=1@127.0.0.1;user=phone>"]


@pytest.mark.parametrize("is_named_so", [False, True])
def test_a_phone_that_says_its_number_is_shown_however_it_says_it(office: Office, is_named_so: bool) -> None:
    extension = named_as_number(office) if is_named_so else office.extension()
    caller, callee = office.phone(extension), office.registered()
    for each in SAYS_ITS_NUMBER + SAYS_IT_OTHERWISE * is_named_so:
        call_as(caller, each.format(extension.number), callee.number)
        incoming = callee.wait_call()
        assert incoming.caller_number == extension.caller_id, each
        incoming.reject()


def test_a_phone_that_says_another_is_not(office: Office) -> None:
    extension, callee = named_as_number(office), office.registered()
    caller = office.phone(extension)
    for each in SAYS_ANOTHER:
        call_as(caller, each.format(extension.number), callee.number)
        incoming = callee.wait_call()
        assert not says(incoming, extension.number), each
        incoming.reject()


@pytest.mark.parametrize("is_held", [False, True])
def test_who_was_called_and_is_transferred_is_shown_whatever_its_contact_is(office: Office, is_held: bool) -> None:
    extension, caller, third = named_as_number(office), office.registered(), office.registered()
    callee = office.phone(extension)
    callee.line = OddLine(**{each.name: getattr(callee.line, each.name) for each in fields(callee.line)})
    callee._registration = callee.line.own_dialog()
    assert callee.register() == 200
    outgoing, incoming = talking(caller, callee)
    if is_held:
        incoming.hold()
        incoming.resume()
    assert refer(outgoing, caller, third.number) == 202
    assert third.wait_call().caller_number == extension.caller_id


class OddLine(Line):
    """Of a phone that registers under a name of its own making, as some do."""

    @property
    def contact(self) -> str:
        return f"<{sip.sip_uri('k3x9q7ab', self.wire.host, self.wire.port)}>"


def test_it_needs_the_password(office: Office) -> None:
    caller = office.phone(named_as_number(office), number="anonymous", password="Wrong-1-password")
    assert refusal(caller.call(office.registered().number)) == 401


def test_its_own_number_is_busy_when_hidden(office: Office) -> None:
    extension = named_as_number(office)
    own = office.registered(extension)
    assert refusal(hidden(office, extension).call(extension.number)) == 486
    assert not rings(own)


def test_its_phone_registers_as_the_number_whatever_its_user_name_is(office: Office) -> None:
    extension, other = named_as_number(office), office.extension()
    office.registered(extension, number="9999")
    assert len(contacts(extension.number)) == 1
    assert office.phone(extension, number=other.number).register() == 401
    assert contacts(other.number) == []


def test_it_is_in_use_while_it_calls_hidden(office: Office) -> None:
    extension = named_as_number(office)
    office.registered(extension)
    assert shows(extension.number, "Idle", "NOT_INUSE")
    call, _ = talking(hidden(office, extension), office.registered())
    assert shows(extension.number, "InUse", "INUSE")
    call.hangup()
    assert shows(extension.number, "Idle", "NOT_INUSE")


def calls() -> list[str]:
    return asked("CoreShowChannels", b"EventList: Complete").decode().split("\r\n\r\n")


def test_such_a_caller_needs_the_password(office: Office) -> None:
    caller = office.phone(office.extension(), number="anonymous", password="Wrong-1-password")
    assert refusal(caller.call(office.registered().number)) == 401


def test_nobody_calls_as_another_by_the_own_digest(office: Office) -> None:
    extension, other = office.extension(), office.extension()
    caller = office.phone(extension, number=other.number)
    assert refusal(caller.call(office.registered().number)) == 401


def test_one_that_is_disabled_does_not_call_so_either(office: Office, ada: User) -> None:
    extension = office.extension()
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    assert refusal(hidden(office, extension).call(office.registered().number)) == 401


def test_nor_one_from_outside_its_networks(office: Office) -> None:
    extension = office.extension(allowed_networks="192.0.2.0/24")
    assert refusal(hidden(office, extension).call(office.registered().number)) == 401


@pytest.mark.parametrize("user", ["anonymous", "9999", ""], ids=["anonymous", "a wrong number", "the name"])
def test_no_phone_registers_by_the_digest_alone(office: Office, user: str) -> None:
    extension = office.extension()
    assert office.phone(extension, number=user or extension.registration_name).register() == 403
    assert contacts(extension.number) == []


def test_a_number_that_does_not_exist_does_not_exist_for_it(office: Office) -> None:
    assert refusal(hidden(office, office.extension()).call("9999")) == 404


def test_its_own_number_is_busy(office: Office) -> None:
    own = office.registered()
    extension = SipExtension.objects.get(number=own.number)
    assert refusal(hidden(office, extension).call(own.number)) == 486
    assert not rings(own)


def says(incoming: IncomingCall, number: str) -> bool:
    """Whether any header of the call does, but for those that are made of chance and counting."""
    headers = [(name, value) for name, value in incoming.invite.headers if name not in MADE_UP]
    return any(re.search(rf"\b{number}\b", value.partition(";tag=")[0]) for _, value in headers)


# --- its lamp, and what the pages show ---


def shows(number: str, status: str, state: str) -> bool:
    return eventually(lambda: (lamp(number), state_on_pages(number)) == (status, state))


def state_on_pages(number: str) -> str:
    with live.opened(settings.LIVE_FILE) as db:
        return live.states(db, [number]).get(number, "")


def at_rest(office: Office) -> SipExtension:
    """An extension with a registered phone, whose lamp is on."""
    phone = office.registered()
    assert shows(phone.number, "Idle", "NOT_INUSE")
    return SipExtension.objects.get(number=phone.number)


def test_who_calls_without_a_number_is_busy_until_the_last_call_ends(office: Office) -> None:
    extension = at_rest(office)
    one, _ = talking(hidden(office, extension), office.registered())
    assert shows(extension.number, "InUse", "INUSE")
    other, _ = talking(hidden(office, extension), office.registered())
    one.hangup()
    assert eventually(lambda: len([each for each in calls() if extension.registration_name in each]) == 1)
    assert shows(extension.number, "InUse", "INUSE")
    other.hangup()
    assert shows(extension.number, "Idle", "NOT_INUSE")


def test_on_the_echo_test_too(office: Office) -> None:
    extension = at_rest(office)
    call = dial(hidden(office, extension), "*43")
    call.wait_answered()
    assert shows(extension.number, "InUse", "INUSE")
    call.hangup()
    assert shows(extension.number, "Idle", "NOT_INUSE")


def test_a_watching_phone_is_told(office: Office) -> None:
    extension = at_rest(office)
    subscription = office.registered().subscribe(extension.number)
    call, _ = talking(hidden(office, extension), office.registered())
    subscription.wait_state("confirmed")
    call.hangup()
    subscription.wait_state("terminated")


def test_a_call_that_ended_with_asterisk_keeps_no_lamp_on(office: Office, asterisk: Embedded) -> None:
    extension = at_rest(office)
    talking(hidden(office, extension), office.registered())
    database = Path(settings.ASTERISK_DIR) / "lib/astdb.sqlite3"
    assert eventually(lambda: f"/CustomDevstate/{extension.number}INUSE".encode() in database.read_bytes())
    asterisk.kill()
    asterisk.start()
    assert shows(extension.number, "Idle", "NOT_INUSE")
