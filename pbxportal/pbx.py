"""Asterisk as a child of `manage.py run`: found, given its settings, and proved to once it has booted."""

import logging
import socket
import subprocess
from contextlib import suppress
from threading import Thread

from django.conf import settings
from django.db import connection

from asterisk import nodes
from asterisk.engine import file_health
from asterisk.engine.file_health import Guard
from asterisk.engine.store import EngineError
from asterisk.nodes import Node
from asterisk.process import embedded, hold_music, tones, transports
from asterisk.process.fetch import Program, find_or_fetch
from core.debian import NotAvailableError
from pbxportal import logs
from pbxportal.supervisor import CannotStart, Child, Door

BOOT_SECONDS = 60
AGAIN_SECONDS, LONGEST_SECONDS = 5.0, 300.0  # between two looks whether an apply was cut short
logger = logging.getLogger(__name__)


def doors(node: Node) -> list[Door]:
    both = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    return [
        *(Door("SIP", "SIP_PORT", address, node.sip_port, both) for address in node.sip_addresses),
        *(Door("SIP over TLS", "SIP_TLS_PORT", *each) for each in transports.encrypted(node)),
        Door("Asterisk's AMI", "AMI_PORT", "127.0.0.1", node.ami_port),
        Door("Asterisk's ARI", "ARI_PORT", "127.0.0.1", node.ari_port),
    ]


def find_program() -> Program | None:
    if not settings.PBX_EXPECTED:
        logs.say("PBX: turned off (PBX_EXPECTED). Changes are saved, and applied once a PBX is running.")
        return None
    try:
        return find_or_fetch(settings.VAR / "asterisk-program", logs.say)
    except NotAvailableError as error:
        logs.say(f"PBX: not available on this machine. {error}\nChanges are saved, and applied once a PBX is running.")
        return None


def child(program: Program, node: Node) -> Child:
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
            logs.say(f"The PBX's table {wrong}. It is being rebuilt.")
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
                logs.say(f"{error} See its log: {node.directory}/log/messages.log")
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
