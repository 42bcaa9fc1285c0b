"""The portal's real web server, started as `manage.py run` starts it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from pbxportal import supervisor
from pbxportal.front import server as front_server
from pbxportal.front.server import Front
from pbxportal.management.commands.run import answers, manage, portal, prepare_portal
from tests.bench import process
from tests.bench.surroundings import Failed

START_SECONDS = 30


class Server:
    def __init__(self, pid: int) -> None:
        self._pid = pid

    def cpu_seconds(self) -> float:
        """Of its workers. The process that watches over them does nothing for a request."""
        return sum(process.cpu_seconds(worker) for worker in process.children(self._pid))


@contextmanager
def serving() -> Iterator[Server]:
    prepare_portal()
    child, ear = portal(has_pbx=True), manage("The listener", "listen")
    child.start()
    ear.start()
    try:
        wait_until_it_answers(child)
        assert child.process
        yield Server(child.process.pid)
    finally:
        supervisor.stop([child, ear])


@contextmanager
def serving_behind(front: Front) -> Iterator[None]:
    """As an office has it: the front server listens, the portal is behind it."""
    prepare_portal()
    front.configure(front_server.plan(front.program, settings.ADDRESS))
    child, outer = portal(has_pbx=True, behind=front), front.child()
    child.start()
    outer.start()
    try:
        wait_until_it_answers(child)
        yield
    finally:
        supervisor.stop([outer, child])


def wait_until_it_answers(child: supervisor.Child) -> None:
    door = supervisor.door("Portal", "PORTAL_BIND", settings.PORTAL_BIND)
    deadline = time.monotonic() + START_SECONDS
    while not answers((door.host, door.port)):
        if time.monotonic() > deadline or not child.process or child.process.poll() is not None:
            raise Failed("\n".join(("The portal does not start.", *child.last_lines())))
        time.sleep(0.05)
