"""What the system knows of a running process."""

import os
from pathlib import Path

PROC = Path("/proc")


def children(pid: int) -> list[int]:
    return [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]


def cpu_seconds(pid: int) -> float:
    """Of all threads that it has: to the nanosecond where the system counts so finely, else in its ticks."""
    fine = list(PROC.glob(f"{pid}/task/*/schedstat"))
    if fine:
        return sum(int(each.read_text().split()[0]) for each in fine) / 1e9
    return cpu_seconds_of_all_threads(pid)


def cpu_seconds_of_all_threads(pid: int) -> float:
    """Of those that have ended, too; in the system's ticks."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_bytes(pid: int) -> int:
    """What it holds of the machine's memory now."""
    return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
