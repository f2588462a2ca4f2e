"""What processes cost, as the kernel counts it (Linux only)."""

import os
import signal
import sys
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def end_in_order() -> None:
    """Let a SIGTERM end this process as an error would: whatever it started is stopped as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))


def family(parent: int) -> list[int]:
    """Return a process and its children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


def memory(pids: list[int]) -> float:
    """Return the proportional set size of all of them, in MB: shared pages count once."""
    return sum(_proportional_kb(pid) for pid in pids) / 1024


def processor(pids: list[int]) -> float:
    """Return the seconds of processor time that they have used so far, user and system."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def _proportional_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise ValueError("the kernel doesn't tell the proportional set size")


def _ticks(pid: int) -> int:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[11]) + int(after_name[12])
