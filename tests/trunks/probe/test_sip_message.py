import pytest

from trunks.probe import sip_message
from trunks.probe.sip_message import Challenge, Reply, SipError

ASKED = Challenge("Authorization", "MD5", "provider", "n1", "", has_qop=True, is_stale=False)


@pytest.mark.parametrize(
    ("host", "user", "expected"),
    [
        ("sip.example.com", "", "sip:sip.example.com"),
        ("sip.example.com", "1234567e0", "sip:1234567e0@sip.example.com"),
        ("192.0.2.1", "+4930", "sip:+4930@192.0.2.1"),
        ("2001:db8::1", "a", "sip:a@[2001:db8::1]"),
        ("a.example", "ada lovelace@x", "sip:ada%20lovelace%40x@a.example"),
        ("a.example", "ä\r\nX: y", "sip:%C3%A4%0D%0AX%3A%20y@a.example"),
    ],
)
def test_an_address(host: str, user: str, expected: str) -> None:
    assert sip_message.uri(host, user) == expected


@pytest.mark.parametrize("host", ["", "a b", "a\r\nX: y", "a@b", "a/b", "-a", "a;b", "a>", "ä.example", "a:5060"])
def test_no_host(host: str) -> None:
    with pytest.raises(SipError):
        sip_message.uri(host)


@pytest.mark.parametrize("evil", ["a\r\nX: y", "a\nX: y", "a\rX: y", "a\x00", "a\u2028b", "a\u202eb", "a\x85b"])
def test_no_part_begins_a_line_of_its_own(evil: str) -> None:
    for method, uri, header in [(evil, "sip:a", ("To", "b")), ("OPTIONS", evil, ("To", "b")),
                                ("OPTIONS", "sip:a", ("To", evil)), ("OPTIONS", "sip:a", (evil, "b"))]:  # fmt: skip
        with pytest.raises(SipError):
            sip_message.request(method, uri, [header])


def test_a_request() -> None:
    made = sip_message.request("OPTIONS", "sip:a.example", [("To", "<sip:a.example>")])
    assert made == b"OPTIONS sip:a.example SIP/2.0\r\nTo: <sip:a.example>\r\nContent-Length: 0\r\n\r\n"


def test_a_reply_is_read() -> None:
    reply = sip_message.parse(b"\r\nSIP/2.0 200 Fine, thanks\r\ni: 7\r\nVia:a\r\nVIA : b\r\nSubject: a\r\n  b\r\n")
    assert (reply.status, reply.reason) == (200, "Fine, thanks")
    assert (reply.get("call-id"), reply.all("via"), reply.get("subject")) == ("7", ["a", "b"], "a b")
    assert reply.get("to") == ""


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK", b"SIP/2.0 OK", b"SIP/2.0 999 Odd", b"\xff\xfe", b"SIP/2.0"])
def test_what_is_no_reply(head: bytes) -> None:
    with pytest.raises(SipError):
        sip_message.parse(head)


def asking(*values: str, status: int = 401) -> Reply:
    name = "www-authenticate" if status == 401 else "proxy-authenticate"
    return Reply(status, "", tuple((name, value) for value in values))


def test_the_first_challenge_that_is_understood_counts() -> None:
    reply = asking(
        'Basic realm="a"',
        'Digest realm="a", nonce="b", algorithm=SHA-512-256',
        'Digest realm="a", nonce="b", qop="auth-int"',
        'Digest nonce="b"',
        'Digest realm="a\x00", nonce="b"',
        f'Digest realm="{3000 * "a"}", nonce="b"',
        'Digest realm="say \\"a\\"", nonce="b", opaque="c", algorithm=SHA-256, qop="auth,auth-int", stale=TRUE',
        'Digest realm="d", nonce="e"',
    )
    assert sip_message.challenge(reply) == Challenge(
        "Authorization", "SHA-256", 'say "a"', "b", "c", has_qop=True, is_stale=True
    )


def test_a_proxys_challenge_is_answered_to_the_proxy() -> None:
    found = sip_message.challenge(asking('Digest realm="a", nonce="b"', status=407))
    assert found == Challenge("Proxy-Authorization", "MD5", "a", "b", "", has_qop=False, is_stale=False)


def test_nothing_is_asked() -> None:
    assert sip_message.challenge(asking()) is None


def test_the_digest_of_rfc_2617() -> None:
    """Its example, of HTTP."""
    nonce, opaque = "dcd98b7102dd2f0e8b11d0f600bfb0c093", "5ccc069c403ebaf9f0171e9517f40e41"
    asked = Challenge("Authorization", "MD5", "testrealm@host.com", nonce, opaque, has_qop=True, is_stale=False)
    _, value = sip_message.authorization(asked, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in value


def test_the_digest_of_rfc_7616() -> None:
    """Its example of SHA-256."""
    nonce, opaque = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    asked = Challenge("Authorization", "SHA-256", "http-auth@example.org", nonce, opaque, has_qop=True, is_stale=False)
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    _, value = sip_message.authorization(asked, "GET", "/dir/index.html", "Mufasa", "Circle of Life", cnonce)
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in value


def test_quotes_in_a_name_end_nothing() -> None:
    _, value = sip_message.authorization(ASKED, "REGISTER", "sip:a", 'a", realm="b\\', "secret", "c")
    assert value.startswith('Digest username="a\\", realm=\\"b\\\\", realm="provider", ')
    assert "secret" not in value
