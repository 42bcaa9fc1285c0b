"""What each of the programs does, whatever it calls it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from tests.clients import sound
from tests.clients.account import Account
from tests.clients.program import Program
from tests.phones.rtp import Heard


class Client(ABC):
    """Closed by the test that began it. What a method asks for is under way when it returns.

    `sends_back`: what it hears, in place of a tone of its own and of saying what that is. `offers`: what is set in it
    of the sound that it offers, in its own words; "": nothing.
    """

    TONE: ClassVar[int] = 440
    sends_back = False

    def __init__(self, account: Account, directory: Path, transport: str = "udp", offers: str = "") -> None:
        self.account = account
        self.directory = directory
        self.transport = transport
        self.offers = offers
        self._begun: list[Program] = []

    def begin(self, command: Sequence[str | Path], **environment: str) -> Program:
        program = Program(command, **environment)
        self._begun.append(program)
        return program

    def close(self) -> None:
        for program in self._begun:
            program.close()

    @abstractmethod
    def register(self) -> None:
        """Begin, and do so at once. Whether the PBX has said yes is asked there."""

    @abstractmethod
    def call(self, number: str) -> None: ...

    @abstractmethod
    def answer(self) -> None:
        """The call that rings, or is about to."""

    @abstractmethod
    def hang_up(self) -> None: ...

    @abstractmethod
    def wait_over(self) -> None:
        """Until it says that its call has ended."""


class Softphone(Client):
    """One that people talk through: it plays a tone, and records what it hears."""

    plays_to_whom_it_holds = False
    program: Program

    def __repr__(self) -> str:
        return f"{type(self).__name__}:\n{self.program}"

    @abstractmethod
    def hold(self) -> None: ...

    @abstractmethod
    def resume(self) -> None: ...

    @abstractmethod
    def transfer(self, number: str) -> None:
        """Blind: to whoever answers there."""

    @abstractmethod
    def wait_refused(self) -> None:
        """Until it says that the transfer came to nothing."""

    @property
    @abstractmethod
    def recording(self) -> Path: ...

    def heard(self) -> Heard:
        return sound.end_of(self.recording)

    def tone(self) -> Path:
        file = self.directory / "tone.wav"
        sound.write_tone(file, self.TONE)
        return file
