"""Stopping: first no new generations, then the last one ends, and only then gunicorn leaves.

By itself gunicorn closes its door as soon as it is told to stop, so for the minutes that a running
generation may take, nobody could see images or learn that the server is about to go. A worker
gets the same SIGTERM when it is replaced in a reload, though, and then others take its callers and
it has to leave at once. Only the master knows the difference: it closes the `ConcurrencyLimit` when
the whole server stops, and not in a reload.
"""

import os
import signal
from functools import partial
from types import FrameType
from typing import Protocol

from app.http.concurrency import ConcurrencyLimit


class Master(Protocol):
    """What is used of gunicorn's arbiter, which has no types."""

    pid: int
    master_pid: int
    reexec_pid: int

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """Queue a signal."""


class StoppableWorker(Protocol):
    """What is used of our worker; gunicorn's part of it has no types."""

    alive: bool

    def stay(self) -> None:
        """Don't leave, although no caller is connected, until told to go."""

    def go(self) -> None:
        """Leave once no caller is connected; callable from any thread."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what has been accepted, then leave; for gthread, callable from any thread."""


def close_at_stop(master: Master, in_flight: ConcurrencyLimit) -> None:
    """Close `in_flight` in all workers in the moment in which the master is told to stop.

    That is earlier than the workers' own signal, which a reload that is under way can hold up.
    """

    def reported(sig: int, frame: FrameType | None) -> None:
        # A worker has this handler too, from the fork until it sets its own.
        if os.getpid() == master.pid and not _another_master_serves(master):
            in_flight.close()
        master.signal(sig, frame)

    signal.signal(signal.SIGTERM, reported)


def finish_before_leaving(worker: StoppableWorker, in_flight: ConcurrencyLimit) -> None:
    """Let the worker serve on after its SIGTERM until its generations have ended.

    That is: if the server stops. A worker that others replace leaves its door to them at once; but
    its process ends with its last generation, also if that one's caller has left.
    """

    def reported(sig: int, _: FrameType | None) -> None:
        if not worker.alive:  # it is leaving
            return
        leave = partial(worker.handle_exit, sig, None)
        if in_flight.closed:
            in_flight.call_when_idle(leave)
            return
        leave()

    in_flight.subscribe(on_enter=worker.stay, on_exit=worker.go)
    signal.signal(signal.SIGTERM, reported)
    signal.siginterrupt(signal.SIGTERM, False)  # as gunicorn has it: calls under way go on
    if in_flight.closed:  # the signal may have come between the fork and here, unheard
        reported(signal.SIGTERM, None)


def _another_master_serves(master: Master) -> bool:
    """Tell whether the callers go to the other of the two masters that SIGUSR2 leads to."""
    return bool(master.reexec_pid or master.master_pid)
