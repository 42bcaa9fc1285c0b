"""PBX Settings > Preferences > Network."""

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from asterisk import nodes
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import PRIVATE, Preferences, SystemChange
from core.reach import EVERYWHERE
from extensions.models import SipExtension
from pbxportal.pbx_settings import network_forms
from tests.pages import html_of
from tests.pbx.test_network import StunServer
from tests.people import Typed, make_user

URL = "/preferences/network/"
REACH = "/preferences/network/reach/"


@pytest.fixture
def signed_in(client: Client, ada: User, settings: Settings) -> Iterator[Client]:
    settings.SIP_BY_ENVIRONMENT = frozenset()
    client.force_login(ada)
    yield client
    (nodes.from_settings().directory / nodes.NETWORK_FILE).unlink(missing_ok=True)


def typed(**more: Any) -> dict[str, Any]:
    version = str(Preferences.load().version)
    usual = {"version": version, "network_local": PRIVATE, "new_transport": "any", "new_media_encryption": "offered"}
    return {**usual, **more}


def test_what_is_saved_waits_for_the_pbx_and_is_in_the_log(signed_in: Client) -> None:
    sent = typed(network_outside="203.0.113.5", network_sip_port="5070", new_transport="tls", network_addresses="[::1]")
    page = signed_in.post(URL, sent, follow=True).content.decode()
    assert "Preferences saved. Apply to update the PBX." in page
    assert "The PBX restarts. Calls end." in page
    assert "The PBX reloads its network settings. Calls are not interrupted." in page
    saved = Preferences.load()
    assert (saved.network_outside, saved.network_sip_port, saved.network_addresses) == ("203.0.113.5", 5070, "::1")
    waiting = {each.field: (each.old_shown, each.new_shown) for each in SystemChange.objects.waiting()}
    assert waiting == {
        "network_outside": ("default", "203.0.113.5"),
        "network_sip_port": ("default", "5070"),
        "network_addresses": ("default", "::1"),
    }
    record = AuditRecord.objects.get(action="preferences.changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown["Transport for new extensions"] == ("UDP, TCP, or TLS", "TLS")
    signed_in.post("/preferences/discard/")
    saved = Preferences.load()
    assert (saved.network_outside, saved.network_sip_port, saved.network_addresses) == ("", 0, "")


def test_saving_as_it_is_changes_nothing(signed_in: Client) -> None:
    assert "Nothing was changed." in signed_in.post(URL, typed(), follow=True).content.decode()
    assert not SystemChange.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("network_local", "10.0.0.1/8", "Enter 10.0.0.0/8 for the network"),
        ("network_local", "10.0.0.0/8, 0.0.0.0/0", "0.0.0.0/0 contains every address."),
        ("network_local", "::/0", "::/0 contains every address."),
        ("network_outside", "not a host", "Enter a host name or an address"),
        ("network_stun", "a b", "Enter a host name or an address"),
        ("network_addresses", "pbx.example.com", "is not an address"),
        ("network_addresses", "192.0.2.77", "This machine does not have the address 192.0.2.77."),
        ("network_addresses", "127.0.0.1, 127.0.0.2, 127.0.0.3, 127.0.0.4, 127.0.0.5", "at most 4"),
        ("network_sip_port", "0", "from 1 to 65535"),
        ("network_sip_port", "65536", "from 1 to 65535"),
        ("network_sip_port", "x", "from 1 to 65535"),
        ("network_tls_port", "-1", "from 1 to 65535"),
        ("network_rtp_first", "100", "from 1024 on"),
        ("network_rtp_last", "1024", "at least 3 above the first"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: str, words: str) -> None:
    answer = signed_in.post(URL, typed(**{field: value}))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors[field])
    assert Preferences.load().version == 1


def test_ports_that_are_in_each_others_way_are_refused(signed_in: Client) -> None:
    errors = signed_in.post(URL, typed(network_sip_port="6000", network_tls_port="6000")).context["form"].errors
    assert "Enter another port than the SIP port." in str(errors["network_tls_port"])
    sent = typed(network_rtp_first="5000", network_rtp_last="7000", network_sip_port="6000")
    assert "must not include the SIP ports" in str(
        signed_in.post(URL, sent).context["form"].errors["network_rtp_first"]
    )


INCLUDED, FEW, LOW = "must not include the SIP ports", "at least 3 above the first", "from 1024 on"


@pytest.mark.parametrize(
    ("sip", "tls", "first", "last", "refused"),
    [
        (5999, 6004, 6000, 6003, {}),
        (6000, 7000, 6000, 6003, {"network_rtp_first": INCLUDED}),
        (6003, 7000, 6000, 6003, {"network_rtp_first": INCLUDED}),
        (7000, 6000, 6000, 6003, {"network_rtp_first": INCLUDED}),
        (7000, 6003, 6000, 6003, {"network_rtp_first": INCLUDED}),
        ("", 6004, lambda usual: usual, lambda usual: usual + 3, {"network_rtp_first": INCLUDED}),
        ("", 6004, lambda usual: usual + 1, lambda usual: usual + 4, {}),
        (5999, 6004, 6000, 6002, {"network_rtp_last": FEW}),
        (5999, 6004, 1024, 1027, {}),
        (5999, 6004, 1023, 1027, {"network_rtp_first": LOW}),
        (65535, 65534, 6000, 6003, {}),
    ],
)
def test_sound_has_ports_of_its_own_and_enough(
    ada: User, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    sip: int | str, tls: int, first: Any, last: Any, refused: dict[str, str],
) -> None:  # fmt: skip
    settings.SIP_BY_ENVIRONMENT = frozenset()
    monkeypatch.setattr(network_forms, "try_to_bind", lambda *_: None)
    usual = nodes.usual()["sip_port"]
    rtp = [each(usual) if callable(each) else each for each in (first, last)]
    ports = dict(zip(network_forms.PORTS, (sip, tls, *rtp), strict=True))
    form = network_forms.NetworkForm(typed(network_addresses="127.0.0.1, ::1, 127.0.0.1", **ports), by=ada)
    assert form.errors.keys() == refused.keys()
    for field, words in refused.items():
        assert words in str(form.errors[field])
    if not refused:
        assert form.cleaned_data["network_addresses"] == "127.0.0.1, ::1"


