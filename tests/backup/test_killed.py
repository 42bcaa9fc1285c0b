"""A restore that is killed leaves the place empty, for another one, or whole."""

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from backup import making
from backup.places import Place
from core import restored
from tests.asterisk.live.test_voicemail_spool import put
from tests.backup.conftest import PASSPHRASE
from tests.faults.victim import ROOT, environment
from tests.people import make_extension

KILLS = 20
SEED = 20261129


@pytest.fixture
def path(place: Place, tmp_path: Path) -> Path:
    for number in ("1000", "1001"):
        make_extension(number)
    put(place.asterisk, "INBOX", 0, "a message", number="1000")
    (place.var / "reach").write_text("network\n")
    making.write_to(tmp_path / "a.backup", PASSPHRASE, place, voicemail=True)
    return tmp_path / "a.backup"


def is_whole(place: Place, here: Place) -> bool:
    """Otherwise it is empty. As the next process of the portal finds it."""
    restored.finish(place.var)
    assert place.database
    if place.database.stat().st_size == 0:
        assert not place.folders["voicemail"].exists()
        assert not place.folders["reach"].exists()
        assert (place.var / "secrets/sealing_key").read_text() == "of the new machine"
        return False
    with closing(sqlite3.connect(place.database)) as db:
        assert db.execute("SELECT count(*) FROM extensions_sipextension").fetchone() == (2,)
    assert (place.var / "reach").read_text() == "network\n"
    assert (place.var / "secrets/ami_secret").read_text() == "the secret of AMI"
    messages = [each.name for each in here.folders["voicemail"].rglob("msg*")]
    assert sorted(each.name for each in place.folders["voicemail"].rglob("msg*")) == sorted(messages)
    assert not list(place.var.rglob(".restored.*"))
    return True


def test_killed_at_any_moment_it_is_empty_or_whole(path: Path, place: Place, empty: Place, tmp_path: Path) -> None:
    shutil.copytree(empty.var, tmp_path / "fresh")
    program = [sys.executable, "-m", f"{__package__}.restore_process"]
    env = {**environment(), "PBXPORTAL_VAR": str(tmp_path / "of the program"), "PYTHONPATH": str(ROOT)}
    chance, killed = random.Random(SEED), 0
    with subprocess.Popen(program, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:

        def lives(seconds: float | None) -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            order = {"file": str(path), "passphrase": PASSPHRASE, "var": str(empty.var), "seconds": seconds}
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        def begin_anew() -> None:
            shutil.rmtree(empty.var)
            shutil.copytree(tmp_path / "fresh", empty.var)

        longest = lives(None)["seconds"]
        assert is_whole(empty, place)
        begin_anew()
        while killed < KILLS:
            ended = lives(chance.uniform(0, 1.2 * longest))
            assert ended["status"] in (0, signal.SIGKILL)
            killed += ended["status"] == signal.SIGKILL
            if is_whole(empty, place):
                begin_anew()
            else:
                assert ended["status"] == signal.SIGKILL
        assert lives(None)["status"] == 0
        assert is_whole(empty, place)
        assert process.stdin
        process.stdin.close()


class Killed(BaseException):
    """Nothing tidies up after it."""


@pytest.mark.parametrize("step", range(5))
def test_what_was_being_put_in_place_is_put_there_by_the_next_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    pairs = []
    for n in range(4):
        ready, target = tmp_path / f".ready.{n}", tmp_path / f"place.{n}"
        ready.mkdir()
        (ready / "file").write_text(f"new {n}")
        target.mkdir()
        (target / "old").write_text("old")
        pairs.append((ready, target))
    put_there, done = restored._put, 0

    def until_killed(ready: Path, target: Path) -> None:
        nonlocal done
        if done == step:
            if target.is_dir():
                shutil.rmtree(target)
            raise Killed
        done += 1
        put_there(ready, target)

    with monkeypatch.context() as patch:
        patch.setattr(restored, "_put", until_killed)
        try:
            restored.place(tmp_path, pairs)
        except Killed:
            assert (tmp_path / restored.LIST).exists()
    restored.finish(tmp_path)
    assert {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()} == {
        "restored.lock", *(f"place.{n}/file" for n in range(4)),
    }  # fmt: skip
    assert [(tmp_path / f"place.{n}/file").read_text() for n in range(4)] == [f"new {n}" for n in range(4)]


def test_the_settings_finish_it(path: Path, empty: Place) -> None:
    """Any command does, before it reads a secret."""
    ready = empty.var / ".restored.secrets"
    ready.mkdir()
    (ready / "sealing_key").write_text((settings.VAR / "secrets/ami_secret").read_text())
    (empty.var / restored.LIST).write_text(json.dumps([[str(ready), str(empty.var / "secrets")]]))
    env = {**environment(), "PBXPORTAL_VAR": str(empty.var)}
    code = "import pbxportal.settings as s; print(s.SEALING_KEY_FILE.read_text())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "the secret of AMI"
    assert not (empty.var / restored.LIST).exists()
