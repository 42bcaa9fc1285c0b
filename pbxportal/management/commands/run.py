import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.first_run.link import setup_url
from asterisk import nodes
from asterisk.nodes import Node
from asterisk.process.fetch import Program
from core import commands, https, reach, running
from core.debian import NotAvailableError
from core.encryption import SealError, look_at_keys
from core.preferences.models import Preferences
from core.reach import is_local
from core.running import PBX, PORTAL
from pbxportal import jobs, logs, pbx, supervisor
from pbxportal.front import certificates, server
from pbxportal.front.program import Program as Caddy
from pbxportal.front.program import find_or_fetch as find_caddy
from pbxportal.front.server import Front, FrontError
from pbxportal.front.watch import Watch
from pbxportal.supervisor import CannotStart, Child, Door, door

RESTART = "sudo systemctl restart pbxportal.target"
ANSWER_SECONDS = 5
OUTSIDE_SECONDS = 60.0  # between two looks for the address outside


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
            logs.say("Stopped.")
        except CannotStart as error:
            self.stderr.write(str(error))
            sys.exit(1)


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
    doors = [*([portal_door] if PORTAL in parts else ()), *(pbx.doors(node) if PBX in parts and has_pbx else ())]
    supervisor.check_free(doors)
    if PORTAL in parts:
        prepare_portal()
        follow_preferences()
    front = find_front() if PORTAL in parts else None
    program = pbx.find_program()
    rounds: list[Callable[[], object]] = []
    children: list[Child] = []
    if PORTAL in parts:
        children += portal_children(front, has_pbx=program is not None)
        rounds += portal_rounds(front, children, portal_door, program, node)
    if PBX in parts and program:
        children.append(pbx.child(program, node))
        rounds.append(jobs.SmallLogs(node.directory / "log"))
    if PORTAL not in parts:
        logs.say(f"PBX: Asterisk {program.version} starts." if program else "PBX: nothing to run.")
        supervisor.tell_systemd("READY=1")
    connection.close()

    def each_round() -> None:
        look_for_interrupt()
        for each in rounds:
            each()
        supervisor.tell_systemd("WATCHDOG=1")

    supervisor.watch(children, logs.say, each_round)


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
        jobs.Daily(),
        jobs.Backups(),
        jobs.Nightly(has_pbx=program is not None),
        jobs.Alerts(children, has_pbx=program is not None),
        jobs.SmallLogs(settings.VAR / "log"),
    ]
    if front:
        watch = Watch(front, [*children], logs.say, has_pbx=program is not None)
        watch.hand_over()
        rounds.append(watch)
        children.append(front.child())
    if program:
        rounds.append(jobs.Job(lambda: jobs.follow_outside_address(node), OUTSIDE_SECONDS))
    return rounds


# --- the portal ---


def prepare_portal() -> None:
    """Raises CannotStart where the keys or the database are not those of this program."""
    try:
        look_at_keys()
    except SealError as error:
        where = "SEALING_KEYS" if settings.SEALING_KEYS else settings.SEALING_KEY_FILE
        raise CannotStart(f"{error} Correct {where}.") from error
    if unknown := unknown_migrations():
        other = f"The database is of another version of the portal, perhaps a newer one ({', '.join(unknown)})."
        raise CannotStart(f"{other} Install that version, or restore a backup of this one.")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    collect_static()


def unknown_migrations() -> list[str]:
    """Those of our own apps that the database has and this program does not know."""
    loader = MigrationLoader(connection)
    known = loader.disk_migrations.keys() | {old for each in loader.disk_migrations.values() for old in each.replaces}
    ours = {each.label for each in apps.get_app_configs() if (settings.BASE_DIR / each.name.split(".")[0]).is_dir()}
    return [f"{app}.{name}" for app, name in sorted(loader.applied_migrations.keys() - known) if app in ours]


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
        return find_caddy(settings.VAR / "caddy-program", logs.say)
    except NotAvailableError as error:
        if settings.HTTPS:
            raise CannotStart(f"HTTPS needs Caddy. {error}") from error
        logs.say(f"Portal: without Caddy in front of it, slow or many connections can block it. {error}")
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
            logs.say("\n".join(self.lines))
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


def answers(address: tuple[str, int]) -> bool:
    """Whether a request gets an answer: a port accepts connections seconds before the portal behind it is loaded."""
    host, port = address
    return server.is_answered(HTTPConnection(host or "127.0.0.1", port, timeout=ANSWER_SECONDS))
