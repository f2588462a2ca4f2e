"""Checks what gunicorn will make of its settings file and GUNICORN_CMD_ARGS."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.models import Finding
from app.services.diagnostics.findings import About, Trouble

if TYPE_CHECKING:
    from gunicorn.config import Config

_ABOUT = About("gunicorn")
_OURS = "app.server.gthread_worker.Worker"
_USE_OURS = f"use worker_class = '{_OURS}'"
_SHORTEST, _LONGEST = 10, 600
_SPARE = "raise threads in gunicorn.conf.py, or lower MAX_CONCURRENT_GENERATIONS"


def check_settings(file: Path, *, generations: int, call_seconds: float) -> Iterator[Finding]:
    """Compare gunicorn's settings with what generations need.

    Args:
        file: gunicorn.conf.py.
        generations: how many may run at once in a process.
        call_seconds: how long one call of the image model may take.
    """
    try:
        from gunicorn.config import Config
    except ImportError:  # it does not run on Windows
        yield _ABOUT.not_used("settings", "gunicorn can't be loaded on this machine")
        return
    config = Config()
    try:
        _load(config, file)
    except Trouble as trouble:
        yield _ABOUT.failed("settings", trouble.found, trouble.advice)
        return
    yield _worker(config.worker_class_str)
    yield _threads(config.threads, generations)
    yield _stop(config.graceful_timeout, 2 * call_seconds)
    yield _heartbeat(config.timeout)


def _load(config: "Config", file: Path) -> None:
    """Change the defaults in gunicorn's order: first the file, then the environment."""
    try:
        for name, value in runpy.run_path(str(file)).items():
            if name in config.settings:
                config.set(name, value)
        given = config.parser().parse_args(config.get_cmd_args_from_env())
        for name, value in vars(given).items():
            if value is not None and name in config.settings:
                config.set(name, value)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - reason: the file is a program, which can end in any way
        found = f"{file.name} or GUNICORN_CMD_ARGS can't be used ({type(error).__name__})"
        advice = "run gunicorn --check-config wsgi:app, which names the fault"
        raise Trouble(found, advice) from None


def _worker(kind: str) -> Finding:
    if kind == _OURS:
        return _ABOUT.ok("worker", "threads, for requests that have arrived whole")
    if kind == "gthread":
        found = "gthread: callers who send slowly hold its threads"
        return _ABOUT.warning("worker", found, _USE_OURS)
    found = f"{kind}: a call to the image model would hold up all others"
    return _ABOUT.failed("worker", found, _USE_OURS)


def _threads(threads: int, generations: int) -> Finding:
    found = f"{threads} threads for {generations} generations at once in each process"
    if threads > generations:
        return _ABOUT.ok("threads", found)
    return _ABOUT.failed("threads", found + "; none is left for health checks", _SPARE)


def _stop(seconds: int, needed: float) -> Finding:
    found = f"a stop waits {seconds} s for running generations, which can take {needed:.0f} s"
    if seconds >= needed:
        return _ABOUT.ok("stop", found)
    return _ABOUT.failed("stop", found, f"set graceful_timeout to {needed:.0f} or more")


def _heartbeat(seconds: int) -> Finding:
    found = f"a process that is silent for {seconds} s is started anew"
    if _SHORTEST <= seconds <= _LONGEST:
        return _ABOUT.ok("heartbeat", found)
    if seconds == 0:
        found = "a process that hangs is never started anew"
    return _ABOUT.warning("heartbeat", found, "set timeout to 60")
