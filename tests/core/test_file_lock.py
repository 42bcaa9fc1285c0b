import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread, Timer

import pytest

from core import file_lock
from core.file_lock import LockedError

HOLDER = """import sys, time
from pathlib import Path
from core import file_lock
with file_lock.acquire(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_lock_is_held_once_and_is_free_when_its_file_is_closed(tmp_path: Path) -> None:
    lock = tmp_path / "made" / "a.lock"
    for take in (file_lock.acquire, file_lock.try_acquire):
        with take(lock), pytest.raises(LockedError), file_lock.try_acquire(lock):
            pass
    with file_lock.try_acquire(lock), file_lock.try_acquire(tmp_path / "another.lock"):
        pass


def test_whoever_looks_keeps_nobody_from_it(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    assert not file_lock.is_held(lock)
    with file_lock.try_acquire(lock):
        assert file_lock.is_held(lock)
    with lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # as is_held() does for a moment
        assert not file_lock.is_held(lock)
        Timer(0.1, looking.close).start()
        with file_lock.acquire(lock, 5):
            assert file_lock.is_held(lock)


def test_who_waits_has_it_when_its_holder_was_killed(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    passed: list[float] = []

    def wait() -> None:
        with file_lock.acquire(lock):
            passed.append(time.monotonic())

    with subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        waiting = Thread(target=wait)
        waiting.start()
        time.sleep(0.2)
        assert passed == []
        holder.send_signal(signal.SIGKILL)
    waiting.join(5)
    assert len(passed) == 1


def test_a_lock_whose_place_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        file_lock.try_acquire(tmp_path / "file" / "a.lock")


def test_who_waits_long_enough_has_it(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    held = file_lock.acquire(lock)
    Timer(0.2, held.close).start()
    with file_lock.acquire(lock, 30), pytest.raises(LockedError):
        file_lock.try_acquire(lock)


def test_who_has_waited_long_enough_gives_up_and_takes_it_from_nobody(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with file_lock.acquire(lock):
        for _ in range(3):
            with pytest.raises(LockedError):
                file_lock.acquire(lock, 0.05)
    with file_lock.acquire(lock, 30):
        pass


def test_a_lock_whose_place_cannot_be_written_says_so_to_who_waits(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        file_lock.acquire(tmp_path / "file" / "a.lock", 1)
