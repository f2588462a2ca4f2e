"""Measure what processes cost, as the kernel counts it (Linux only)."""

import os
import signal
import sys
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def exit_on_sigterm() -> None:
    """Exit by an exception on SIGTERM, so that all started servers are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))


def process_tree(parent: int) -> list[int]:
    """Return a process and its children."""
    return [parent, *children_of(parent)]


def children_of(parent: int) -> list[int]:
    """Return the ids of a process's children."""
    return [*map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]


def memory_mb(pids: list[int]) -> float:
    """Return the proportional set size of all, in MB: shared pages count once."""
    return sum(_proportional_kb(pid) for pid in pids) / 1024


def processor_seconds(pids: list[int]) -> float:
    """Return the processor seconds of all so far, user and system."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def _proportional_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError("the kernel does not report the proportional set size")


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
