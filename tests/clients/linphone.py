"""Linphone's command line client, typed into as in a terminal, with files in place of a microphone and a speaker."""

from pathlib import Path

from tests.clients.client import Softphone

# Ports of -1 are chosen by itself, those of 0 are closed.
SETTINGS = """
[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=0
bind_address=127.0.0.1
use_ipv6=0
default_proxy=0
{offers}
[rtp]
audio_rtp_port=-1
bind_address=127.0.0.1
[auth_info_0]
username={account.user_name}
userid={account.authentication_name}
passwd={account.password}
[proxy_0]
reg_proxy=<sip:{account.domain};transport={transport}>
reg_identity=sip:{account.user_name}@{account.domain}
reg_expires=300
reg_sendregister=1
"""


class Linphone(Softphone):
    plays_to_whom_it_holds = True  # its file, as music

    def register(self) -> None:
        settings = self.directory / "linphonerc"
        settings.write_text(SETTINGS.format(account=self.account, transport=self.transport, offers=self.offers))
        (self.directory / ".local" / "share" / "linphone").mkdir(parents=True)
        self.program = self.begin(["linphonec", "-d", "6", "-c", settings], HOME=str(self.directory))
        for line in ("soundcard use files", f"play {self.tone()}", f"record {self.recording}"):
            self.program.type(line)

    def call(self, number: str) -> None:
        self.program.type(f"call {number}")

    def answer(self) -> None:
        self.program.wait_for("Receiving new incoming call")
        self.program.type("answer")

    def hold(self) -> None:
        self.program.type("pause")

    def resume(self) -> None:
        self.program.type("resume")

    def transfer(self, number: str) -> None:
        self.program.type(f"transfer {number}")

    def wait_refused(self) -> None:
        self.program.wait_for("SIP/2.0 404 Not Found")

    def hang_up(self) -> None:
        self.program.type("terminate")

    def wait_over(self) -> None:
        self.program.wait_for("ended (")

    @property
    def recording(self) -> Path:
        return self.directory / "heard.wav"
