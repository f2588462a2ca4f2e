"""Free TCP ports for test servers."""

import random
import socket

HOST = "127.0.0.1"

# Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 on
# macOS), also with 10000 added: no connection takes such a port by accident.
_RANGE = range(10_500, 22_000)


def free_port() -> int:
    """Return a port that no process listens on."""
    return free_ports(1)[0]


def free_ports(count: int, offset: int = 0) -> list[int]:
    """Return several ports; with an offset, port + offset is free as well."""
    found: list[int] = []
    for port in random.sample(_RANGE, 500):
        if all(_is_free(number) for number in {port, port + offset}):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free ports")


def _is_free(port: int) -> bool:
    # Without SO_REUSEADDR, so a port whose last connections linger is not chosen either.
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
