"""An office: people whose extensions are live on the PBX, and the phones on their desks."""

import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from asterisk.ami.protocol import Message, encode, parse
from asterisk.readback import proof
from extensions.models import SipExtension
from tests.node import apply, connected
from tests.people import make_extension
from tests.phones.audio import Audio
from tests.phones.call import IncomingCall, OutgoingCall
from tests.phones.dialog import Dialog
from tests.phones.phone import CallFailedError, Phone
from tests.phones.wire import PhoneTimeoutError


class Office:
    def __init__(self) -> None:
        self._phones: list[Phone] = []

    def extension(self, **wish: Any) -> SipExtension:
        """One that is live."""
        extension = make_extension(**wish)
        apply([extension.number], None)
        return extension

    def phone(self, extension: SipExtension, **other: Any) -> Phone:
        """Plugged in, and not registered yet. `other` is what its owner typed wrong."""
        typed = {
            "number": extension.number,
            "auth_name": extension.registration_name,
            "password": extension.registration_password,
        }
        phone = Phone(**({"server": ("127.0.0.1", settings.SIP_PORT)} | typed | other))
        self._phones.append(phone)
        return phone

    def registered(self, extension: SipExtension | None = None, **other: Any) -> Phone:
        """A phone at work; of a new extension, where none is named."""
        phone = self.phone(extension or self.extension(), **other)
        assert phone.register() == 200
        return phone

    def close(self) -> None:
        for phone in self._phones:
            for call in tuple(phone._calls.values()):
                call.hangup()
            phone.close()


def talking(caller: Phone, callee: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """Sound goes between them: 200 comes before Asterisk has joined the two, and a REFER in between is a 400."""
    outgoing = caller.call(callee.number)
    try:
        incoming = callee.wait_call()
    except PhoneTimeoutError:
        outgoing.wait_answered()  # says what the caller was told
        raise
    incoming.answer()
    outgoing.wait_answered()
    outgoing.start_audio(0)
    assert eventually(lambda: incoming.audio_received.packets > 0), "the call has no sound"
    return outgoing, incoming


def dial(phone: Phone, user: str, parameters: str = "") -> OutgoingCall:
    """The address goes on the wire as it is, whatever a well-behaved phone would do."""
    host, port = phone.wire.server
    uri = f"sip:{user}@{host}:{port}{parameters}"
    with phone.wire.changed:
        dialog = Dialog(phone.line.address, f"<{uri}>", uri, phone.line.contact)
        call = OutgoingCall(phone.line, dialog, Audio(phone.wire.host))
        phone._calls[dialog.call_id] = call
        call.start()
    return call


def refusal(call: OutgoingCall) -> int:
    """The status that the call ended with before anybody answered."""
    try:
        call.wait_answered()
    except CallFailedError as failed:
        return failed.status
    raise AssertionError("the call was answered")


def rings(*phones: Phone) -> bool:
    """Whether any of them has a call. To be asked when the caller has heard what becomes of the call."""
    assert eventually(lambda: "Down" not in channels()), "Asterisk is still calling"
    return any(phone.was_called() for phone in phones)


def channels() -> list[str]:
    """The state of each channel. One that Asterisk calls is Down until that phone has answered something."""
    answer = asked("CoreShowChannels", b"EventList: Complete")
    return [
        channel["ChannelStateDesc"]
        for channel in map(parse, answer.split(b"\r\n\r\n"))
        if "ChannelStateDesc" in channel
    ]


def saved(directory: Path, *phones: Phone) -> bool:
    """Whether, within a while, their registrations are in the file of Asterisk, which it writes once a second."""
    file, journal = directory / "lib/astdb.sqlite3", directory / "lib/astdb.sqlite3-journal"
    return eventually(
        lambda: (
            all(f"/registrar/contact/{phone.number};".encode() in file.read_bytes() for phone in phones)
            and not journal.exists()
        ),
    )


def contacts(number: str) -> list[Message]:
    """The phones that Asterisk holds for registered."""
    with connected() as ami:
        return proof.contacts(proof.endpoint(ami, number))


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while not (now := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return now


@contextmanager
def not_a_file(path: Path) -> Iterator[None]:
    """Nothing can be written there meanwhile, not even by root."""
    aside = path.rename(path.with_name(f"{path.name}.aside"))
    path.mkdir()
    yield
    path.rmdir()
    aside.rename(path)


@contextmanager
def engine_tables() -> Iterator[sqlite3.Connection]:
    """The engine's file, for what no apply would write."""
    with closing(sqlite3.connect(settings.ENGINE_FILE, timeout=5, isolation_level=None)) as db:
        yield db


def qualify(number: str) -> None:
    """Ask Asterisk to look now, instead of within 30 s, whether the phones of a number are still there."""
    asked("PJSIPQualify", Endpoint=number)


def unplug(phone: Phone) -> None:
    """Until Asterisk has noticed: a look that it had begun before may still have been answered."""
    assert contacts(phone.number), "it is not registered"
    phone.close()
    until = time.monotonic() + 20
    while any(contact["Status"] != "Unreachable" for contact in contacts(phone.number)):
        assert time.monotonic() < until, contacts(phone.number)
        qualify(phone.number)
        eventually(lambda: all(each["Status"] == "Unreachable" for each in contacts(phone.number)), 4)


def lamp(number: str) -> str:
    """What a watching phone would show."""
    return parse(asked("ExtensionState", Context="hints", Exten=number)).get("StatusText", "")


def asked(action: str, end: bytes = b"Response: Success", **headers: str) -> bytes:
    """The answer to what the portal never asks for, and its own client would refuse to. A list has an `end`."""
    with socket.create_connection((settings.AMI_HOST, settings.AMI_PORT), 5) as link:
        login = {"Username": settings.AMI_USER, "Secret": settings.AMI_SECRET, "Events": "off"}
        link.sendall(encode("Login", login) + encode(action, headers))
        heard = b""
        while end not in heard.partition(b"Response: Success")[2] or not heard.endswith(b"\r\n\r\n"):
            received = link.recv(4096)
            assert received, heard
            heard += received
    return heard.rpartition(b"Response: Success")[2]
