"""Whether the far end of the other tests is one."""

import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.pbx.office import eventually
from tests.phones.phone import Phone
from tests.trunks.provider import ADDRESS, CUSTOMERS, Answer, Call, Provider
from trunks.probe.client import Outcome, Settings, Transport, probe


@pytest.fixture
def acme(provider: Provider) -> Iterator[Phone]:
    """In the place of the customer's PBX."""
    with Phone("acme", "acme", CUSTOMERS["acme"], (ADDRESS, provider.node.sip_port)) as phone:
        assert phone.register() == 200
        yield phone
        phone.unregister()


def outcome_of(phone: Phone, number: str) -> int:
    call = phone.call(number)
    call.wait_ended()
    return call.status


def the_call(provider: Provider) -> Call:
    assert eventually(lambda: len(provider.calls()) == 1, 3)
    return provider.calls()[0]


@pytest.mark.parametrize("number", ["+493012345678", "112", "0043123456", "*31#030", "7"])
def test_it_takes_calls_to_any_number_and_writes_down_what_it_saw(acme: Phone, provider: Provider, number: str) -> None:
    call = acme.call(number)
    call.wait_answered()
    call.hangup()
    seen = the_call(provider)
    assert (seen.customer, seen.dialled) == ("acme", number)
    assert seen.headers["from"].startswith("<sip:acme@")
    assert seen.headers["call-id"] == call.dialog.call_id


@pytest.mark.parametrize(("how", "status"), [(Answer.BUSY, 486), (Answer.UNAVAILABLE, 503), (Answer.UNKNOWN, 404)])
def test_it_refuses_as_it_was_told_to(acme: Phone, provider: Provider, how: Answer, status: int) -> None:
    provider.answer(how, "112")
    assert outcome_of(acme, "112") == status
    call = acme.call("113")
    call.wait_answered()
    call.hangup()


def test_it_rings_for_ever(acme: Phone, provider: Provider) -> None:
    provider.answer(Answer.RINGING)
    call = acme.call("030123")
    call.wait_ringing()
    call.hangup()
    call.wait_ended()
    assert not call.answered


def test_it_says_nothing_but_trying(acme: Phone, provider: Provider) -> None:
    provider.answer(Answer.SILENT)
    call = acme.call("030123")
    the_call(provider)
    acme.options()
    assert not call.early
    call.hangup()


@pytest.mark.parametrize("how", [Answer.ECHO, Answer.TONE])
def test_it_is_heard(acme: Phone, provider: Provider, how: Answer) -> None:
    provider.answer(how)
    call = acme.call("030123")
    call.wait_answered()
    call.start_audio(400)
    assert eventually(lambda: call.audio_received.packets > 10)
    call.hangup()


def test_it_refuses_a_password(acme: Phone, provider: Provider) -> None:
    provider.set_password("acme", "another")
    assert acme.register() in (401, 403)
    provider.set_password("acme", CUSTOMERS["acme"])
    assert acme.register() == 200


def test_it_knows_no_stranger(provider: Provider) -> None:
    with Phone("eve", "eve", "t7Rw9KqX2m", (ADDRESS, provider.node.sip_port)) as eve:
        assert eve.register() in (401, 403)
        assert outcome_of(eve, "112") in (401, 403)
    assert provider.calls() == []


def test_it_takes_calls_of_an_address_that_it_trusts(provider: Provider) -> None:
    provider.trust("127.0.0.3")
    with Phone("+4930123", "", "", (ADDRESS, provider.node.sip_port), host="127.0.0.3") as pbx:
        call = pbx.call("112")
        call.wait_answered()
        call.hangup()
    assert the_call(provider).customer == ""


def test_it_calls_a_customer_at_any_number(acme: Phone, provider: Provider) -> None:
    provider.call("+493055", "+43123", "acme", "Ada Lovelace")
    call = acme.wait_call()
    assert call.invite.uri.startswith("sip:+493055@")
    assert (call.caller_number, call.caller_name) == ("+43123", "Ada Lovelace")
    call.answer()
    assert eventually(lambda: call.audio_received.packets > 0)
    call.hangup()
    assert eventually(lambda: provider.outcomes() == [("+493055", "ANSWER")])


def test_it_calls_an_address(provider: Provider) -> None:
    with Phone("pbx", "", "", (ADDRESS, provider.node.sip_port)) as pbx:
        provider.call_address("112233", "911", f"127.0.0.1:{pbx.port}")
        call = pbx.wait_call()
        assert (call.invite.uri.partition("@")[0], call.caller_number) == ("sip:112233", "911")
        call.reject(486)
    assert eventually(lambda: provider.outcomes() == [("112233", "BUSY")])


def test_it_goes_and_comes_back(acme: Phone, provider: Provider) -> None:
    provider.stop()
    trunk = Settings(ADDRESS, provider.node.sip_port, Transport.UDP, "acme", CUSTOMERS["acme"])
    assert probe(trunk, 1).outcome in {Outcome.UNREACHABLE, Outcome.NO_ANSWER}
    provider.start()
    assert probe(trunk).outcome == Outcome.OK
    assert len(provider.contacts("acme")) == 1


def test_it_loses_registrations(acme: Phone, provider: Provider) -> None:
    assert len(provider.contacts("acme")) == 1
    provider.lose_registrations()
    assert provider.contacts("acme") == []


def test_it_freezes(provider: Provider) -> None:
    trunk = Settings(ADDRESS, provider.node.sip_port, Transport.UDP, "acme", CUSTOMERS["acme"])
    provider.freeze()
    assert probe(trunk, 2).outcome == Outcome.NO_ANSWER
    provider.thaw()
    assert eventually(lambda: probe(trunk).outcome == Outcome.OK)


@pytest.mark.parametrize("transport", list(Transport))
def test_a_trunk_is_tested_against_it(provider: Provider, transport: Transport, trust: ssl.SSLContext) -> None:
    port = provider.node.sip_tls_port if transport == Transport.TLS else provider.node.sip_port
    right = Settings(ADDRESS, port, transport, "acme", CUSTOMERS["acme"])
    without = replace(right, registers=False, user="", password="")
    assert probe(right, trust=trust).outcome == Outcome.OK
    assert probe(replace(right, password="wrong"), trust=trust).outcome == Outcome.WRONG_PASSWORD
    assert probe(without, trust=trust).outcome == Outcome.REFUSED
    provider.trust("127.0.0.1")
    assert probe(without, trust=trust).outcome == Outcome.OK
    assert provider.contacts("acme") == []


def test_a_test_leaves_the_registrations_as_they_are(acme: Phone, provider: Provider) -> None:
    before = provider.contacts("acme")
    probe(Settings(ADDRESS, provider.node.sip_port, Transport.UDP, "acme", CUSTOMERS["acme"]))
    assert provider.contacts("acme") == before
