"""The portal's own Asterisk: its directories, its constant configuration, its process."""

import os
import re
import socket
import sqlite3
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from asterisk.engine import file_health
from asterisk.engine import store as engine
from asterisk.live import store as live
from asterisk.live import watching
from asterisk.process.fetch import Program

CONF = Path(__file__).parent.parent / "conf"
# Files that Asterisk complains about when they are missing, and that have nothing to say here.
EMPTY = ("acl", "ccss", "cel", "codecs", "dsp", "features", "pjproject", "stasis", "udptl", "websocket_client")
LONGEST_SOCKET_PATH = 100  # the system's limit is 107 bytes
SAFE_VALUE = re.compile(r"(?! |>)[^;\x00-\x1f\x7f]+(?<! )")


@dataclass(frozen=True)
class Place:
    """Where an Asterisk lives: its directory, its ports, its secrets."""

    directory: Path
    engine_file: Path
    sip_bind: str
    sip_port: int
    ami_port: int
    ari_port: int
    rtp_first: int
    rtp_last: int
    ami_secret: str = field(repr=False)
    ari_secret: str = field(repr=False)
    ami_user: str = "portal"
    ari_user: str = "portal"
    tones: str = "us"


def place_from_settings() -> Place:
    return Place(
        directory=settings.ASTERISK_DIR,
        engine_file=settings.ENGINE_FILE,
        sip_bind=settings.SIP_BIND,
        sip_port=settings.SIP_PORT,
        ami_port=settings.AMI_PORT,
        ari_port=settings.ARI_PORT,
        rtp_first=settings.RTP_PORTS[0],
        rtp_last=settings.RTP_PORTS[1],
        ami_secret=settings.AMI_SECRET,
        ari_secret=settings.ARI_SECRET,
        ami_user=settings.AMI_USER,
        ari_user=settings.ARI_USER,
    )


def configure(program: Program, place: Place) -> None:
    """Write all that Asterisk reads at its start, the engine file included."""
    for name in ("etc", "lib", "spool", "log"):
        (place.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    place.engine_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file_health.mend(place.engine_file)
    values = conf_values(program, place)
    for template in sorted(CONF.glob("*.conf")):
        text = fill(template.read_text(), values)
        write(place.directory / "etc" / template.name, only_existing(text, program.modules))
    for name in EMPTY:
        write(place.directory / "etc" / f"{name}.conf", "")


def prepare_start(place: Place) -> None:
    """Right before each start of Asterisk. An engine that cannot be written stops no start: `apply` says so."""
    known: list[str] = []
    with suppress(sqlite3.Error, OSError), live.opened(live_file(place)) as db:
        known = live.registered_numbers(db)
    with suppress(engine.EngineError):
        file_health.mend(place.engine_file)
        engine.bind_media(place.engine_file, one_ipv4(place.sip_bind))
        watching.before_start(place.engine_file, known)


def live_file(place: Place) -> Path:
    return place.engine_file.with_name("live.sqlite3")


def one_ipv4(bind: str) -> str:
    """The address, unless it stands for all of this machine's, or is one of IPv6."""
    return "" if ":" in bind or bind == "0.0.0.0" else bind  # noqa: S104 (compared, not bound)


def conf_values(program: Program, place: Place) -> dict[str, str]:
    return {
        "DIRECTORY": str(place.directory),
        "RUN": str(run_directory(place)),
        "MODULES": str(program.modules),
        "DATA": str(program.data),
        "ENGINE_FILE": str(place.engine_file),
        "SIP_BIND": f"[{place.sip_bind}]" if ":" in place.sip_bind else place.sip_bind,
        "SIP_PORT": str(place.sip_port),
        "AMI_PORT": str(place.ami_port),
        "ARI_PORT": str(place.ari_port),
        "RTP_FIRST": str(place.rtp_first),
        "RTP_LAST": str(place.rtp_last),
        "AMI_USER": place.ami_user,
        "AMI_SECRET": place.ami_secret,
        "ARI_USER": place.ari_user,
        "ARI_SECRET": place.ari_secret,
        "TONES": place.tones,
    }


def fill(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        if not SAFE_VALUE.fullmatch(value):
            raise ValueError(f"{name} must be one line, not empty, without a semicolon or a space around it.")
        if name.endswith("_USER") and "]" in value:
            raise ValueError(f"{name} must not contain a bracket.")
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], template)


def only_existing(text: str, modules: Path) -> str:
    """Without the load lines of modules that this Asterisk is too old, or was built too small, to have."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("load=") or (modules / line[5:].strip()).exists())


def write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    with open(draft, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    draft.replace(path)


def run_directory(place: Place) -> Path:
    """For the control socket, whose path must be short: elsewhere, behind a link, when the directory lies deep."""
    run = place.directory / "run"
    if len(os.fsencode(run / "asterisk.ctl")) <= LONGEST_SOCKET_PATH:
        run.mkdir(mode=0o700, exist_ok=True)
        return run
    if not run.is_dir() or run.stat().st_uid != os.getuid():
        run.unlink(missing_ok=True)
        run.symlink_to(tempfile.mkdtemp(prefix="asterisk-"))
    return run.resolve()


def command(program: Program, place: Place) -> list[str]:
    """Runs in the foreground, and ends when the thread that started it ends."""
    conf = place.directory / "etc/asterisk.conf"
    return ["setpriv", "--pdeathsig", "TERM", "--", *program.command, "-f", "-C", str(conf)]


def wait_until_booted(place: Place, timeout: float) -> None:
    """Return when Asterisk says on AMI that it has fully booted; TimeoutError when it does not."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            if says_fully_booted(place, deadline):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"Asterisk has not booted within {timeout:g} s.")


def says_fully_booted(place: Place, deadline: float) -> bool:
    login = f"Action: Login\r\nUsername: {place.ami_user}\r\nSecret: {place.ami_secret}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", place.ami_port), 1) as link:
        link.sendall(login.encode())
        heard = b""
        while b"Event: FullyBooted\r\n" not in heard:
            link.settimeout(max(0.01, deadline - time.monotonic()))
            received = link.recv(4096)
            heard = heard[-100:] + received
            if not received or b"Response: Error" in heard:
                return False
    return True


class Embedded:
    """A real Asterisk, for as long as the `with` block lasts."""

    def __init__(self, program: Program, place: Place) -> None:
        self.program = program
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, timeout: float = 30) -> None:
        configure(self.program, self.place)
        prepare_start(self.place)
        with (self.place.directory / "log/start.log").open("wb") as log:
            self.process = subprocess.Popen(
                command(self.program, self.place), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_until_booted(self.place, timeout)
        except TimeoutError:
            self.kill()
            raise

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self) -> None:
        """As a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()
