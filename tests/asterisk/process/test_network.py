"""Where the PBX stands in the network, and what a STUN server says of it. With the real one: tests/pbx."""

import socket
import struct
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from asterisk import reachability
from asterisk.apply.errors import ApplyError
from asterisk.engine.store import EngineError
from asterisk.nodes import Network, from_settings, keep_network, kept_network
from asterisk.process import hold_music, network, stun, tones, transports
from asterisk.reachability import Finding
from core.preferences.models import HoldMusic, Preferences, SystemChange
from tests.asterisk.manager import Manager
from tests.node import apply_preferences

pytestmark = pytest.mark.django_db
COOKIE = 0x2112A442
SEEN = "203.0.113.7"


def attribute(kind: int, address: str, mask: int = 0, family: int = 1) -> bytes:
    number = int.from_bytes(socket.inet_aton(address), "big") ^ mask
    return struct.pack("!HHBBHI", kind, 8, 0, family, 4000, number)


PLAIN, HIDDEN = attribute(1, SEEN), attribute(0x20, SEEN, COOKIE)
OTHER = struct.pack("!HH", 0x8022, 3) + b"abc\0"  # of three bytes and one that fills up


def answer(mark: bytes, *attributes: bytes, kind: int = 0x0101, cookie: int = COOKIE) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HHI", kind, len(body), cookie) + mark + body


