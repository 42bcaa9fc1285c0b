"""The last step of a restore: what lies ready beside its place is put there.

The list of it is written in one step, and with that the restore is done: whatever is killed from then on, the next
process of the portal puts the rest in its place, before it reads any of it.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from core import file_lock, whole_file

LIST = "restored.json"


def place(var: Path, pairs: Iterable[tuple[Path, Path]]) -> None:
    """Each of them: what lies ready, and its place, on the same disk. Raises OSError."""
    os.sync()
    whole_file.write(var / LIST, json.dumps([[str(ready), str(target)] for ready, target in pairs]), lasting=True)
    finish(var)


def finish(var: Path) -> None:
    """Nothing, where no restore is to be finished."""
    if not (var / LIST).exists():
        return
    with file_lock.acquire(var / "restored.lock"):
        if not (var / LIST).exists():
            return
        for ready, target in json.loads((var / LIST).read_text()):
            _put(Path(ready), Path(target))
        os.sync()
        (var / LIST).unlink()
        for draft in var.glob(f".{LIST}.*"):  # of an earlier restore that was killed while it wrote the list
            draft.unlink()


def _put(ready: Path, target: Path) -> None:
    if not ready.exists():
        return  # before it was killed
    if target.is_symlink():
        target.unlink()  # what it leads to stays
    elif target.is_dir():
        shutil.rmtree(target)
    for beside in ("-wal", "-shm"):  # of a database
        target.with_name(target.name + beside).unlink(missing_ok=True)
    ready.replace(target)
