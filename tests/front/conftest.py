from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.https import Certificate
from pbxportal import supervisor
from pbxportal.front import certificates, server
from pbxportal.front.program import Program, find_or_fetch
from pbxportal.front.server import Front
from pbxportal.management.commands.run import portal
from pbxportal.portal_address import Address
from pbxportal.supervisor import Child
from tests.faults.victim import environment
from tests.pbx.office import eventually
from tests.settings import free_port

ROOT = Path(__file__).resolve().parents[2]
Starts = Callable[..., Address]


@pytest.fixture(scope="session")
def caddy() -> Program:
    """The Caddy that `make run` uses too; fetched once, whichever test process comes first."""
    return find_or_fetch(ROOT / "var" / "caddy-program", print)


@pytest.fixture(scope="module")
def front(caddy: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Not started yet, with a folder of its own."""
    var = tmp_path_factory.mktemp("front")
    (var / "log").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "VAR", var)
        yield Front(caddy)


@pytest.fixture
def starts(front: Front) -> Iterator[Starts]:
    """The server in front, started for an address; by itself one of plain HTTP."""
    with ExitStack() as stack:

        def starts(
            certificate: Certificate = Certificate.NONE, names: tuple[str, ...] = ("127.0.0.1",),
            port: str = "", **changes: Any,
        ) -> Address:  # fmt: skip
            """`changes`: what differs from the plan that the settings give."""
            port = port or free_port()
            scheme = "http" if certificate == Certificate.NONE else "https"
            urls = tuple(f"{scheme}://{each}:{port}" for each in names)
            address = Address(f"127.0.0.1:{port}", urls, certificate)
            stack.enter_context(running(front, address, changes))
            return address

        yield starts


@contextmanager
def running(front: Front, address: Address, changes: dict[str, Any]) -> Iterator[None]:
    certificates.prepare(address)
    front.configure(replace(server.plan(front.program, address), **changes))
    child = front.child()
    child.start()
    try:
        host, port = address.bind.split(":")
        assert eventually(lambda: server.listens(host, int(port)), 30), child.last_lines()
        yield
    finally:
        supervisor.stop([child])


@pytest.fixture(scope="module")
def portal_behind(django_db_setup: None, front: Front) -> Iterator[Child]:
    child = portal(has_pbx=True, behind=front)
    child.environment = environment() | {"DJANGO_SETTINGS_MODULE": "tests.faults.portal_settings"}
    child.start()
    try:
        assert eventually(server.portal_answers, 60), child.last_lines()
        yield child
    finally:
        supervisor.stop([child])


@pytest.fixture
def behind(transactional_db: None, portal_behind: Child) -> Iterator[Child]:
    """The portal behind it, on the test's database. It has nothing to complain of."""
    yield portal_behind
    assert portal_behind.logs[0].read_text() == ""