MARK = b"0123456789ab"


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (answer(MARK, HIDDEN), SEEN),
        (answer(MARK, PLAIN), SEEN),
        (answer(MARK, OTHER, HIDDEN), SEEN),
        (answer(MARK, attribute(1, "192.0.2.1"), HIDDEN), SEEN),
        (answer(MARK, HIDDEN, attribute(1, "192.0.2.1")), SEEN),
        (answer(MARK, attribute(0x20, SEEN, COOKIE, family=2)), ""),
        (answer(MARK), ""),
        (answer(MARK, OTHER), ""),
        (answer(MARK, struct.pack("!HHI", 1, 4, 0)), ""),
        (answer(MARK, HIDDEN, kind=0x0111), ""),
        (answer(MARK, HIDDEN, cookie=1), ""),
        (answer(b"another mark", HIDDEN), ""),
        (answer(MARK, HIDDEN)[:19], ""),
        (b"", ""),
    ],
)
def test_an_answer_of_a_stun_server_is_read(said: bytes, address: str) -> None:
    assert stun.mapped(said, MARK) == address


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """It answers what is another's first, as a late answer would."""
    monkeypatch.setattr(stun, "TRIES", (0.5, 5.0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        link.settimeout(10)

        def serve() -> None:
            request, who = link.recvfrom(100)
            link.sendto(answer(b"another mark", attribute(1, "192.0.2.1")), who)
            request, who = link.recvfrom(100)
            assert request[:8] == struct.pack("!HHI", 1, 0, COOKIE)
            link.sendto(answer(request[8:], HIDDEN), who)

        thread = Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{link.getsockname()[1]}"
        thread.join()


def test_a_stun_server_is_asked_until_it_answers(server: str) -> None:
    assert stun.outside_address(server) == SEEN


def test_one_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stun, "TRIES", (0.01, 0.01))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(TimeoutError):
            stun.outside_address(f"127.0.0.1:{silent.getsockname()[1]}")


def prefer(**values: object) -> None:
    """Saved and waiting for the PBX."""
    for name, value in values.items():
        SystemChange.note(None, SystemChange.Field(name), str(Preferences.now(name)), str(value))
    Preferences.objects.update(**values)


@pytest.fixture
def started(manager: Manager) -> Manager:
    """A PBX that listens as the settings say."""
    transports.note_start(from_settings())
    manager.rest_says["transport"] = (200, [{"attribute": "external_media_address", "value": SEEN}])
    return manager


def test_the_outside_address_is_written_reloaded_and_compared(started: Manager) -> None:
    prefer(network_outside=SEEN, network_local="10.0.0.0/8,192.0.2.0/24")
    run = apply_preferences(None)
    assert (run.outcome, run.values_compared) == ("proved", 1)
    assert [headers["Module"] for _, headers in started.named("Reload")] == ["res_pjsip.so"]
    assert [path.rpartition("/")[2] for _, path in started.rest] == ["transport-udp"]
    text = (from_settings().directory / "etc" / "pjsip_transports.conf").read_text().splitlines()
    assert text.count(f"external_media_address={SEEN}") == text.count(f"external_signaling_address={SEEN}") == 2
    assert text.count("local_net=10.0.0.0/8") == text.count("local_net=192.0.2.0/24") == 2
    kept = kept_network(from_settings().directory)
    assert (kept.outside, kept.local) == (SEEN, "10.0.0.0/8,192.0.2.0/24")
    assert not network.follow(from_settings())


def test_an_outside_address_that_the_pbx_does_not_have_is_taken_back(started: Manager) -> None:
    started.rest_says["transport"] = (404, b'{"message":"Object with id x not found"}')
    prefer(network_outside=SEEN)
    with pytest.raises(ApplyError, match=f"the PBX reported “” instead of “{SEEN}”"):
        apply_preferences(None)
    assert kept_network(from_settings().directory).outside == ""
    assert SystemChange.objects.waiting().count() == 1


def test_new_ports_wait_for_a_start_of_the_pbx_with_them(started: Manager, settings: Settings) -> None:
    settings.SIP_BY_ENVIRONMENT = frozenset()
    prefer(network_sip_port=5099)
    assert apply_preferences(None).outcome == "waiting"
    transports.note_start(from_settings())
    assert from_settings().sip_port == 5099
    started.rest_says.clear()
    assert apply_preferences(None).outcome == "proved"


def test_the_outside_address_is_an_address_a_name_or_what_the_server_says(started: Manager, server: str) -> None:
    assert network.given().outside == ""
    Preferences.objects.update(network_outside="[2001:db8::7]")
    assert network.given().outside == "2001:db8::7"
    Preferences.objects.update(network_outside="localhost")
    assert network.given().outside == "127.0.0.1"
    Preferences.objects.update(network_outside="", network_stun=server)
    assert network.follow(from_settings())
    assert kept_network(from_settings().directory).outside == SEEN
    assert len(started.named("Reload")) == 1


def test_an_outside_name_that_nobody_knows_is_said(started: Manager) -> None:
    prefer(network_outside="nowhere.invalid")
    with pytest.raises(ApplyError, match="The outside address cannot be found"):
        apply_preferences(None)


def looked() -> list[Finding]:
    words = ("outside", "STUN", "told")
    return [each for each in reachability.look(from_settings()).findings if any(word in each.words for word in words)]


FORWARD = "Forward the ports below to this machine on the router."


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        ("", Finding(None, "No outside address is set. Phones outside your network need one behind a router.")),
        (
            "192.168.1.5",
            Finding(
                False,
                "The outside address 192.168.1.5 is private.",
                "Enter the address that the internet sees. Your provider may share it: ask for a public address.",
            ),
        ),
        (SEEN, Finding(True, f"Phones outside are told {SEEN}.", FORWARD)),
        ("100.127.255.255", None),
        ("100.128.0.0", Finding(True, "Phones outside are told 100.128.0.0.", FORWARD)),
    ],
)
def test_what_phones_outside_are_told_is_judged(manager: Manager, told: str, finding: Finding | None) -> None:
    keep_network(from_settings().directory, Network(outside=told))
    (found,) = looked()
    assert found == finding or (finding is None and found.good is False)


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (SEEN, Finding(True, f"Phones outside are told {SEEN}.", FORWARD)),
        (
            "198.51.100.9",
            Finding(
                False,
                f"Phones are told 198.51.100.9, but the internet sees {SEEN}.",
                "There may be two routers in between. Forward the ports on both, or correct the outside address.",
            ),
        ),
    ],
)
def test_what_phones_outside_are_told_is_compared_with_what_is_seen(
    manager: Manager, server: str, told: str, finding: Finding
) -> None:
    Preferences.objects.update(network_stun=server)
    keep_network(from_settings().directory, Network(outside=told))
    assert looked() == [finding]


def test_a_stun_server_that_is_silent_is_a_finding(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stun, "TRIES", (0.01,))
    Preferences.objects.update(network_stun="127.0.0.1:9")
    assert looked()[0] == Finding(
        False,
        "The STUN server 127.0.0.1:9 did not respond.",
        "Check its name, and that UDP can leave your network.",
    )


def test_the_port_that_phones_use_is_tried(manager: Manager, settings: Settings) -> None:
    advice = "Check that the PBX is running."
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings.SIP_BIND, settings.SIP_PORT = "0.0.0.0", port  # noqa: S104 (bound nowhere)
        assert Finding(True, f"SIP: the PBX answers on 0.0.0.0:{port}.") in reachability.look(from_settings()).findings
    found = reachability.look(from_settings())
    assert Finding(False, f"SIP: nothing answers on 0.0.0.0:{port}.", advice) in found.findings
    settings.SIP_BIND = "127.0.0.1"
    here = Finding(
        False,
        f"SIP: 127.0.0.1:{port}, only from this machine.",
        "Phones on other devices cannot register. Change Listen on.",
    )
    assert here in reachability.look(from_settings()).findings
    node = from_settings()
    assert found.ufw.splitlines()[:2] == [f"sudo ufw allow {port}/udp", f"sudo ufw allow {port}/tcp"]
    assert found.ufw.splitlines()[-1] == f"sudo ufw allow {node.rtp_first}:{node.rtp_last}/udp"
    last = f"sudo nft add rule inet filter input udp dport {node.rtp_first}-{node.rtp_last} accept"
    assert found.nftables.splitlines()[-1] == last
    assert found.ports[-1].shown == f"{node.rtp_first} - {node.rtp_last}"


