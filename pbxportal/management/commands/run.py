import hashlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from functools import partial
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.timezone import localdate, localtime

from accounts.first_run.link import setup_url
from asterisk import nodes
from asterisk.engine import file_health
from asterisk.engine.file_health import Guard
from asterisk.engine.store import EngineError
from asterisk.nodes import Node
from asterisk.process import embedded, hold_music, network, tones, transports
from asterisk.process.fetch import Program, find_or_fetch
from asterisk.process.refused_lines import RefusedLines
from backup import making
from backup.copies import sending
from backup.models import CopySettings
from core import commands, https, reach, running
from core.debian import NotAvailableError
from core.events import tell, webhook
from core.events.look import Look
from core.preferences.models import Preferences, in_force
from core.reach import is_local
from core.running import PBX, PORTAL
from pbxportal import conditions, logs, supervisor
from pbxportal.front import certificates, server
from pbxportal.front.program import Program as Caddy
from pbxportal.front.program import find_or_fetch as find_caddy
from pbxportal.front.server import Front, FrontError
from pbxportal.front.watch import Watch
from pbxportal.supervisor import CannotStart, Child, Door, door

RESTART = "sudo systemctl restart pbxportal.target"
BOOT_SECONDS = 60
ANSWER_SECONDS = 5
OUTSIDE_SECONDS = 60.0  # between two looks for the address outside
AGAIN_SECONDS, LONGEST_SECONDS = 5.0, 300.0  # between two looks whether an apply was cut short
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Runs the portal and its PBX until you press Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=running.PARTS, help="the other part runs in a process of its own")

    def handle(self, *, only: str | None = None, **_: Any) -> None:
        parts = (only,) if only else running.PARTS
        os.umask(0o077)
        interrupt = Interrupt()
        try:
            supervisor.refuse_root(allowed=settings.ALLOW_ROOT)
            with ExitStack() as locks:
                for part in parts:
                    locks.enter_context(supervisor.only_one(running.lock(settings.VAR, part)))
                run(parts, interrupt.look)
        except KeyboardInterrupt:
            say("Stopped.")
        except CannotStart as error:
            self.stderr.write(str(error))
            sys.exit(1)


def say(text: str) -> None:
    if settings.LOG_TO_STDERR:
        print(json.dumps({"event": text, "level": "info", "timestamp": datetime.now(UTC).isoformat()}), file=sys.stderr)
    else:
        print(text, flush=True)


class Interrupt:
    """Ctrl+C, or the like from systemd. Once: what is being stopped is not to be interrupted again."""

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.take)

    def take(self, *_: object) -> None:
        if not self.came:
            self.came = True
            raise KeyboardInterrupt

    def look(self) -> None:
        """Again and again: raised in a callback of the interpreter's, the first exception is lost."""
        if self.came:
            raise KeyboardInterrupt


def run(parts: Sequence[str], look_for_interrupt: Callable[[], None]) -> None:
    supervisor.tell_systemd("STATUS=Starting")
    node = nodes.from_settings()
    portal_door = door("Portal", "PORTAL_BIND", settings.PORTAL_BIND)
    has_pbx = settings.PBX_EXPECTED
    doors = [*([portal_door] if PORTAL in parts else ()), *(pbx_doors(node) if PBX in parts and has_pbx else ())]
    supervisor.check_free(doors)
    if PORTAL in parts:
        prepare_portal()
        follow_preferences()
    front = find_front() if PORTAL in parts else None
    program = find_program()
    rounds: list[Callable[[], object]] = []
    children: list[Child] = []
    if PORTAL in parts:
        children += portal_children(front, has_pbx=program is not None)
        rounds += portal_rounds(front, children, portal_door, program, node)
    if PBX in parts and program:
        children.append(pbx(program, node))
        rounds.append(SmallLogs(node.directory / "log"))
    if PORTAL not in parts:
        say(f"PBX: Asterisk {program.version} starts." if program else "PBX: nothing to run.")
        supervisor.tell_systemd("READY=1")
    connection.close()

    def each_round() -> None:
        look_for_interrupt()
        for each in rounds:
            each()
        supervisor.tell_systemd("WATCHDOG=1")

    supervisor.watch(children, say, each_round)


def portal_children(front: Front | None, *, has_pbx: bool) -> list[Child]:
    children = [portal(has_pbx=has_pbx, behind=front), manage("The mail worker", "deliver")]
    if has_pbx:
        children.append(manage("The PBX listener", "listen"))
    return children


