"""sipp: its own scenarios, and two of ours for what those cannot, which is to sign in. It sends back what it hears."""

import os
import socket
from itertools import count
from pathlib import Path

from tests.clients.client import Client
from tests.clients.program import Program

ALL_CALLS_SUCCEEDED, A_CALL_FAILED = 0, 1
SCENARIOS = Path(__file__).with_name("scenarios")
CALL_ID = "call@sipp"
HANG_UP = (
    "INFO sip:sipp SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1\r\nFrom: <sip:test>;tag=1\r\nTo: <sip:sipp>;tag=1\r\n"
    f"Call-ID: {CALL_ID}\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
)


def is_free(port: int) -> bool:
    """With those beside it, which are for commands and for sound."""
    try:
        for beside in (0, 1, 2, 4):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
                one.bind(("127.0.0.1", port + beside))
    except OSError:
        return False
    return True


# Of this test process alone, below those of Asterisk's sound and those that the system hands out.
ports = filter(is_free, count(12000 + os.getpid() % 60 * 100, 10))


class Sipp(Client):
    sends_back = True
    caller: Program | None = None

    def __repr__(self) -> str:
        return f"Sipp:\n{self.errors}"

    def register(self) -> None:
        """By a scenario of ours; then its own answers at the same port whatever is asked."""
        port = next(ports)
        once = ("-sf", SCENARIOS / "register.xml", "-m", "1", "-s", self.account.user_name)
        assert self._start(port, *once).wait_end() == ALL_CALLS_SUCCEEDED, self.errors
        self._start(port, "-sn", "uas", "-aa")

    def call(self, number: str) -> None:
        self._call(number, "-sf", SCENARIOS / "call.xml", "-key", "number", self.account.user_name)

    def call_without_signing_in(self, number: str) -> int:
        """By its own scenario; what it ends with."""
        return self._call(number, "-sn", "uac").wait_end()

    def answer(self) -> None:
        """It does by itself."""

    def hang_up(self) -> None:
        """What the scenario of a call waits for."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.sendto(HANG_UP.encode(), ("127.0.0.1", self.calling_port))

    def wait_over(self) -> None:
        if self.caller:
            assert self.caller.wait_end() == ALL_CALLS_SUCCEEDED, self.errors

    @property
    def errors(self) -> str:
        return "".join(file.read_text() for file in sorted(self.directory.glob("errors-*.log")))

    def _call(self, number: str, *arguments: str | Path) -> Program:
        self.calling_port = next(ports)
        self.caller = self._start(self.calling_port, *arguments, "-m", "1", "-s", number, "-cid_str", CALL_ID)
        return self.caller

    def _start(self, port: int, *arguments: str | Path) -> Program:
        here = "127.0.0.1"
        signed = ("-au", self.account.authentication_name, "-ap", self.account.password)
        wire = ("-i", here, "-p", str(port), "-ci", here, "-cp", str(port + 1))
        sound = ("-rtp_echo", "-mi", here, "-mp", str(port + 2))
        errors = ("-trace_err", "-error_file", self.directory / f"errors-{port}.log")
        return self.begin(["sipp", self.account.domain, *arguments, *signed, *wire, *sound, *errors, "-nostdin"])
