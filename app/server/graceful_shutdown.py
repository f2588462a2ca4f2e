"""Graceful shutdown: finish active generations before gunicorn exits.

By default gunicorn stops accepting connections as soon as it gets SIGTERM. While a generation
runs, which may take minutes, no client could then read images or see in `/readyz` that the server
is shutting down. A worker that is replaced in a reload gets the same signal, but has to stop
accepting connections immediately, because its replacement serves new clients. Only the master
knows the difference: it closes the `ConcurrencyLimit` when the whole server stops, and leaves it
open in a reload.

Nothing here depends on the worker class.
"""

import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Protocol

from app.http.concurrency import ConcurrencyLimit

_HEARTBEAT_SECONDS = 1.0


class Master(Protocol):
    """The part of gunicorn's untyped `Arbiter` that is used here."""

    pid: int
    master_pid: int
    reexec_pid: int

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """Queue a signal."""


class StoppableWorker(Protocol):
    """The part of gunicorn's untyped `Worker` that is used here."""

    alive: bool
    run: Callable[[], None]

    def notify(self) -> None:
        """Send a heartbeat to the master."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop accepting connections; `run` returns once the open ones end."""


def close_on_shutdown(master: Master, limit: ConcurrencyLimit) -> None:
    """Close `limit` in all workers as soon as the master gets SIGTERM.

    The workers' own signal may come much later: gunicorn first completes a reload in progress.
    """

    def handle_sigterm(sig: int, frame: FrameType | None) -> None:
        # A forked worker has this handler too, until it installs its own.
        if os.getpid() == master.pid and not _is_being_replaced(master):
            limit.close()
        master.signal(sig, frame)

    signal.signal(signal.SIGTERM, handle_sigterm)


def finish_generations(worker: StoppableWorker, limit: ConcurrencyLimit) -> None:
    """Keep the worker process alive until its last generation has ended.

    During a shutdown the worker keeps serving other requests until then. In a reload it stops
    accepting connections immediately, but its process continues until all generations have ended,
    including those whose client has disconnected.
    """
    worker.run = partial(_run_until_idle, worker, worker.run, limit)
    idle = threading.Event()

    def repeat_sigterm() -> None:
        idle.set()
        os.kill(os.getpid(), signal.SIGTERM)  # sent from any thread, handled in the main one

    def handle_sigterm(sig: int, _: FrameType | None) -> None:
        if not worker.alive:  # the worker is exiting already
            return
        if limit.closed and not idle.is_set():
            limit.call_when_idle(repeat_sigterm)
            return
        worker.handle_exit(sig, None)

    signal.signal(signal.SIGTERM, handle_sigterm)
    signal.siginterrupt(signal.SIGTERM, False)  # as in gunicorn: system calls continue
    if limit.closed:  # a signal between the fork and this line had no effect
        handle_sigterm(signal.SIGTERM, None)


def _run_until_idle(
    worker: StoppableWorker, run: Callable[[], None], limit: ConcurrencyLimit
) -> None:
    run()
    idle = threading.Event()
    limit.call_when_idle(idle.set)
    while not idle.wait(_HEARTBEAT_SECONDS):
        worker.notify()


def _is_being_replaced(master: Master) -> bool:
    """Return whether another master, started by SIGUSR2, serves the clients."""
    return bool(master.reexec_pid or master.master_pid)
