"""Servers whose worker is killed, shared by the rows: the master starts another worker."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.container import build_ports, close_ports
from app.ports import Ports
from tests.faults.rig import settings_of
from tests.support.concurrency.threads import wait_until
from tests.support.servers.gunicorn import Gunicorn, gunicorn
from tests.support.service import Parts, settings_for

_SETTINGS = {
    "s3": ("s3_bucket_name", "s3_endpoint_url", "aws_access_key_id", "aws_secret_access_key"),
    "mongo": ("mongodb_uri",),
}


@dataclass(frozen=True)
class CrashServer:
    """A server with one worker, and ports to inspect what is left after a crash."""

    server: Gunicorn
    ports: Ports
    parts: Parts

    def worker(self) -> int:
        """Return the process id of the only worker, once it has started."""
        wait_until(self.server.workers)
        (worker,) = self.server.workers()
        return worker

    def clear(self) -> None:
        """Remove everything that earlier rows stored and paid."""
        self.parts.fake.reset()
        for record in self.ports.records.scan(limit=100):
            self.ports.records.delete(record.id)
        for place in (self.ports.store, self.ports.spool):
            for prefix in ("images/", "originals/"):
                for key in list(place.keys(prefix)):
                    place.delete(key)


Start = Callable[[tuple[str, ...]], CrashServer]


@contextlib.contextmanager
def crash_servers(parts: Parts, new_folder: Callable[[], Path]) -> Iterator[Start]:
    """Yield a function that returns the server with these embedded parts, cleared."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def started(embedded: tuple[str, ...]) -> CrashServer:
            folder = new_folder()
            dropped = {name for part in embedded for name in _SETTINGS[part]}
            settings: dict[str, Any] = {
                name: value
                for name, value in settings_of(parts, folder).items()
                if name not in dropped
            }
            ports = build_ports(settings_for(**settings))
            stack.callback(close_ports, ports)
            # Candidates are drawn one after the other, so that it is known what is left of each.
            alone = {"web_concurrency": 1, "max_concurrent_generations": 1, "trash_days": 7}
            server = stack.enter_context(gunicorn(folder, **alone, **settings))
            return CrashServer(server, ports, parts)

        def start(embedded: tuple[str, ...]) -> CrashServer:
            found = started(embedded)
            found.clear()
            return found

        yield start
