from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from asterisk.process.embedded import Embedded
from tests.clients import account
from tests.clients.client import Client
from tests.pbx.office import Office, contacts, eventually


@pytest.fixture
def office(asterisk: Embedded) -> Iterator[Office]:
    """Real phones at a real Asterisk; all are unplugged in the end."""
    office = Office()
    yield office
    office.close()


@pytest.fixture
def begin(office: Office, client: Browser, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """A program of that class with an extension of its own, registered with what the extension's page says."""
    with ExitStack() as begun:

        def registered(kind: type[Client], transport: str = "udp", offers: str = "", **wish: Any) -> Client:
            extension = office.extension(**wish)
            directory = tmp_path / extension.number
            directory.mkdir()
            told = account.of(extension, client)
            if transport == "tls":
                told = replace(told, port=str(settings.SIP_TLS_PORT))
            program = kind(told, directory, transport, offers)
            begun.enter_context(closing(program))
            program.register()
            assert eventually(lambda: len(contacts(program.account.user_name)) == 1), "it does not register"
            return program

        yield registered
