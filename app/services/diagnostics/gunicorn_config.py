"""Check gunicorn's settings, from its file and GUNICORN_CMD_ARGS."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.models import Finding
from app.services.diagnostics.findings import CheckFailed, FindingBuilder

if TYPE_CHECKING:
    from gunicorn.config import Config

_GUNICORN = FindingBuilder("gunicorn")
_WORKER_CLASS = "app.server.gthread_worker.Worker"
_USE_WORKER_CLASS = f"use worker_class = '{_WORKER_CLASS}'"
_OTHER_WORKER_CLASSES = {
    "gthread": "clients that send slowly occupy its threads",
    "gevent": "all requests of a process wait while one processes an image",
    "sync": "a process handles one request at a time, health checks included",
}
_WITHOUT_THREADS = frozenset({"gevent", "sync"})
_MIN_TIMEOUT, _MAX_TIMEOUT = 10, 600
_ADD_THREADS = "raise threads in gunicorn.conf.py, or lower MAX_CONCURRENT_GENERATIONS"


def check_settings(file: Path, *, generations: int, call_seconds: float) -> Iterator[Finding]:
    """Compare gunicorn's settings with what generations need.

    Args:
        file: gunicorn.conf.py.
        generations: the maximum number of concurrent generations in a process.
        call_seconds: the timeout of one call to the image model.
    """
    try:
        from gunicorn.config import Config
    except ImportError:  # it does not run on Windows
        yield _GUNICORN.not_used("settings", "gunicorn is not available on this machine")
        return
    config = Config()
    try:
        _load(config, file)
    except CheckFailed as error:
        yield _GUNICORN.failed("settings", error.found, error.advice)
        return
    yield _check_worker(config.worker_class_str)
    yield _check_threads(config.worker_class_str, config.threads, generations)
    yield _check_stop(config.graceful_timeout, 2 * call_seconds)
    yield _check_heartbeat(config.timeout, config.graceful_timeout)


def _load(config: "Config", file: Path) -> None:
    """Apply the settings in gunicorn's order: file, then environment."""
    try:
        for name, value in runpy.run_path(str(file)).items():
            if name in config.settings:
                config.set(name, value)
        arguments = config.parser().parse_args(config.get_cmd_args_from_env())
        for name, value in vars(arguments).items():
            if value is not None and name in config.settings:
                config.set(name, value)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - reason: the file is a program, which can end in any way
        found = f"{file.name} or GUNICORN_CMD_ARGS can't be used ({type(error).__name__})"
        advice = "run gunicorn --check-config wsgi:app, which shows the error"
        raise CheckFailed(found, advice) from None


def _check_worker(worker_class: str) -> Finding:
    if worker_class == _WORKER_CLASS:
        return _GUNICORN.ok("worker", "threads, which only handle completely received requests")
    if worker_class in _OTHER_WORKER_CLASSES:
        found = f"{worker_class}: {_OTHER_WORKER_CLASSES[worker_class]}"
        return _GUNICORN.warning("worker", found, _USE_WORKER_CLASS)
    found = f"{worker_class}: not supported by the service"
    return _GUNICORN.failed("worker", found, _USE_WORKER_CLASS)


def _check_threads(worker_class: str, threads: int, generations: int) -> Finding:
    if worker_class in _WITHOUT_THREADS:
        return _GUNICORN.not_used("threads", f"{worker_class} workers have no threads")
    found = f"{threads} threads for {generations} concurrent generations in each process"
    if threads > generations:
        return _GUNICORN.ok("threads", found)
    return _GUNICORN.failed("threads", f"{found}; none is left for health checks", _ADD_THREADS)


def _check_stop(seconds: int, needed: float) -> Finding:
    found = f"a stop waits {seconds} s for running generations, which take up to {needed:.0f} s"
    if seconds >= needed:
        return _GUNICORN.ok("stop", found)
    return _GUNICORN.failed("stop", found, f"set graceful_timeout to {needed:.0f} or more")


def _check_heartbeat(seconds: int, graceful_timeout: int) -> Finding:
    # The shipped file sets the second value for `sync`, which sends none during a request.
    longest = max(_MAX_TIMEOUT, graceful_timeout)
    found = f"a process that is unresponsive for {seconds} s is restarted"
    if _MIN_TIMEOUT <= seconds <= longest:
        return _GUNICORN.ok("heartbeat", found)
    if seconds == 0:
        found = "an unresponsive process is never restarted"
    return _GUNICORN.warning("heartbeat", found, "set timeout to 60")
