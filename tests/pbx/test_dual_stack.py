"""Phones with IPv4 and phones with IPv6 at one PBX, which listens by one transport for each family."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from asterisk import nodes
from asterisk.process.embedded import Embedded
from tests.pbx.office import Office, eventually, talking
from tests.pbx.test_calls import CLOSE
from tests.phones.phone import Phone

BOTH = ("127.0.0.1", "::1")


@pytest.fixture(scope="module")
def dual(running: Embedded) -> Iterator[nodes.Node]:
    """The PBX, at an address of each family."""
    before = running.node
    running.node = replace(before, sip_bind=",".join(BOTH))
    running.restart()
    yield running.node
    running.node = before
    running.restart()


def registered(office: Office, host: str, node: nodes.Node) -> Phone:
    phone = office.phone(office.extension(), host=host, server=(host, node.sip_port))
    assert phone.register() == 200
    return phone


@pytest.mark.parametrize(("calling", "called"), [*product(BOTH, BOTH)])
def test_phones_of_either_family_hear_each_other(dual: nodes.Node, office: Office, calling: str, called: str) -> None:
    caller, callee = registered(office, calling, dual), registered(office, called, dual)
    outgoing, incoming = talking(caller, callee)
    outgoing.start_audio(440)
    incoming.start_audio(700)
    assert eventually(lambda: abs(incoming.audio_received.frequency - 440) < CLOSE), incoming.audio_received
    assert eventually(lambda: abs(outgoing.audio_received.frequency - 700) < CLOSE), outgoing.audio_received
    for call, host in ((outgoing, calling), (incoming, called)):
        assert call.audio._remote
        assert call.audio._remote[0] == host
