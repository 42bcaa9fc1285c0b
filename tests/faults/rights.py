"""For a while, root is bound by the modes of files like anybody else."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = 0x20080522
DAC = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, data: ctypes.Array[ctypes.c_uint32]) -> None:
    header = (ctypes.c_uint32 * 2)(VERSION, 0)
    if getattr(libc, name)(header, data):
        raise OSError(ctypes.get_errno(), name)


@contextmanager
def read_only(*paths: Path) -> Iterator[None]:
    """For this thread alone: nobody else notices."""
    modes = {path: path.stat().st_mode & 0o777 for path in paths}
    ours = (ctypes.c_uint32 * 6)()
    call("capget", ours)
    bound = (ctypes.c_uint32 * 6)(*ours)
    bound[0] &= ~DAC
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        if os.geteuid() == 0:
            call("capset", bound)
        yield
    finally:
        if os.geteuid() == 0:
            call("capset", ours)
        for path, mode in modes.items():
            path.chmod(mode)
