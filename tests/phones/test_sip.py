"""The pure half of the test phones: messages, digest, descriptions, sound."""

from __future__ import annotations

import pytest

from . import rtp, sdp, sip
from .subscription import dialog_state

INVITE = (
    "INVITE sip:1002@127.0.0.1:40000 SIP/2.0\r\n"
    "v: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKabc\r\n"
    'From: "Ada \\"Ace\\" O\\\\Neil 日本語 😀" <sip:1001@127.0.0.1>;tag=from-tag\r\n'
    "To: <sip:1002@127.0.0.1>\r\n"
    "i: call-1\r\n"
    "CSeq: 7 INVITE\r\n"
    "Content-Length: 3\r\n"
    "\r\n"
    "v=0"
)
NONCE = '"dcd98b7102dd2f0e8b11d0f600bfb0c093"'


def invite() -> sip.Message:
    return sip.parse(INVITE.encode())


def test_a_request_is_read() -> None:
    message = invite()
    assert (message.method, message.uri, message.cseq) == ("INVITE", "sip:1002@127.0.0.1:40000", 7)
    assert (message.call_id, message.branch, message.body) == ("call-1", "z9hG4bKabc", b"v=0")


def test_what_is_written_can_be_read_back() -> None:
    assert sip.parse(invite().encode()) == invite()


def test_a_display_name_is_unescaped() -> None:
    caller = sip.parse_address(invite().get("From"))
    assert caller.name == 'Ada "Ace" O\\Neil 日本語 😀'
    assert (caller.number, caller.tag) == ("1001", "from-tag")


@pytest.mark.parametrize("name", ['"', "\\", '\\"', "<sip:666@x>", "a, b;tag=1", "it's 😀", "\u2028"])
def test_any_name_survives_quoting(name: str) -> None:
    assert sip.parse_address(f"{sip.quoted(name)} <sip:1@x>;tag=t") == sip.Address(name, "sip:1@x", "t")


def test_an_address_needs_no_brackets_and_no_quotes() -> None:
    assert sip.parse_address("sip:1001@x;tag=t") == sip.Address("", "sip:1001@x", "t")
    assert sip.parse_address("Ada Lovelace <sip:1001@x>").name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("dialled", "uri"),
    [
        ("*43", "sip:*43@h:5060"),
        ("1001&1002", "sip:1001&1002@h:5060"),
        ("#1 <x>@y", "sip:%231%20%3Cx%3E%40y@h:5060"),
        ("a\r\nVia: b", "sip:a%0D%0AVia%3A%20b@h:5060"),
        ("日", "sip:%E6%97%A5@h:5060"),
        ("", "sip:h:5060"),
    ],
)
def test_any_text_can_be_dialled(dialled: str, uri: str) -> None:
    assert sip.sip_uri(dialled, "h", 5060) == uri
    assert sip.Address("", uri).number == dialled


def test_header_values_are_split_at_the_commas_between_them() -> None:
    via = ("Via", "SIP/2.0/UDP a;branch=z")
    routes = ("Record-Route", '"a, \\"b" <sip:x,y@h>, <sip:2@h>')
    message = sip.Message("BYE sip:x SIP/2.0", (via, routes))
    assert message.all("record-route") == ['"a, \\"b" <sip:x,y@h>', "<sip:2@h>"]


def test_a_reply_repeats_what_identifies_the_request() -> None:
    answer = sip.reply(invite(), 180, tag="mine")
    assert answer.start == "SIP/2.0 180 Ringing"
    assert answer.get("To") == "<sip:1002@127.0.0.1>;tag=mine"
    assert (answer.method, answer.branch, answer.call_id) == ("INVITE", "z9hG4bKabc", "call-1")


def test_a_tag_is_given_once() -> None:
    first = sip.reply(invite(), 180, tag="mine")
    assert sip.reply(first, 200, tag="other").get("To") == first.get("To")


def test_cancel_belongs_to_the_transaction_of_its_invite() -> None:
    cancel = sip.cancel(invite())
    assert (cancel.method, cancel.uri, cancel.get("CSeq")) == ("CANCEL", invite().uri, "7 CANCEL")
    assert cancel.get("Via") == invite().get("Via")


