"""Setup of gunicorn's processes: open files, memory, shared metrics."""

import atexit
import ctypes
import os
import resource
import shutil
import sys
import tempfile

_OPEN_FILES = 4096  # a thousand connections, and the files and sockets opened for them
_M_ARENA_MAX = -8  # glibc's malloc.h
_MAX_ARENAS = 2
_SWITCH_SECONDS = 0.0005


def raise_open_file_limit() -> None:
    """Raise the soft limit of open files to 4096, or to the hard limit.

    Many systems set it to 1024. A worker that has no file descriptor left for a new connection
    would exit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def limit_memory_arenas() -> None:
    """Limit glibc's malloc to two arenas, in this process and its forks.

    By default glibc creates many arenas, up to one per thread, and each keeps its own free memory.
    Other C libraries have no arenas.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _MAX_ARENAS)


def shorten_thread_switches() -> None:
    """Let threads give up Python's global lock after half a millisecond instead of five.

    The event loop gives it up at each system call, and waits up to that time for each thread that
    computes. See docs/performance.md.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)


def release_free_memory() -> None:
    """Return free memory to the system.

    After a burst of requests this is most of the memory that the burst used. Call it periodically
    instead of returning each block immediately: the kernel has to clear every page of fresh
    memory, which doubles the time of a cutout.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def share_metrics() -> None:
    """Keep the metrics of this process and its forks in a new directory.

    Call it before prometheus_client is imported, which decides at import time whether to keep its
    values in files. The directory is removed when this process exits.
    """
    directory, owner = tempfile.mkdtemp(prefix="imageapi-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory  # read by prometheus_client

    def remove() -> None:
        if os.getpid() == owner:  # forked processes run this too when they exit
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)


def discard_live_metrics(pid: int) -> None:
    """Drop the gauges of a dead worker, but keep its counters.

    An example of a gauge is the number of active generations.
    """
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # reason: it has no types
