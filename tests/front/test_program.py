"""Which Caddy is run, and what becomes of a start without one."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from core import debian
from core.debian import NotAvailableError
from pbxportal.front import program
from pbxportal.front.program import Program
from pbxportal.management.commands import run
from pbxportal.supervisor import CannotStart


def caddy_that_says(directory: Path, words: str) -> Path:
    path = directory / "caddy"
    path.write_text(f"#!/bin/sh\necho '{words}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("said", "version"),
    [("2.6.2", (2, 6, 2)), ("v2.11.4 h1:abc=", (2, 11, 4)), ("2.5.2", None), ("nothing", None)],
)
def test_the_systems_own_is_taken_if_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, version: tuple[int, ...] | None
) -> None:
    caddy = caddy_that_says(tmp_path, said)
    monkeypatch.setattr(debian, "SYSTEM_PATH", str(tmp_path))
    assert program.of_system() == (Program((str(caddy),), version) if version else None)


def test_the_fetched_one_runs(caddy: Program) -> None:
    assert caddy.version >= program.OLDEST


def not_there(*_: object) -> Program:
    raise NotAvailableError("No network.")


def test_without_one_plain_http_goes_on_and_that_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_caddy", not_there)
    assert run.find_front() is None
    assert "without Caddy in front of it, slow or many connections can block it. No network." in capsys.readouterr().out
    command = run.portal(has_pbx=True).command
    assert command[command.index("--bind") + 1] == settings.PORTAL_BIND
    settings.HTTPS = True
    with pytest.raises(CannotStart, match=r"HTTPS needs Caddy\. No network"):
        run.find_front()


def test_none_is_started_where_a_web_server_of_ones_own_is_in_front(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FRONT = "none"
    monkeypatch.setattr(run, "find_caddy", not_there)
    assert run.find_front() is None
