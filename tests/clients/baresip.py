"""baresip, typed into as in a terminal."""

from pathlib import Path

from tests.clients.client import Softphone
from tests.pbx.office import eventually

MODULES = ("srtp", "account", "stdio", "aufile", "aubridge", "g711", "menu", "sndfile")
CONFIG = """
module_path /usr/lib/baresip/modules
{modules}
audio_source aufile,{tone}
audio_player aubridge,nowhere
snd_path {directory}
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
rtp_ports 8000-9998
"""


class Baresip(Softphone):
    def register(self) -> None:
        self._write_files()
        # Its output is buffered where it is no terminal.
        self.program = self.begin(["stdbuf", "-oL", "baresip", "-4", "-f", self.directory])
        self.program.wait_for("registered successfully")

    def call(self, number: str) -> None:
        self.program.type(f"/dial {number}")

    def answer(self) -> None:
        self.program.wait_for("Incoming call from")
        self.program.type("/accept")

    def hold(self) -> None:
        self.program.type("/hold")

    def resume(self) -> None:
        """Its recorder is not put back after a hold; what it plays goes back to the other side instead."""
        self.program.type("/resume")
        self.program.type("/ausrc aubridge,nowhere")
        self.sends_back = True

    def transfer(self, number: str) -> None:
        self.program.type(f"/transfer {number}")

    def wait_refused(self) -> None:
        self.program.wait_for("transfer failure: 404")

    def hang_up(self) -> None:
        self.program.type("/hangup")

    def wait_over(self) -> None:
        """It is asked: of a call of less than a second it says nothing by itself."""
        assert eventually(lambda: self._calls() == "(0)"), self

    @property
    def recording(self) -> Path:
        """One a call, with the second in its name: the last."""
        return max(self.directory.glob("dump-*-dec.wav"), default=self.directory / "none-yet.wav")

    def _calls(self) -> str:
        self.program.type("/listcalls")
        self.program.wait_for("Active calls ")
        return self.program.wait_for("(0)", "(1)")

    def _write_files(self) -> None:
        modules = "\n".join(f"module {name}.so" for name in MODULES)
        config = CONFIG.format(modules=modules, tone=self.tone(), directory=self.directory)
        (self.directory / "config").write_text(config)
        (self.directory / "accounts").write_text(
            f"<sip:{self.account.user_name}@{self.account.domain};transport={self.transport}>"
            f";auth_user={self.account.authentication_name};auth_pass={self.account.password}"
            f"{self.offers and f';mediaenc={self.offers}'}\n"
        )
        (self.directory / "contacts").touch()
