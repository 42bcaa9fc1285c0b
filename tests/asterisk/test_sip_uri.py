"""SIP URIs of RFC 3261, section 19.1, and as phones write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk import sip_uri
from asterisk.sip_uri import HostPort, SipUri


def uri(
    at: HostPort, user: str = "", /, *, scheme: str = "sip", password: str = "", headers: dict[str, str] | None = None,
    **parameters: str,
) -> SipUri:  # fmt: skip
    return SipUri(scheme, user, password, at, parameters, headers or {})


EXAMPLES = {
    # 19.1.3
    "sip:alice@atlanta.com": uri(HostPort("atlanta.com"), "alice"),
    "sip:alice:secretword@atlanta.com;transport=tcp": uri(
        HostPort("atlanta.com"), "alice", password="secretword", transport="tcp"
    ),
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent": uri(
        HostPort("atlanta.com"), "alice", scheme="sips", headers={"subject": "project x", "priority": "urgent"}
    ),
    "sip:+1-212-555-1212:1234@gateway.com;user=phone": uri(
        HostPort("gateway.com"), "+1-212-555-1212", password="1234", user="phone"
    ),
    "sips:1212@gateway.com": uri(HostPort("gateway.com"), "1212", scheme="sips"),
    "sip:alice@192.0.2.4": uri(HostPort("192.0.2.4"), "alice"),
    "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com": uri(
        HostPort("atlanta.com"), method="REGISTER", headers={"to": "alice@atlanta.com"}
    ),
    "sip:alice;day=tuesday@atlanta.com": uri(HostPort("atlanta.com"), "alice;day=tuesday"),
    # 19.1.4
    "sip:%61lice@atlanta.com;transport=TCP": uri(HostPort("atlanta.com"), "alice", transport="TCP"),
    "SIP:ALICE@AtLanTa.CoM;Transport=udp": uri(HostPort("AtLanTa.CoM"), "ALICE", transport="udp"),
    "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com": uri(
        HostPort("biloxi.com"), transport="tcp", method="REGISTER", headers={"to": "sip:bob@biloxi.com"}
    ),
    # no user part, IPv6, escapes, parameters without a value
    "sip:127.0.0.1:35416": uri(HostPort("127.0.0.1", 35416)),
    "sip:[2001:db8::1]": uri(HostPort("2001:db8::1")),
    "sip:1001@[::ffff:192.0.2.4]:5061;lr": uri(HostPort("::ffff:192.0.2.4", 5061), "1001", lr=""),
    "sip:[::1]:5070;x=[::2]:1/a@b": uri(HostPort("::1", 5070), x="[::2]:1/a@b"),
    "sip:1001@[fe80::1%25eth0]:5060": uri(HostPort("fe80::1%25eth0", 5060), "1001"),
    "sip:a%40b%3bc@host:0;ob": uri(HostPort("host", 0), "a@b;c", ob=""),
    "sip:10/02?x=y;z@192.0.2.4:5070;q=a:b": uri(HostPort("192.0.2.4", 5070), "10/02?x=y;z", q="a:b"),
    'sip:a"b\\c@192.0.2.4': uri(HostPort("192.0.2.4"), 'a"b\\c'),
    "sip:1001@192.0.2.4:5070;x-ast-orig-host=10.9.9.9:5070": SipUri(
        "sip", "1001", "", HostPort("192.0.2.4", 5070), {"x-ast-orig-host": "10.9.9.9:5070"}, {}
    ),
    # none
    "": None, "sip:": None, "sip:@host": None, "tel:+1-201-555-0123": None, "http://host/": None, "1001@host": None,
    "sip:1001@": None, "sip:1001@host:": None, "sip:1001@host:99999": None, "sip:1001@host:x": None,
    "sip:1001@ho st": None, "sip:1001@::1": None, "sip:1001@[::1": None, "sip:[1.2.3.4]": None,
    "sip:a@b@c": None, "sip:1001@host/path": None,
}  # fmt: skip


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_uri_is_taken_apart(text: str) -> None:
    assert sip_uri.parse(text) == EXAMPLES[text]


@pytest.mark.parametrize(
    "text", ["192.0.2.4", "192.0.2.4:5060", "[2001:db8::1]", "[2001:db8::1]:5060", "phone.example"]
)
def test_an_address_is_printed_as_it_is_read(text: str) -> None:
    assert str(sip_uri.parse_host_port(text)) == text


def test_a_password_does_not_print() -> None:
    assert "secretword" not in repr(sip_uri.parse("sip:alice:secretword@atlanta.com"))


@given(st.text() | st.from_regex(sip_uri.URI, fullmatch=True))
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    found = sip_uri.parse(text)
    assert found is None or sip_uri.parse_host_port(str(found.at)) == found.at


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("sip:1001@192.0.2.4:5070;ob", HostPort("192.0.2.4", 5070)),
        ("sip:1001@192.0.2.4:5070;MADDR=192.0.2.9", HostPort("192.0.2.9", 5070)),
        ("sip:1001@192.0.2.4;maddr=pbx.example.com", HostPort("pbx.example.com")),
        ("sip:1001@192.0.2.4:5070;maddr=2001:db8::9", HostPort("2001:db8::9", 5070)),
        ("sip:1001@192.0.2.4:5070;maddr=[2001:db8::9]", HostPort("2001:db8::9", 5070)),
        ("sip:1001@192.0.2.4:5070;maddr=", None),
        ("sip:1001@192.0.2.4:5070;maddr=a/b", None),
    ],
)
def test_a_request_goes_to_maddr_before_the_host(text: str, destination: HostPort | None) -> None:
    found = sip_uri.parse(text)
    assert found
    assert found.destination == destination
