"""What phones are told of where the PBX is, and where it listens: Preferences > Network, at a real Asterisk."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk import ari, nodes
from asterisk.apply.errors import ApplyError
from asterisk.apply.run import catch_up
from asterisk.live import watching
from asterisk.models import ApplyRun
from asterisk.process import network, stun, transports
from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences, SystemChange
from extensions.review import preferences as preference_changes
from tests.node import apply_preferences, connected
from tests.pbx.office import Office, eventually
from tests.phones.phone import Phone
from tests.settings import free_port

OUTSIDE = "203.0.113.5"
HERE, FAR = "127.0.0.1", "127.0.0.2"  # the PBX, and a phone that is not local where it alone is


@pytest.fixture(autouse=True)
def forgotten(asterisk: Embedded) -> Iterator[None]:
    yield
    (asterisk.node.directory / nodes.NETWORK_FILE).unlink(missing_ok=True)
    transports.write(asterisk.node)
    if asterisk.process and asterisk.process.poll() is None:
        with connected() as ami:
            watching.reload(asterisk.node, ami)


def wish(**fields: str | int) -> None:
    before, after = Preferences.load(), Preferences.load()
    for name, value in fields.items():
        setattr(after, name, value)
    after.save()
    preference_changes.follow(None, before, after)


def told(phone: Phone) -> str:
    """Where the phone is to send its sound, as the PBX says when it answers."""
    call = phone.call("*43")
    call.wait_answered()
    call.hangup()
    assert call.audio._remote
    return call.audio._remote[0]


class StunServer:
    """One of RFC 5389, which sees everybody at `address`; "": it does not answer."""

    def __init__(self, address: str, encode: Callable[[bytes, str], bytes] | None = None) -> None:
        self.address, self.encode = address, encode or xor_mapped
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.bind(("127.0.0.1", 0))
        self.name = f"127.0.0.1:{self.link.getsockname()[1]}"
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            request, sender = self.link.recvfrom(2048)
            if not request:
                return
            if self.address:
                self.link.sendto(self.encode(request[8:20], self.address), sender)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.sendto(b"", self.link.getsockname())
        self.thread.join()
        self.link.close()


def xor_mapped(mark: bytes, address: str) -> bytes:
    (number,) = struct.unpack("!I", socket.inet_aton(address))
    software = struct.pack("!HH", 0x8022, 3) + b"abc\0"
    mapped = struct.pack("!HHBBHI", 0x0020, 8, 0, 1, 0x1234, number ^ 0x2112A442)
    return struct.pack("!HHI", 0x0101, len(software + mapped), 0x2112A442) + mark + software + mapped


def plain_mapped(mark: bytes, address: str) -> bytes:
    mapped = struct.pack("!HHBBH", 0x0001, 8, 0, 1, 0x1234) + socket.inet_aton(address)
    return struct.pack("!HHI", 0x0101, len(mapped), 0x2112A442) + mark + mapped


@pytest.fixture
def stun_server() -> Iterator[StunServer]:
    with closing(StunServer(OUTSIDE)) as server:
        yield server


def test_a_phone_outside_is_told_the_outside_address_and_one_inside_is_not(office: Office) -> None:
    phone = office.registered(host=FAR)
    assert told(phone) == "127.0.0.1"
    wish(network_outside=OUTSIDE, network_local=HERE)
    assert told(phone) == "127.0.0.1"
    run = apply_preferences(None)
    assert (run.outcome, run.values_compared) == (ApplyRun.Outcome.PROVED, 1)
    assert told(phone) == OUTSIDE
    wish(network_local="127.0.0.0/8")
    apply_preferences(None)
    assert told(phone) == "127.0.0.1"


def test_a_call_goes_on_while_the_outside_address_changes(office: Office) -> None:
    phone = office.registered(host=FAR)
    call = phone.call("*43")
    call.wait_answered()
    call.start_audio(440)
    wish(network_outside=OUTSIDE, network_local=HERE)
    apply_preferences(None)
    heard = call.audio_received.packets
    assert eventually(lambda: call.audio_received.packets > heard + 25)
    call.hangup()


def test_the_address_that_a_stun_server_sees_is_followed(
    office: Office, asterisk: Embedded, stun_server: StunServer
) -> None:
    phone = office.registered(host=FAR)
    wish(network_stun=stun_server.name, network_local=HERE)
    apply_preferences(None)
    assert told(phone) == OUTSIDE
    assert not network.follow(asterisk.node)
    stun_server.address = "203.0.113.6"
    assert network.follow(asterisk.node)
    assert eventually(lambda: told(phone) == "203.0.113.6")


def test_a_name_is_looked_up(asterisk: Embedded) -> None:
    wish(network_outside="localhost")
    apply_preferences(None)
    assert ari.transport(asterisk.node, "transport-udp")["external_media_address"] == "127.0.0.1"


@pytest.mark.parametrize("fields", [{"network_outside": "nowhere.invalid"}, {"network_stun": "silent"}])
def test_where_nobody_knows_the_outside_address_the_apply_is_refused(
    office: Office, stun_server: StunServer, fields: dict[str, str]
) -> None:
    stun_server.address = ""
    wish(network_local=HERE, **{name: stun_server.name if it == "silent" else it for name, it in fields.items()})
    with pytest.raises(ApplyError, match="The outside address cannot be found"):
        apply_preferences(None)
    assert SystemChange.objects.waiting().count() == 2
    assert told(office.registered(host=FAR)) == "127.0.0.1"


def test_the_plain_address_of_an_older_stun_server_is_read() -> None:
    with closing(StunServer(OUTSIDE, plain_mapped)) as server:
        assert stun.outside_address(server.name) == OUTSIDE


@pytest.mark.parametrize(
    "answer",
    [b"", b"\0" * 20, xor_mapped(b"another mark", OUTSIDE), xor_mapped(b"m" * 12, OUTSIDE)[:-1],
     xor_mapped(b"m" * 12, OUTSIDE)[:22], b"\1\x11" + xor_mapped(b"m" * 12, OUTSIDE)[2:]],
)  # fmt: skip
def test_nothing_else_is_taken_for_an_answer(answer: bytes) -> None:
    assert stun.mapped(answer, b"m" * 12) == ""


def test_ports_are_new_from_the_next_start_on(
    office: Office, asterisk: Embedded, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIP_BY_ENVIRONMENT = frozenset({"SIP_BIND", "SIP_TLS_PORT", "RTP_FIRST", "RTP_LAST"})
    port = int(free_port())
    extension = office.extension(max_phones=2)
    wish(network_sip_port=port)
    run = apply_preferences(None)
    assert (run.outcome, office.phone(extension).register()) == (ApplyRun.Outcome.WAITING, 200)
    now = nodes.as_given(asterisk.node)
    assert now.sip_port == port
    assert transports.started_with(now) != transports.listening(now)
    before = asterisk.node
    try:
        monkeypatch.setattr(asterisk, "node", now)
        asterisk.restart()
        catch_up(nodes.from_settings())
        run.refresh_from_db()
        assert run.outcome == ApplyRun.Outcome.PROVED
        phone = Phone(
            extension.number, extension.registration_name, extension.registration_password, ("127.0.0.1", port)
        )
        with phone:
            assert phone.register() == 200
    finally:
        asterisk.node = before
        (before.directory / nodes.NETWORK_FILE).unlink()
        asterisk.restart()


def test_what_the_environment_says_wins(asterisk: Embedded, settings: Settings) -> None:
    nodes.keep_network(asterisk.node.directory, nodes.Network(sip_port=1, rtp_first=2, addresses="192.0.2.1"))
    assert nodes.from_settings() == replace(asterisk.node, sip_bind="192.0.2.1")
    settings.SIP_BY_ENVIRONMENT = frozenset({"SIP_BIND", "SIP_PORT"})
    assert nodes.from_settings() == replace(asterisk.node, rtp_first=2)


def test_messages_are_marked_for_the_routers(asterisk: Embedded) -> None:
    """CS3, by DSCP; sound, EF, is read back of each endpoint."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        link.settimeout(20)
        link.bind(("127.0.0.1", 0))
        host, port = link.getsockname()
        asked = (
            f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKmark\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: marked\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        link.sendto(asked.encode(), (host, asterisk.node.sip_port))
        assert mark_of(link) == 24 << 2


def mark_of(link: socket.socket) -> int:
    _, more, _, _ = link.recvmsg(4096, 64)
    return next(value[0] for level, kind, value in more if (level, kind) == (socket.IPPROTO_IP, socket.IP_TOS))
