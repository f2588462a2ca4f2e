"""gunicorn for calls that take two minutes: `gunicorn wsgi:app` reads this file by itself."""

import sys
from typing import Any

from gunicorn.glogging import Logger

from app.blueprints.dependencies import dependencies_of
from app.config import ConfigError, Settings
from app.container import preload
from app.http import logging_config
from app.server import graceful_shutdown, malloc, prometheus_multiproc, rlimits
from app.server.periodic import PeriodicTask

try:
    _settings = Settings.load()
except ConfigError as error:
    sys.exit(str(error))

_MAINTENANCE_SECONDS = 15
_SPARE_THREADS = 16  # for health checks and reads while every generation slot is taken

rlimits.allow_many()
malloc.share_arenas()  # before the first thread, and for all workers

bind = f"{_settings.host}:{_settings.port}"
worker_class = "app.server.gthread_worker.Worker"  # gthread that parses off its threads
workers = _settings.web_concurrency
threads = _settings.max_concurrent_generations + _SPARE_THREADS

# The application is loaded once and then forked: half the memory, and a faster start. Clients are
# made at their first use, so no worker shares a connection.
preload_app = True

# For gthread this is a heartbeat, not a limit on requests.
timeout = 60
# A stop or reload lets running generations finish: two timeouts is the longest that one can take.
# The master counts from its own signal, so what the hooks below do is within this time.
graceful_timeout = int(2 * _settings.openai_timeout_seconds) + 30
keepalive = 75  # longer than the 60 s after which common proxies drop idle connections

# Only TRUSTED_PROXIES decides whose forwarding headers count (http/trusted_proxies.py). By itself
# gunicorn would take the scheme from whoever calls from this machine.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# Connections of each worker, idle ones included. Above it new ones wait in the kernel's queue.
worker_connections = 1000

# The longest address that means anything is a signed variant's, of some 700 characters.
limit_request_line = 4096
# Browsers send about 20 fields, and proxies add ten.
limit_request_fields = 64
# Room for the cookies of other things on the same host, which nobody here reads.
limit_request_field_size = 8190


class SafeLogger(Logger):  # type: ignore[misc]  # reason: gunicorn has no types
    """Writes gunicorn's own log as the service writes its: one form, and no secret."""

    def setup(self, cfg: Any) -> None:
        """See gunicorn."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(
                logging_config.make_formatter(_settings.log_format, secrets=_settings.secrets)
            )


logger_class = SafeLogger

# Nothing here uses the control socket, and a server needs no second door.
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Let the workers keep their metrics together; the application has not loaded any by now."""
    prometheus_multiproc.share()


def when_ready(server: Any) -> None:
    """Let the master tell its workers that it stops, which is no reload; load all they need."""
    graceful_shutdown.close_at_stop(server, dependencies_of(server.app.wsgi()).concurrency_limit)
    preload(_settings)


def post_worker_init(worker: Any) -> None:
    """Let a worker finish what others left, and its own generations when the server stops."""
    dependencies = dependencies_of(worker.wsgi)
    graceful_shutdown.finish_before_leaving(worker, dependencies.concurrency_limit)
    PeriodicTask(dependencies.maintenance, _MAINTENANCE_SECONDS).start()
    PeriodicTask(malloc.give_back, _MAINTENANCE_SECONDS).start()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a dead worker counted, and nothing else of it."""
    prometheus_multiproc.forget(worker.pid)
