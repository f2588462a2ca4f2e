"""Free TCP ports for test servers."""

import os
import random
import socket

HOST = "127.0.0.1"

# Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 on
# macOS), also with 10000 added: no connection takes such a port by accident.
_RANGE = range(10_500, 22_000)
_random = random.SystemRandom()  # a test may seed the other one
_given: set[int] = set()


def free_port() -> int:
    """Return a port that no process listens on."""
    return free_ports(1)[0]


def free_ports(count: int, offset: int = 0) -> list[int]:
    """Return several ports; with an offset, port + offset is free as well."""
    found: list[int] = []
    for port in _random.choices(_RANGE, k=2000):
        numbers = {port, port + offset}
        if _is_of_this_process(port) and not numbers & _given and all(map(_is_free, numbers)):
            found.append(port)
            _given.update(numbers)
        if len(found) == count:
            return found
    raise OSError("no free ports")


def _is_of_this_process(port: int) -> bool:
    """Return whether no other process of pytest-xdist may choose the port, or 10000 more.

    A server takes its port a second after it was chosen, or later on a busy machine.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return port % 10_000 % count == int(worker)


def _is_free(port: int) -> bool:
    # Without SO_REUSEADDR, so a port whose last connections linger is not chosen either.
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
