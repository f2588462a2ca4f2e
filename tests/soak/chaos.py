"""Breaks one thing after the other, and mends it."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.soak.fleet import Server
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.servers.fault_proxy import FaultProxy

_HOW = ("refuse", "black_hole", "reset", "delay")


@dataclass
class Chaos:
    """Everything that can be broken."""

    servers: list[Server]
    proxies: dict[str, FaultProxy]
    fake: FakeOpenAI
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def go_on(self, until: float) -> None:
        """Break and mend until that time (monotonic); leave everything whole."""
        deeds: tuple[tuple[Callable[[], str], int], ...] = (
            (self._kill_a_worker, 3),
            (self._kill_a_server, 2),
            (self._restart_a_server, 1),
            (self._take_a_part_away, 5),
            (self._spoil_answers, 4),
        )
        kinds, weights = zip(*deeds, strict=True)
        while time.monotonic() < until:
            (deed,) = self.rng.choices(kinds, weights)
            self.done[deed()] += 1
            time.sleep(self.rng.uniform(0.3, 1.5))

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
            time.sleep(self.rng.uniform(0, 1))
            server.start()
        return "server killed"

    def _restart_a_server(self) -> str:
        server = self.rng.choice(self.servers)
        with server.lock:
            status = server.stop()
            server.start()
        return f"server restarted ({status})"

    def _take_a_part_away(self) -> str:
        name = self.rng.choice(sorted(self.proxies))
        how = self.rng.choice(_HOW)
        proxy = self.proxies[name]
        if how == "delay":
            proxy.delay(0.2)
        else:
            getattr(proxy, how)()
        time.sleep(self.rng.uniform(0.5, 4))
        proxy.restore()
        return f"{name} {how}"

    def _spoil_answers(self) -> str:
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
        self.fake.script("images", fault)
        return f"provider {fault.name}"
