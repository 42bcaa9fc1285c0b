"""The manager interface as bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk.ami.protocol import Message, Unsendable, decode, encode, parse

TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=30)
NAME = st.from_regex(r"\A[A-Z][A-Za-z-]{0,20}\Z")
MESSAGE = st.dictionaries(NAME, TEXT, min_size=1, max_size=3)


def as_sent(message: Message) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n"


def test_an_action_and_its_headers_become_lines() -> None:
    assert encode("Ping", {"ActionID": 7}) == b"Action: Ping\r\nActionID: 7\r\n\r\n"


@pytest.mark.parametrize("evil", ["\r", "\n", "\0", "\r\n\r\nAction: Command"])
@pytest.mark.parametrize("place", ["action", "header", "value"])
def test_a_line_break_or_zero_byte_is_sent_nowhere(evil: str, place: str) -> None:
    text = f"a{evil}b"
    action, header, value = (text if place == each else "x" for each in ("action", "header", "value"))
    with pytest.raises(Unsendable):
        encode(action, {header: value})


@given(action=st.text(), header=st.text(), value=st.text())
def test_one_action_goes_out_as_one_message(action: str, header: str, value: str) -> None:
    try:
        sent = encode(action, {header: value})
    except Unsendable:
        assert set("\r\n\0") & set(action + header + value)
        return
    messages, rest = decode(sent)
    assert (len(messages), rest) == (1, b"")
    assert sent.count(b"\r\n") == 3


@given(
    messages=st.lists(MESSAGE, max_size=3),
    cuts=st.lists(st.integers(0, 400), max_size=9),
    unfinished=st.binary(max_size=9),
)
def test_messages_are_read_however_they_arrive(messages: list[Message], cuts: list[int], unfinished: bytes) -> None:
    unfinished = unfinished.replace(b"\r", b"").replace(b"\n", b"")
    sent = b"".join(map(as_sent, messages)) + unfinished
    places = sorted({0, len(sent), *(cut % (len(sent) + 1) for cut in cuts)})
    received, rest = list[Message](), b""
    for start, end in pairwise(places):
        complete, rest = decode(rest + sent[start:end])
        received += complete
    assert received == messages
    assert rest == unfinished


def test_a_header_that_stands_twice_keeps_both_values() -> None:
    assert parse(b"Output: one\r\nOutput: two\r\nOther:  spaced") == {"Output": "one\ntwo", "Other": " spaced"}


def test_bytes_that_are_no_text_do_not_end_the_talk() -> None:
    assert parse(b"Name: \xff\xfe\r\nno colon") == {"Name": "\ufffd\ufffd"}
