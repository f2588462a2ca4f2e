"""Faults at random: break one part after the other, and repair it."""

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

_OUTAGES = ("refuse", "black_hole", "reset", "delay")


@dataclass
class Chaos:
    """The servers and parts that can be broken, and what was broken so far."""

    servers: list[Server]
    proxies: dict[str, FaultProxy]
    fake: FakeOpenAI
    rng: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def run(self, until: float) -> None:
        """Break and repair until that time (monotonic), and leave everything working."""
        actions: tuple[tuple[Callable[[], str], int], ...] = (
            (self._kill_a_worker, 3),
            (self._kill_a_server, 2),
            (self._restart_a_server, 1),
            (self._break_a_part, 5),
            (self._script_a_provider_fault, 4),
        )
        kinds, weights = zip(*actions, strict=True)
        while time.monotonic() < until:
            (action,) = self.rng.choices(kinds, weights)
            self.done[action()] += 1
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

    def _break_a_part(self) -> str:
        name = self.rng.choice(sorted(self.proxies))
        outage = self.rng.choice(_OUTAGES)
        proxy = self.proxies[name]
        if outage == "delay":
            proxy.delay(0.2)
        else:
            getattr(proxy, outage)()
        time.sleep(self.rng.uniform(0.5, 4))
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
        self.fake.script("images", fault)
        return f"provider {fault.name}"
