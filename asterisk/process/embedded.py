"""The portal's own Asterisk: its directories, its constant configuration, its process."""

import re
import socket
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from asterisk.engine import file_health
from asterisk.engine import store as engine
from asterisk.live import block_files, voicemail_copy, voicemail_repair, watching
from asterisk.live import store as live
from asterisk.nodes import Node
from asterisk.process import data_folder, module_folder, transports
from asterisk.process.fetch import Program
from core import socket_directory, whole_file
from extensions.validators import allows

CONF = Path(__file__).parent.parent / "conf"
# Files that Asterisk complains about when they are missing, and that have nothing to say here.
EMPTY = ("ccss", "cel", "codecs", "dsp", "features", "pjproject", "pjsip_notify", "udptl", "websocket_client")
IDENTIFIES = "pjsip_identifies.conf"  # of trunks: asterisk/apply/lines.py
SILENT_SECONDS = 5.0  # after which another connection is tried: one from before it had booted may not be told
SAFE_VALUE = re.compile(r"(?! |>)[^;\x00-\x1f\x7f]+(?<! )")


def configure(program: Program, node: Node, tone_zone: str, music: str) -> None:
    """Write all that Asterisk reads at its start, the engine file included."""
    for name in ("etc", "lib", "spool", "log"):
        (node.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    node.engine_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file_health.mend(node.engine_file)
    values = conf_values(node, tone_zone, music)
    loaded = only_existing((CONF / "modules.conf").read_text(), program.modules)
    data_folder.make(node.directory / "data", program.data)
    values["MODULES"] = module_folder.make(node.directory / "modules", program.modules, module_folder.listed(loaded))
    for template in sorted(CONF.glob("*.conf")):
        text = fill(template.read_text(), values)
        whole_file.write(node.directory / "etc" / template.name, only_existing(text, program.modules))
    transports.write(node)
    for name in EMPTY:
        whole_file.write(node.directory / "etc" / f"{name}.conf", "")
    for name in (*block_files.MODULES, IDENTIFIES):
        if not (node.directory / "etc" / name).exists():  # one that comes later would not be seen by a reload
            whole_file.write(node.directory / "etc" / name, "")


def prepare_start(node: Node) -> None:
    """Right before each start of Asterisk. An engine that cannot be written stops no start: `apply` says so."""
    forget_hidden_calls(node)
    with suppress(OSError):
        voicemail_copy.unlock_stale(node.directory, 0)
        voicemail_repair.forget_unfinished(node.directory)
    transports.note_start(node)
    known: list[str] = []
    with suppress(sqlite3.Error, OSError), live.opened(node.live_file) as db:
        known = live.registered_numbers(db)
    with suppress(engine.EngineError):
        file_health.mend(node.engine_file)
        engine.bind_media(node.engine_file, one_ipv4(node.sip_addresses))
        watching.before_start(node.engine_file, known)


def forget_hidden_calls(node: Node) -> None:
    """Those during which Asterisk was killed: it keeps their states, as if they went on."""
    database = node.directory / "lib/astdb.sqlite3"
    if database.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as db, db:
            db.execute("DELETE FROM astdb WHERE key LIKE '/CustomDevstate/%'")


def one_ipv4(addresses: list[str]) -> str:
    """The address, if it is the only one, unless it stands for all of this machine's, or is one of IPv6."""
    (one,) = addresses if len(addresses) == 1 else ("",)
    return "" if ":" in one or one == "0.0.0.0" else one  # noqa: S104 (compared, not bound)


def conf_values(node: Node, tone_zone: str, music: str) -> dict[str, str]:
    return {
        "DIRECTORY": str(node.directory),
        "RUN": str(run_directory(node)),
        "DATA": str(node.directory / "data"),
        "ENGINE_FILE": str(node.engine_file),
        "LOOPBACK": "permit" if all(allows("127.0.0.0/8, ::1", each) for each in node.sip_addresses) else "deny",
        "AMI_PORT": str(node.ami_port),
        "ARI_PORT": str(node.ari_port),
        "RTP_FIRST": str(node.rtp_first),
        "RTP_LAST": str(node.rtp_last),
        "AMI_USER": node.ami_user,
        "AMI_SECRET": node.ami_secret,
        "ARI_USER": node.ari_user,
        "ARI_SECRET": node.ari_secret,
        "TONES": tone_zone,
        "MUSIC": music,
    }


def fill(template: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        if not SAFE_VALUE.fullmatch(value):
            raise ValueError(f"{name} must be one non-empty line without semicolons or leading or trailing spaces.")
        if name.endswith("_USER") and "]" in value:
            raise ValueError(f"{name} must not contain a bracket.")
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], template)


def only_existing(text: str, modules: Path) -> str:
    """Without the load lines of modules that this Asterisk is too old, or was built too small, to have."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("load=") or (modules / line[5:].strip()).exists())


def run_directory(node: Node) -> Path:
    """For the control socket."""
    return socket_directory.make(node.directory / "run", "asterisk.ctl", "asterisk-")


def command(program: Program, node: Node) -> list[str]:
    """Runs in the foreground, and ends when the thread that started it ends."""
    conf = node.directory / "etc/asterisk.conf"
    return ["setpriv", "--pdeathsig", "TERM", "--", *program.command, "-f", "-C", str(conf)]


def wait_until_booted(node: Node, timeout: float) -> None:
    """Return when Asterisk says on AMI that it has fully booted; TimeoutError when it does not."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            if says_fully_booted(node, deadline):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"Asterisk did not start within {timeout:g} s.")


def says_fully_booted(node: Node, deadline: float) -> bool:
    login = f"Action: Login\r\nUsername: {node.ami_user}\r\nSecret: {node.ami_secret}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", node.ami_port), 1) as link:
        link.sendall(login.encode())
        heard = b""
        while b"Event: FullyBooted\r\n" not in heard:
            link.settimeout(max(0.01, min(SILENT_SECONDS, deadline - time.monotonic())))
            received = link.recv(4096)
            heard = heard[-100:] + received
            if not received or b"Response: Error" in heard:
                return False
    return True


class Embedded:
    """A real Asterisk, for as long as the `with` block lasts."""

    def __init__(self, program: Program, node: Node) -> None:
        self.program = program
        self.node = node
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, timeout: float = 30) -> None:
        configure(self.program, self.node, "us", data_folder.MUSIC)
        prepare_start(self.node)
        with (self.node.directory / "log/start.log").open("wb") as log:
            self.process = subprocess.Popen(
                command(self.program, self.node), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_until_booted(self.node, timeout)
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