def portal_rounds(
    front: Front | None, children: list[Child], portal_door: Door, program: Program | None, node: Node
) -> list[Callable[[], object]]:
    """What is looked at beside the children. The front server joins them."""
    rounds: list[Callable[[], object]] = [
        Welcome(portal_door, setup_url(), program, node, server.portal_answers if front else lambda: True),
        Daily(),
        Backups(),
        Nightly(has_pbx=program is not None),
        Alerts(children, has_pbx=program is not None),
        SmallLogs(settings.VAR / "log"),
    ]
    if front:
        watch = Watch(front, [*children], say, has_pbx=program is not None)
        watch.hand_over()
        rounds.append(watch)
        children.append(front.child())
    if program:
        rounds.append(Job(lambda: follow_outside_address(node), OUTSIDE_SECONDS))
    return rounds


def pbx_doors(node: Node) -> list[Door]:
    both = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    return [
        *(Door("SIP", "SIP_PORT", address, node.sip_port, both) for address in node.sip_addresses),
        *(Door("SIP over TLS", "SIP_TLS_PORT", *each) for each in transports.encrypted(node)),
        Door("Asterisk's AMI", "AMI_PORT", "127.0.0.1", node.ami_port),
        Door("Asterisk's ARI", "ARI_PORT", "127.0.0.1", node.ari_port),
    ]


# --- the portal ---


def prepare_portal() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    collect_static()


def collect_static() -> None:
    """Only when a file has changed: it takes seconds."""
    seen, now = settings.VAR / "static.seen", static_fingerprint()
    if seen.exists() and seen.read_text() == now and (settings.STATIC_ROOT / "staticfiles.json").exists():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    seen.write_text(now)


def static_fingerprint() -> str:
    files = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            files.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()


def follow_preferences() -> None:
    """Where the settings read another choice than the database has, as after a restore: begin anew with that."""
    choice = Preferences.load().https
    if choice != https.chosen(settings.VAR):
        https.choose(settings.VAR, choice)
        connection.close()
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 (this very program)


def find_front() -> Front | None:
    """The server in front, configured. Without one, plain HTTP is served by what is behind it."""
    if settings.FRONT == "none" or not (program := find_front_program()):
        return None
    front = Front(program)
    certificates.prepare(settings.ADDRESS)
    try:
        front.configure(server.plan(program, settings.ADDRESS))
    except FrontError as error:
        raise CannotStart(f"The front server's configuration is not valid. {error}") from error
    return front


def find_front_program() -> Caddy | None:
    try:
        return find_caddy(settings.VAR / "caddy-program", say)
    except NotAvailableError as error:
        if settings.HTTPS:
            raise CannotStart(f"HTTPS needs Caddy. {error}") from error
        say(f"Portal: without Caddy in front of it, slow or many connections can block it. {error}")
        return None


def portal(*, has_pbx: bool, behind: Front | None = None) -> Child:
    gunicorn = (
        "gunicorn --worker-class gthread --workers 2 --threads 24 --graceful-timeout 3"
        " --preload --no-control-socket --log-level warning pbxportal.wsgi"
    )
    command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", *gunicorn.split()]
    command += ["--chdir", str(settings.BASE_DIR), "--bind"]
    command += [f"unix:{server.portal_socket()}"] if behind else [settings.PORTAL_BIND]
    command += ["--forwarder-headers", ""]
    command += ["--forwarded-allow-ips", ""]  # whom to believe, core.http.ForwardedHeaders knows
    times = settings.VAR / "metrics"  # of all its processes together
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(times)} | ({} if has_pbx else {"PBX_EXPECTED": "0"})

    def before_start() -> None:
        shutil.rmtree(times, ignore_errors=True)
        times.mkdir(mode=0o700)

    return Child("The portal", command, logs.of("portal"), environment, before_start)


def manage(name: str, command: str) -> Child:
    """One of our own commands that goes on until it is stopped."""
    return Child(name, ["setpriv", "--pdeathsig", "TERM", "--", *commands.of(command)], logs.of(command))


class Welcome:
    """Says where to go, once, as soon as the portal answers."""

    def __init__(
        self,
        portal_door: Door,
        link: str | None,
        program: Program | None,
        node: Node,
        portal_answers: Callable[[], bool] = lambda: True,
    ) -> None:
        self.address, self.portal_answers = (portal_door.host, portal_door.port), portal_answers
        self.lines = [f"Portal:  {' or '.join(settings.PORTAL_ADDRESSES)}"]
        if program:
            self.lines.append(f"PBX:     Asterisk {program.version}, SIP on {node.sip_bind}:{node.sip_port}")
        if link:
            how = "Open this link once to create the first administrator. It is valid for 24 hours:"
            self.lines += ["", how, "", link, ""]
            self.lines += network_hint()
        if not settings.LOG_TO_STDERR:
            self.lines.append("Press Ctrl+C to stop.")

    def __call__(self) -> None:
        if self.lines and answers(self.address) and self.portal_answers():
            say("\n".join(self.lines))
            supervisor.tell_systemd("READY=1")
            self.lines = []


