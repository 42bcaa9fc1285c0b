from pathlib import Path

import pytest

from asterisk import check
from asterisk.process.fetch import Program
from core.debian import NotAvailableError
from pbxportal import jobs, logs
from tests.core.mail.conftest import postbox as postbox

ASTERISK = Program(("asterisk",), Path("/modules"), Path("/data"), "22.1")


def no_program(*_: object) -> None:
    raise NotAvailableError("It cannot be downloaded.")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(logs, "say", found.append)
    return found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(jobs, "start", lambda *command: found.append(" ".join(command)))
    monkeypatch.setattr(check, "start", lambda: found.append("check"))
    return found
