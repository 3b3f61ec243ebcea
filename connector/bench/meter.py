"""What processes used: processor time and memory, from /proc; None where there is none."""

import os
from collections.abc import Iterable
from pathlib import Path

from connector.bench.arithmetic import total


def cpu_seconds(pids: Iterable[int]) -> float | None:
    """User and system time of these processes so far."""
    return total(map(_cpu_seconds, pids))


def peak_memory_mb(pids: Iterable[int]) -> float | None:
    """The most resident memory that each of these processes ever had, added up."""
    return total(map(_peak_memory_mb, pids))


def _cpu_seconds(pid: int) -> float | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = line.rpartition(")")[2].split()  # the command's name may hold blanks; utime and stime are fields 14 and 15 (proc(5))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_memory_mb(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