def network_hint() -> list[str]:
    """How to open the setup link from elsewhere, where nobody has chosen yet who can reach the portal."""
    if not is_local(urlsplit(settings.PORTAL_URL).hostname or "") or "PORTAL_BIND" in reach.set_by_environment():
        return []
    how = "The link opens on this machine only. To use another computer on your network, "
    if settings.LOG_TO_STDERR:
        return [f"{how}run:", "", f"{settings.MANAGE} reach network", RESTART, ""]
    return [f"{how}press Ctrl+C and run:", "", f"{settings.MANAGE} reach network", "make run", ""]


class SmallLogs:
    """Keeps every log small, for as long as it is written: strangers fill Asterisk's with each refused request."""

    EVERY_SECONDS = 1.0

    def __init__(self, *directories: Path) -> None:
        self.directories = directories
        self.refused = [RefusedLines(directory) for directory in directories]
        self.due = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.EVERY_SECONDS
            for look in self.refused:
                look()
            for directory in self.directories:
                supervisor.keep_small(directory)


def follow_outside_address(node: Node) -> None:
    """Has the PBX follow when the name or the router outside gets another address."""
    try:
        network.follow(node)
    except OSError as error:
        logger.warning("The outside address cannot be found: %s", error)


class Alerts:
    """Looks for what is wrong, and tells of it, by e-mail and by webhook."""

    LOOK_SECONDS, DELIVER_SECONDS, FORGET_SECONDS = 5.0, 3.0, 3600.0

    def __init__(self, children: Sequence[Child], *, has_pbx: bool) -> None:
        self.look = Look(conditions.of(children, has_pbx=has_pbx))
        self.jobs = [
            Job(self.look_and_tell, self.LOOK_SECONDS),
            Job(webhook.deliver, self.DELIVER_SECONDS),
            Job(tell.forget_old, self.FORGET_SECONDS),
        ]

    def __call__(self) -> None:
        for job in self.jobs:
            job()

    def look_and_tell(self) -> None:
        with in_force():
            self.look()
            tell.tell()


class Job:
    """Something that is done again and again, in a thread of its own, so that nothing waits for it."""

    def __init__(self, work: Callable[[], object], every_seconds: float) -> None:
        self.work, self.every_seconds = work, every_seconds
        self.due = time.monotonic() + every_seconds
        self.thread: Thread | None = None

    def __call__(self) -> None:
        if time.monotonic() >= self.due and not (self.thread and self.thread.is_alive()):
            self.due = time.monotonic() + self.every_seconds
            self.thread = beside(self.work)


def beside(work: Callable[[], object]) -> Thread:
    """Do it in a thread of its own, so that nothing waits for it; a failure is logged."""

    def once() -> None:
        try:
            work()
        except Exception:
            logger.exception("What is done again and again beside the portal failed")
        finally:
            connection.close()

    thread = Thread(target=once, daemon=True)
    thread.start()
    return thread


class Nightly:
    """Compares everything at three o'clock; once a night, whatever is done to the clock."""

    HOUR = 3

    def __init__(self, *, has_pbx: bool) -> None:
        self.has_pbx = has_pbx
        self.last = localdate()

    def __call__(self) -> None:
        from asterisk import check

        now = localtime()
        if now.hour == self.HOUR and now.date() != self.last:
            self.last = now.date()
            start("verify_audit")
            if self.has_pbx:
                check.start()


class Backups:
    """Has the day's backup made from two o'clock on; looked for again each hour, for one may have failed."""

    HOUR = 2

    def __init__(self) -> None:
        self.last: tuple[date, int] | None = None
        self.is_due = False

    def __call__(self) -> None:
        now = localtime()
        if now.hour >= self.HOUR and (now.date(), now.hour) != self.last:
            self.last = (now.date(), now.hour)
            beside(self.look)
        if self.is_due:
            self.is_due = False
            start("backup", "--nightly")

    def look(self) -> None:
        self.is_due = making.is_due() or bool(sending.owed(CopySettings.load()))


class Daily:
    """Deletes those who have left, and clears sessions, whose time is over: at the start, and as each day begins.

    What failed is tried again, for the database may have been busy.
    """

    AGAIN_SECONDS = 300.0

    def __init__(self) -> None:
        self.last: date | None = None
        self.thread: Thread | None = None
        self.due = 0.0

    def __call__(self) -> None:
        today = localdate()
        is_at_work = self.thread is not None and self.thread.is_alive()
        if today != self.last and not is_at_work and time.monotonic() >= self.due:
            self.due = time.monotonic() + self.AGAIN_SECONDS
            self.thread = beside(partial(self.begin, today))

    def begin(self, today: date) -> None:
        if all([do("leavers"), do("clear_sessions")]):
            self.last, self.due = today, 0.0


