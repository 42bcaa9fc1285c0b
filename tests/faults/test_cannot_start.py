"""What cannot be used at the start is said in one line, and ends it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.browser.command import ROOT
from tests.settings import free_port

SECONDS = 60
BOTH = ["run", "prepare"]
OTHERS = ["setup_link", "backup", "rotate_keys"]
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


@pytest.mark.parametrize("command", [*BOTH, *OTHERS])
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


@pytest.mark.parametrize(
    "url",
    [
        "localhost/portal", "postgres://portal:Sec/ret-9@127.0.0.1/portal", "postgres://127.0.0.1:99999/portal",
        "oracle://a:b@127.0.0.1/portal", "sqlite://:memory:", "sqlite:///x%00", "postgres://portal@localhost",
    ],
)  # fmt: skip
def test_an_address_that_is_none(tmp_path: Path, url: str) -> None:
    ended = started("check", tmp_path, DATABASE_URL=url)
    assert ended.returncode == 1
    assert "Sec" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("DATABASE_URL is no address of a database. Examples: postgres://")
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


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    assert started("prepare", tmp_path).returncode == 0
    with closing(sqlite3.connect(tmp_path / "portal.sqlite3")) as db, db:
        db.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('core', '0999_future', '2099-01-01')")
        db.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('gone', '0001_initial', '2020-01-01')")
    said = one_line(started("run", tmp_path))
    assert said.startswith("The database is of another version of the portal, perhaps a newer one (core.0999_future).")


@pytest.mark.parametrize("command", BOTH)
@pytest.mark.parametrize("place", ["secrets", "secrets/secret_key", "secrets/sealing_key", "static", ""])
def test_a_place_that_cannot_be_used(command: str, place: str, tmp_path: Path) -> None:
    """A file where there is to be a folder, or the other way round."""
    path = tmp_path / "var" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith("_key"):
        path.mkdir()
    else:
        path.touch()
    assert str(path) in one_line(started(command, tmp_path / "var"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_a_secret_that_is_no_text(content: bytes, tmp_path: Path) -> None:
    key = tmp_path / "secrets/secret_key"
    key.parent.mkdir(mode=0o700)
    key.write_bytes(content)
    assert one_line(started("run", tmp_path)).startswith(f"{key} has no text. Delete it")


def one_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    return line.removeprefix("CommandError: ")
