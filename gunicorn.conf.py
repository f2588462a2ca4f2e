"""Settings for gunicorn, suitable for requests that take minutes.

`gunicorn wsgi:app` reads this file by default. Options on the command line and in
GUNICORN_CMD_ARGS override it.
"""

import argparse
import contextlib
import os
import shlex
import sys
from typing import Any

_DEFAULT_WORKER_CLASS = "app.server.gthread_worker.Worker"


def _requested_worker_class() -> str:
    """Return the worker class of the command line, or the default.

    Other settings depend on it.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-k", "--worker-class", default=_DEFAULT_WORKER_CLASS)
    arguments = [*shlex.split(os.environ.get("GUNICORN_CMD_ARGS", "")), *sys.argv[1:]]
    return str(parser.parse_known_args(arguments)[0].worker_class)


worker_class = _requested_worker_class()
if "gevent" in worker_class and __name__ != "<run_path>":  # the doctor only reads this file
    # Before the application is imported: locks created earlier would block the whole process.
    with contextlib.suppress(ImportError):  # gunicorn itself reports that gevent is missing
        from gevent import monkey

        monkey.patch_all()

from gunicorn.glogging import Logger

from app.blueprints.dependencies import dependencies_of
from app.config import UNUSABLE_SETTINGS, ConfigError, Settings
from app.container import preload
from app.http import cors
from app.http.concurrency import READ_THREADS
from app.http.logs import logging_config
from app.server import graceful_shutdown, process_setup
from app.server.error_responses import ErrorSender
from app.server.periodic import PeriodicTask
from app.server.worker_classes import describe_missing_features
from app.usecases.generation.deadlines import Deadlines

try:
    _settings = Settings.load()
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(UNUSABLE_SETTINGS)

_MAINTENANCE_SECONDS = 15
_SPARE_THREADS = 4  # to reject generations while every slot is taken
_SYNC = worker_class in {"sync", "gunicorn.workers.sync.SyncWorker"}

process_setup.raise_open_file_limit()
process_setup.limit_memory_arenas()  # before the first thread, and for all workers

bind = _settings.bind_address
workers = _settings.web_concurrency
# The shipped worker has threads of its own for all other requests. With more than one thread,
# gunicorn would replace `sync` with `gthread`.
threads = _settings.max_concurrent_generations + _SPARE_THREADS
if worker_class != _DEFAULT_WORKER_CLASS:
    threads = 1 if _SYNC else threads + READ_THREADS

# Load the application once, then fork: that halves the memory and speeds up the start. Clients are
# created when first used, so workers share no connection.
preload_app = True

# Shutdown and reload wait for active generations; none takes longer than two upstream timeouts.
# The master measures from its own signal, so this includes the time of the hooks below.
_deadlines = Deadlines(_settings.openai_image_model, _settings.openai_timeout_seconds)
graceful_timeout = int(2 * _deadlines.longest_seconds) + 30
# The heartbeat. Workers send it while they handle requests, except `sync`, which can't.
timeout = graceful_timeout if _SYNC else 60
keepalive = 75  # longer than the 60 s after which common proxies drop idle connections

# Only TRUSTED_PROXIES decides whose forwarding headers count (http/proxies/trusted_proxies.py). By
# default gunicorn would accept the scheme from any client on this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# Connections per worker, including idle ones. Beyond that the oldest that wait are closed. A flood
# of 600 clients in each of four ways stays below it, so that health checks wait for no room.
worker_connections = 2000

# The longest useful URL, that of a signed variant, has about 700 characters.
limit_request_line = 4096
# Browsers send about 20 fields, and proxies add about ten.
limit_request_fields = 64
# Enough for cookies of other services on the same host, which this service ignores.
limit_request_field_size = 8190


class SafeLogger(Logger):  # type: ignore[misc]  # reason: gunicorn has no types
    """Formats gunicorn's log like the application's, with secrets redacted."""

    def setup(self, cfg: Any) -> None:
        """Replace gunicorn's formatters."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(
                logging_config.make_formatter(_settings.log_format, secrets=_settings.secrets)
            )


logger_class = SafeLogger

# The service doesn't use gunicorn's control socket.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Share metrics between workers, before prometheus_client is imported.

    The shipped worker reads requests before a TLS handshake, so it can't be used with TLS.
    """
    if server.cfg.is_ssl and server.cfg.worker_class_str == _DEFAULT_WORKER_CLASS:
        server.log.error("the default worker has no TLS: use a proxy with TLS, or `-k gthread`")
        sys.exit(UNUSABLE_SETTINGS)
    process_setup.share_metrics()


def when_ready(server: Any) -> None:
    """Prepare the master: handle its shutdown and preload shared modules."""
    graceful_shutdown.close_on_shutdown(
        server, dependencies_of(server.app.wsgi()).concurrency_limit
    )
    preload(_settings)
    missing = describe_missing_features(server.cfg.worker_class_str, default=_DEFAULT_WORKER_CLASS)
    if missing:
        server.log.warning(missing)


def post_worker_init(worker: Any) -> None:
    """Prepare a worker: JSON errors, graceful shutdown, maintenance."""
    # gunicorn would respond with an error to requests outside of this path, such as health checks
    # that bypass the proxy. The application has read it: see http/proxies/path_prefix.py.
    os.environ.pop("SCRIPT_NAME", None)
    dependencies = dependencies_of(worker.wsgi)
    worker.uploads = dependencies.upload_limits
    worker.handle_error = ErrorSender(cors.headers_of(worker.wsgi))
    graceful_shutdown.finish_generations(worker, dependencies.concurrency_limit)
    process_setup.shorten_thread_switches()
    PeriodicTask(dependencies.maintenance, _MAINTENANCE_SECONDS).start()
    PeriodicTask(process_setup.release_free_memory, _MAINTENANCE_SECONDS).start()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep the counters of a dead worker and drop its gauges."""
    process_setup.discard_live_metrics(worker.pid)