def do(command: str) -> bool:
    """One of our own commands, here: to start a process takes longer than most days give it to do.

    Gives whether it did it; if not, why not is in its log.
    """
    said, is_done = StringIO(), True
    try:
        call_command(command, stdout=said, no_color=True)
    except CommandError as error:
        said.write(f"{error}\n")
    except Exception as error:
        said.write(traceback.format_exc())
        say(f"{command} failed, and is tried again: {error}")
        is_done = False
    finally:
        connection.close()
    with supervisor.output(logs.of(command)) as out:
        if out:
            out.write(said.getvalue().encode())
        else:
            for line in said.getvalue().splitlines():
                say(f"{command}: {line}")
    return is_done


def start(command: str, *arguments: str) -> None:
    """In a process of its own, which nobody waits for: Ctrl+C is not said to it. It ends with this thread."""
    program = ["setpriv", "--pdeathsig", "TERM", "--", *commands.of(command, *arguments)]
    with supervisor.output(logs.of(command)) as out:
        process = subprocess.Popen(program, stdout=out, stderr=out, start_new_session=True)
    Thread(target=process.wait, daemon=True).start()


def answers(address: tuple[str, int]) -> bool:
    """Whether a request gets an answer: a port accepts connections seconds before the portal behind it is loaded."""
    host, port = address
    return server.is_answered(HTTPConnection(host or "127.0.0.1", port, timeout=ANSWER_SECONDS))


# --- the PBX ---


def find_program() -> Program | None:
    if not settings.PBX_EXPECTED:
        say("PBX: turned off (PBX_EXPECTED). Changes are saved, and applied once a PBX is running.")
        return None
    try:
        return find_or_fetch(settings.VAR / "asterisk-program", say)
    except NotAvailableError as error:
        say(f"PBX: not available on this machine. {error}\nChanges are saved, and applied once a PBX is running.")
        return None


def pbx(program: Program, node: Node) -> Child:
    def configure(node: Node) -> None:
        embedded.configure(program, node, tones.given(), hold_music.folder(node.directory))

    try:
        configure(node)
    except (ValueError, EngineError) as error:
        raise CannotStart(str(error)) from error
    directory = node.directory / "log"
    written = [directory / "start.log", directory / "problems.log"]

    def on_start(process: subprocess.Popen[bytes]) -> None:
        Thread(target=catch_up, args=(node, process), daemon=True).start()

    guard = Guard(node.engine_file)

    def before_start() -> None:
        now = nodes.as_given(node)
        fill_lost_table(now)
        if transports.started_with(now) != transports.listening(now):
            configure(now)
        embedded.prepare_start(now)
        guard.begin()

    def trouble() -> str:
        now = nodes.as_given(node)
        is_as_given = transports.started_with(now) == transports.listening(now)
        return guard.trouble() or ("" if is_as_given else "its addresses or ports were changed")

    command = embedded.command(program, node)
    return Child("Asterisk", command, written, before_start=before_start, on_start=on_start, trouble=trouble)


def fill_lost_table(node: Node) -> None:
    from asterisk.apply import run as apply_run

    try:
        if wrong := file_health.mend(node.engine_file):
            say(f"The PBX's table {wrong}. It is being rebuilt.")
        apply_run.make_whole(node)
    except Exception:
        logger.exception("The PBX's table could not be written")
    finally:
        connection.close()


def catch_up(node: Node, process: subprocess.Popen[bytes]) -> None:
    """Once Asterisk has booted, prove to it what was applied while it was away."""
    if not wait_until_booted(node, process):
        return
    from asterisk import check

    pause = AGAIN_SECONDS
    settled = False
    while process.poll() is None:
        proved = prove_waiting(node)
        pause = AGAIN_SECONDS if proved else min(2 * pause, LONGEST_SECONDS)
        if proved and not settled:
            settled = True
            check.start()
        with suppress(subprocess.TimeoutExpired):
            process.wait(pause)


def wait_until_booted(node: Node, process: subprocess.Popen[bytes]) -> bool:
    """However long it takes, unless it ends before; said once where it takes long."""
    is_said = False
    while process.poll() is None:
        try:
            embedded.wait_until_booted(node, BOOT_SECONDS)
        except TimeoutError as error:
            if not is_said and process.poll() is None:
                say(f"{error} See its log: {node.directory}/log/messages.log")
            is_said = True
        else:
            return True
    return False


def prove_waiting(node: Node) -> bool:
    """Whether nothing is left to prove."""
    from asterisk.apply import run as apply_run

    try:
        apply_run.catch_up(node)
        return not apply_run.is_behind()
    except Exception:
        logger.exception("Changes applied while the PBX was down could not be verified")
        return False
    finally:
        connection.close()