def test_the_pbx_listens_on_four_addresses_at_most(ada: User, settings: Settings) -> None:
    settings.SIP_BY_ENVIRONMENT = frozenset()
    four = ", ".join(f"127.0.0.{last}" for last in range(1, 5))
    assert network_forms.NetworkForm(typed(network_addresses=four), by=ada).is_valid()


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("network_sip_port", socket.SOCK_STREAM),
        ("network_sip_port", socket.SOCK_DGRAM),
        ("network_tls_port", socket.SOCK_STREAM),
    ],
)
def test_a_port_that_another_program_uses_is_refused(signed_in: Client, field: str, kind: socket.SocketKind) -> None:
    with closing(socket.socket(socket.AF_INET, kind)) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        sent = typed(network_addresses="127.0.0.1", **{field: str(other.getsockname()[1])})
        errors = signed_in.post(URL, sent).context["form"].errors
    assert "Another program uses this port." in str(errors[field])
    assert Preferences.load().version == 1


def test_how_many_calls_the_ports_carry_is_said(signed_in: Client) -> None:
    nodes.keep_network(nodes.from_settings().directory, nodes.Network(rtp_first=10000, rtp_last=10499))
    assert "Ports 10000 to 10499 carry 125 calls between two phones." in html_of(signed_in, URL)


def test_what_the_environment_sets_cannot_be_changed_here(signed_in: Client, settings: Settings) -> None:
    settings.SIP_BY_ENVIRONMENT = frozenset({"SIP_PORT"})
    assert "Set by the environment variable SIP_PORT." in html_of(signed_in, URL)
    signed_in.post(URL, typed(network_sip_port="5070"))
    assert Preferences.load().network_sip_port == 0


def test_new_extensions_have_what_is_chosen_here(signed_in: Client) -> None:
    signed_in.post(URL, typed(new_transport="tls", new_media_encryption="required"))
    page = html_of(signed_in, "/extensions/add/")
    assert '<option value="tls" selected>' in page
    assert '<option value="required" selected>' in page
    signed_in.post("/extensions/add/", {**Typed().fields, "transport": "tls", "media_encryption": "required"})
    made = SipExtension.objects.get()
    assert (made.transport, made.media_encryption) == ("tls", "required")


def test_who_may_only_look_sees_fields_that_cannot_be_changed(client: Client, ada: User) -> None:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "disabled" in page
    assert ">Save<" not in page
    assert client.post(URL, typed()).status_code == 403
    assert client.get(REACH).status_code == 200


# --- can phones reach us? ---


def kept(**network: Any) -> None:
    nodes.keep_network(nodes.from_settings().directory, nodes.Network(**network))


def test_a_pbx_of_this_machine_alone_and_the_ports_to_open(signed_in: Client) -> None:
    kept(sip_port=5070, rtp_first=10000, rtp_last=10499)
    page = html_of(signed_in, REACH)
    assert "SIP: 127.0.0.1:5070, only from this machine." in page
    assert "sudo ufw allow 5070/udp\nsudo ufw allow 5070/tcp\nsudo ufw allow 10000:10499/udp" in page
    assert "sudo nft add rule inet filter input udp dport 10000-10499 accept" in page
    assert "SIP over TLS: off, because there is no certificate." in page
    assert "No outside address is set." in page


def test_whether_something_answers_is_tried(signed_in: Client) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        kept(addresses=EVERYWHERE[0], sip_port=port)
        assert f"SIP: nothing answers on {EVERYWHERE[0]}:{port}." in html_of(signed_in, REACH)
        listener.listen()
        assert f"SIP: the PBX answers on {EVERYWHERE[0]}:{port}." in html_of(signed_in, REACH)


@pytest.mark.parametrize("address", ["192.168.1.1", "100.64.0.1", "10.1.2.3"])
def test_an_outside_address_that_is_private_is_said(signed_in: Client, address: str) -> None:
    kept(outside=address)
    assert f"The outside address {address} is private." in html_of(signed_in, REACH)


def test_two_routers_are_told_by_what_a_stun_server_sees(signed_in: Client) -> None:
    with closing(StunServer("203.0.113.5")) as server:
        Preferences.objects.update(network_stun=server.name)
        kept(outside="203.0.113.5")
        assert "Phones outside are told 203.0.113.5." in html_of(signed_in, REACH)
        kept(outside="203.0.113.9")
        page = html_of(signed_in, REACH)
        assert "Phones are told 203.0.113.9, but the internet sees 203.0.113.5." in page
        server.address = ""
        assert f"The STUN server {server.name} did not respond." in html_of(signed_in, REACH)