@pytest.mark.parametrize(("country", "zone"), [("DE", "de"), ("US", "us"), ("CA", "us"), ("GB", "uk"), ("AQ", "itu")])
def test_tones_are_those_of_the_country(country: str, zone: str, tmp_path: Path) -> None:
    assert tones.zone(country) == zone
    Preferences.objects.update(country=country)
    tones.put(tmp_path)
    assert f"\ncountry = {zone}\n" in (tmp_path / "etc" / "indications.conf").read_text().replace(
        "country=", "country = "
    )


def test_music_is_what_was_uploaded_or_that_of_asterisk(tmp_path: Path) -> None:
    hold_music.put(tmp_path)
    text = (tmp_path / "etc" / "musiconhold.conf").read_text()
    for version in ("0123456789abcdef", "fedcba9876543210"):
        HoldMusic.objects.create(version=version, wav=version.encode())
        Preferences.objects.update(hold_music=version)
        hold_music.put(tmp_path)
        place = tmp_path / "music" / version
        assert (place / "music.wav").read_bytes() == version.encode()
        assert {each.stat().st_mode & 0o777 for each in (place, tmp_path / "etc")} == {0o700}
        assert f"directory={place}" in (tmp_path / "etc" / "musiconhold.conf").read_text().replace(" ", "")
    assert len(list((tmp_path / "music").iterdir())) == 2  # who is on hold goes on hearing it
    HoldMusic.objects.filter(version="0123456789abcdef").delete()
    hold_music.put(tmp_path)
    assert [each.name for each in (tmp_path / "music").iterdir()] == ["fedcba9876543210"]
    Preferences.objects.update(hold_music="")
    hold_music.put(tmp_path)
    assert (tmp_path / "etc" / "musiconhold.conf").read_text() == text


@pytest.mark.parametrize("put", [tones.put, hold_music.put])
def test_a_file_that_cannot_be_written_is_named(put: object, tmp_path: Path) -> None:
    (tmp_path / "etc").write_bytes(b"")
    with pytest.raises(EngineError, match="cannot be written: File exists"):
        put(tmp_path)  # type: ignore[operator]


def test_the_pbx_listens_on_each_address_over_each_transport(tmp_path: Path) -> None:
    node = replace(from_settings(), directory=tmp_path, sip_bind="192.0.2.1, [::]", sip_port=5070, sip_tls_port=5071)
    keep_network(tmp_path, Network(outside=SEEN, local="10.0.0.0/8"))
    transports.write(node)
    written = tmp_path / "etc" / transports.FILE
    assert sections(written.read_text()) == {
        "transport-udp": ("udp", "192.0.2.1:5070", SEEN),
        "transport-tcp": ("tcp", "192.0.2.1:5070", SEEN),
        "transport-udp-2": ("udp", "[::]:5070", ""),
        "transport-tcp-2": ("tcp", "[::]:5070", ""),
    }
    assert written.parent.stat().st_mode & 0o777 == 0o700
    assert transports.encrypted(node) == []
    transports.certificate(node).parent.mkdir()
    transports.certificate(node).touch()
    transports.write(node)
    encrypted = {name: its for name, its in sections(written.read_text()).items() if "tls" in name}
    assert encrypted == {
        "transport-tls": ("tls", "192.0.2.1:5071", SEEN),
        "transport-tls-2": ("tls", "[::]:5071", ""),
    }
    assert transports.encrypted(node) == [("192.0.2.1", 5071), ("::", 5071)]
    assert written.read_text().count(f"cert_file={tmp_path}/keys/sip.pem\n") == 2


def sections(text: str) -> dict[str, tuple[str, str, str]]:
    """Transport -> its protocol, where it listens, and what phones outside are told."""
    found = ConfigParser(strict=False)
    found.read_string(text)
    return {
        name: (its["protocol"], its["bind"], its.get("external_media_address", ""))
        for name, its in found.items()
        if name != "DEFAULT"
    }
