"""What cannot be used at the start is said in one line, and ends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.browser.command import ROOT
from tests.settings import free_port

SECONDS = 60
BOTH = ["run", "prepare"]
NO_KEY = "An encryption key is missing or not valid. Each is 32 random bytes in URL-safe base64. Correct"


def started(command: str, directory: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "pbxportal.settings",
        "PBXPORTAL_VAR": str(directory),
        "PORTAL_BIND": f"127.0.0.1:{free_port()}",
        "PORTAL_ALLOW_ROOT": "True",
        "PBX_EXPECTED": "0",
        "FRONT": "none",
    }
    environment.pop("DATABASE_URL", None)
    program = [sys.executable, "manage.py", command]
    return subprocess.run(
        program, env=environment | more, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.parametrize("command", BOTH)
def test_a_database_that_is_not_reached(command: str, tmp_path: Path) -> None:
    url = f"postgres://nobody:secret-1@127.0.0.1:{free_port()}/none"
    said = one_line(started(command, tmp_path, DATABASE_URL=url))
    assert said.startswith("The database cannot be used: connection failed: ")
    assert said.endswith("Start it, or correct DATABASE_URL.")
    assert "secret-1" not in said


@pytest.mark.parametrize("command", BOTH)
def test_a_database_file_that_is_none(command: str, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("my letters\n" * 100)
    said = one_line(started(command, tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/other"))
    assert said == f"The database cannot be used: file is not a database. It is the file {tmp_path}/other."
    assert (tmp_path / "other").read_text() == "my letters\n" * 100


def test_an_address_that_is_none(tmp_path: Path) -> None:
    ended = started("run", tmp_path, DATABASE_URL="localhost/portal")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("DATABASE_URL is no address of a database. Example: postgres://")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", BOTH)
def test_keys_of_the_environment_that_are_none(command: str, tmp_path: Path) -> None:
    keys = f"{Fernet.generate_key().decode()},old-key"
    said = one_line(started(command, tmp_path, SEALING_KEYS=keys))
    assert said == f"{NO_KEY} SEALING_KEYS."


def test_keys_of_the_file_that_are_none(tmp_path: Path) -> None:
    key = tmp_path / "secrets/sealing_key"
    key.parent.mkdir(mode=0o700)
    key.touch(mode=0o600)
    assert one_line(started("run", tmp_path)) == f"{NO_KEY} {key}."


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    return line.removeprefix("CommandError: ")
