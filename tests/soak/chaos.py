"""Faults at random: break one part after the other, and repair it."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.soak.abuse import flood, read_slowly
from tests.soak.customers.order_book import OrderBook
from tests.soak.customers.orders import Image
from tests.soak.fleet import Server
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.fault_proxy import FaultProxy
from tests.support.servers.s3_filter import Lie, S3Filter, S3Reply
from tests.support.servers.s3_lies import CHANGES, WRITES, Change, answering_writes, writing
from tests.support.servers.s3_refusals import S3Request

_BURST = 150
_LATE_SECONDS = (5.0, 15.0)
_SPOOLING_SECONDS = 5.0
_FIRST_IMAGE_SECONDS = 30.0
_OUTAGES = ("refuse", "black_hole", "reset", "delay")


@dataclass
class Chaos:
    """The servers and parts that can be broken, and what was broken so far.

    Attributes:
        put: stores an object in the store itself.
        scale: how long everything lasts, from 0 to 1; less in a short run.
    """

    book: OrderBook
    proxies: dict[str, FaultProxy]
    store: S3Filter
    put: Callable[[str, bytes], object]
    fake: FakeOpenAI
    rng: random.Random
    scale: float
    done: Counter[str] = field(default_factory=Counter)

    def run(self, until: float) -> None:
        """Break and repair until that time (monotonic), and leave everything working.

        Everything is done once in any order, however long that takes, and then at random.
        """
        actions: tuple[tuple[Callable[[], str], int], ...] = (
            (self._kill_a_worker, 3),
            (self._kill_a_server, 2),
            (self._restart_a_server, 2),
            (self._break_a_part, 5),
            (self._script_a_provider_fault, 4),
            (self._let_the_store_lie, 3),
            (self._read_slowly, 1),
            (self._flood, 2),
            (self._lose_a_server, 1),
        )
        kinds, weights = zip(*actions, strict=True)
        first = self.rng.sample(kinds, len(kinds))
        while first or time.monotonic() < until:
            action = first.pop() if first else self.rng.choices(kinds, weights)[0]
            self.done[action()] += 1
            self.store.requests.clear()  # with all bodies
            self._wait(0.3, 1.5)

    @property
    def servers(self) -> list[Server]:
        """The servers that the customers use."""
        return self.book.servers

    def _wait(self, least: float, most: float) -> None:
        """Wait for a random time in seconds, which is shorter in a short run."""
        time.sleep(least + self.scale * self.rng.uniform(0, most - least))

    def _kill_a_worker(self) -> str:
        server = self.rng.choice(self.servers)
        with server.lock:
            workers = server.workers()
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.rng.choice(workers), signal.SIGKILL)
        return "worker killed"

    def _kill_a_server(self) -> str:
        server = self.rng.choice(self.servers)
        with server.lock:
            server.kill()
            self._wait(0, 1)
            server.start()
        return "server killed"

    def _restart_a_server(self) -> str:
        """Restart a server on a disk that has the images which waited there earlier."""
        server = self.rng.choice(self.servers)
        with server.lock:
            status = server.stop()
            server.return_spool()
            server.start()
        return f"server restarted with its earlier spool ({status})"

    def _break_a_part(self) -> str:
        name = self.rng.choice(sorted(self.proxies))
        outage = self.rng.choice(_OUTAGES)
        proxy = self.proxies[name]
        if outage == "delay":
            proxy.delay(0.2)
        else:
            getattr(proxy, outage)()
        self._wait(0.5, 4)
        proxy.restore()
        return f"{name} {outage}"

    def _script_a_provider_fault(self) -> str:
        fault = self.rng.choice(
            (
                Fault.drop_before_response(),
                Fault.cut(5000),
                Fault.status(500, "server_error"),
                Fault.rate_limited(1),
                Fault.quota(),
                Fault.delay(1.0),
                Fault.not_an_image(),
                Fault.html(),
                Fault.moderation_blocked(),
            )
        )
        self.fake.script(self.rng.choice(("images", "images", "edits")), fault)
        return f"provider {fault.name}"

    def _let_the_store_lie(self) -> str:
        name, lie = self.rng.choice(self._lies())
        self.store.lies = (lie,)
        self._wait(1, 4)
        self.store.lies = ()
        return name

    def _lies(self) -> list[tuple[str, Lie]]:
        reads = [("store returns other bytes", _reading(change)) for change in CHANGES.values()]
        writes = [
            ("store keeps other bytes", writing(".png", change, self.put))
            for change in WRITES.values()
        ]
        etags = [
            ("store returns another ETag", answering_writes(etag)) for etag in (None, "0" * 32)
        ]
        return reads + writes + etags

    def _any_image(self) -> Image | None:
        """Return an image that is served; wait for the first one."""
        until = time.monotonic() + _FIRST_IMAGE_SECONDS
        while (image := self.book.any_image(self.rng)) is None and time.monotonic() < until:
            time.sleep(0.2)
        return image

    def _read_slowly(self) -> str:
        image = self._any_image()
        if image:
            seconds = self.scale * self.rng.uniform(2, 6)
            read_slowly(self.rng.choice(self.servers), f"/images/{image.filename}", seconds)
        return "slow readers" if image else "nothing to read yet"

    def _flood(self) -> str:
        image = self._any_image()
        if image:
            burst, server = round(self.scale * _BURST), self.rng.choice(self.servers)
            flood(server, f"/images/{image.filename}", burst, self.rng, self.book.result)
        return "flood" if image else "nothing to read yet"

    def _lose_a_server(self) -> str:
        """Kill a server whose images could not be stored, and start it much later."""
        server = self.rng.choice(self.servers)
        self.proxies["s3"].refuse()
        until = time.monotonic() + _SPOOLING_SECONDS
        while not server.has_spooled() and time.monotonic() < until:
            time.sleep(0.1)
        with server.lock:
            spooled = server.has_spooled()
            server.save_spool()
            server.kill()
            self.proxies["s3"].restore()
            time.sleep(self.scale * self.rng.uniform(*_LATE_SECONDS))
            server.start()
        return f"server back late with {'spooled images' if spooled else 'nothing'}"


def _reading(change: Change) -> Lie:
    """Make each read of an image incorrect."""

    def reply(request: S3Request, forward: Callable[[S3Request], S3Reply]) -> S3Reply:
        true = forward(request)
        return change(true) if true.status == 200 else true

    return Lie(lambda request: request.method == "GET" and _is_image(request), reply)


def _is_image(request: S3Request) -> bool:
    return urlsplit(request.target).path.endswith(".png")
