"""pjsua2, in a process of its own: a library in C, with threads."""

import sys
from pathlib import Path

from tests.clients.client import Softphone

PROCESS = Path(__file__).with_name("pjsua_process.py")


class Pjsua(Softphone):
    def register(self) -> None:
        account = self.account
        typed = (account.domain, account.user_name, account.authentication_name, account.password)
        self.program = self.begin(
            [sys.executable, PROCESS, *typed, self.transport, self.tone(), self.recording, self.offers]
        )
        self.program.wait_for("registered 200")

    def call(self, number: str) -> None:
        self.program.type(f"call {number}")

    def answer(self) -> None:
        self.program.wait_for("ringing")
        self.program.type("answer")

    def hold(self) -> None:
        self.program.type("hold")

    def resume(self) -> None:
        self.program.type("resume")

    def transfer(self, number: str) -> None:
        self.program.type(f"transfer {number}")

    def wait_refused(self) -> None:
        self.program.wait_for("transfer 404")

    def hang_up(self) -> None:
        self.program.type("hang_up")

    def wait_over(self) -> None:
        self.program.wait_for("over")

    @property
    def recording(self) -> Path:
        return self.directory / "heard.wav"