@pytest.mark.parametrize("noise", [b"", b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", INVITE.encode()[:60]])
def test_noise_is_no_message(noise: bytes) -> None:
    with pytest.raises(sip.SipError):
        sip.parse(noise)


def test_digest_with_qop_as_in_rfc_2617() -> None:
    challenge = 'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce=' + NONCE
    answer = sip.digest("GET", "/dir/index.html", challenge, "Mufasa", "Circle Of Life", "0a4f113b")
    assert sip.parameters(answer)["response"] == "6629fae49393a05397450978507c4ef1"
    assert "qop=auth, nc=00000001" in answer


def test_digest_without_qop_as_in_rfc_2069() -> None:
    challenge = 'Digest realm="testrealm@host.com", nonce=' + NONCE + ', opaque="5ccc"'
    answer = sip.parameters(sip.digest("GET", "/dir/index.html", challenge, "Mufasa", "CircleOfLife", ""))
    assert answer["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert "cnonce" not in answer
    assert answer["opaque"] == "5ccc"


def test_of_several_challenges_the_md5_one_is_answered() -> None:
    sha, md5 = ('Digest realm="pbx", nonce="n", algorithm=' + name for name in ("SHA-256", "MD5"))
    refusal = sip.reply(invite(), 401, extra=(("WWW-Authenticate", sha), ("WWW-Authenticate", md5)))
    answer = sip.authorization(invite(), refusal, "reg", "secret", "c")
    assert answer
    assert answer[0] == "Authorization"
    only_sha = sip.reply(invite(), 401, extra=(("WWW-Authenticate", sha),))
    assert sip.authorization(invite(), only_sha, "reg", "secret", "c") is None


def test_a_description_says_where_the_audio_goes() -> None:
    assert sdp.parse(sdp.describe("127.0.0.1", 4000, 97)) == sdp.Media("127.0.0.1", 4000, (0, 97), 97)
    assert sdp.parse(b"v=0\r\n") is None


def test_the_media_section_may_have_its_own_address() -> None:
    body = b"c=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 8 0\r\nc=IN IP4 10.0.0.2\r\nm=video 1 RTP/AVP 99\r\n"
    assert sdp.parse(body) == sdp.Media("10.0.0.2", 4000, (8, 0))


def test_ulaw_is_its_own_inverse() -> None:
    heard = [rtp.linear(byte) for byte in range(256)]
    assert [rtp.linear(rtp.ulaw(sample)) for sample in heard] == heard
    assert (rtp.linear(0x00), rtp.linear(0x80), rtp.linear(0xFF)) == (-32124, 32124, 0)


def test_a_packet_is_read_back_and_rtcp_is_not_one() -> None:
    packet = rtp.Packet(0, 65535, 160, 7, b"x" * 160, marker=True)
    assert rtp.parse(packet.encode()) == packet
    assert rtp.parse(b"\x80\xc8" + bytes(26)) is None
    assert rtp.parse(b"short") is None


@pytest.mark.parametrize("frequency", [200, 400, 697, 1000, 2600])
def test_a_tone_is_recognized(frequency: int) -> None:
    heard = hearing(rtp.tone(frequency, 0.25))
    assert heard.frequency == pytest.approx(frequency, rel=0.005)
    assert heard.level == pytest.approx(0.25, abs=0.01)
    assert heard.tone_level(frequency) == pytest.approx(0.25, abs=0.01)
    assert heard.tone_level(frequency + 100) < 0.01


def test_silence_has_no_tone() -> None:
    assert (rtp.Heard().level, rtp.Heard().frequency) == (0, 0)
    silent = hearing(bytes([rtp.ulaw(0)]) * 8000)
    assert (silent.packets, silent.level, silent.frequency) == (50, 0, 0)


def hearing(sound: bytes) -> rtp.Heard:
    heard = rtp.Heard()
    for start in range(0, len(sound), rtp.SAMPLES):
        heard.add(sound[start : start + rtp.SAMPLES])
    return heard


@pytest.mark.parametrize(
    ("dialogs", "state"),
    [
        ("", "terminated"),
        ("<dialog id='1'><state>early</state></dialog>", "early"),
        (
            "<dialog id='1'><state>early</state></dialog><dialog id='2'><state> confirmed </state></dialog>",
            "confirmed",
        ),
    ],
)
def test_the_latest_dialog_state_is_read(dialogs: str, state: str) -> None:
    xml = f"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info'>{dialogs}</dialog-info>"
    assert dialog_state(xml.encode()) == state
