"""Clients that try to keep everyone else from being served, and the probe that measures it.

Each function runs in a process of its own, so that clients and probe don't wait for each other.
"""

import asyncio
import contextlib
import socket
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_PROBES_PER_SECOND = 20
_PAUSE_SECONDS = 1.0  # of each client between two requests
_SLOW_BYTES, _SLOW_SECONDS = 2000, 0.5  # 4 kB/s
_RECEIVE_BUFFER = 4096


@dataclass
class ProbeResult:
    """The seconds of each probe of a path, and how many had no response at all."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0


def probe(address: str, path: str, seconds: float, timeout: float) -> ProbeResult:
    """Send GETs at fixed times, whether or not the earlier ones are complete."""
    return asyncio.run(_probe(address, path, seconds, timeout))


def request_repeatedly(
    address: str, clients: int, seconds: float, *, paths: list[str], own: bool
) -> dict[int, int]:
    """Let each client send its path repeatedly; return how often each status was received.

    Args:
        address: the server's URL.
        clients: their number.
        seconds: after which no client sends another request.
        paths: the path of each client, in turn. In each request, `*` becomes the end of a new UUID.
        own: whether each client has an address of its own, for the rate limits.
    """
    return asyncio.run(_request_repeatedly(address, clients, seconds, paths, own))


def read_slowly(address: str, clients: int, seconds: float, *, path: str) -> dict[int, int]:
    """Let each client read responses at 4 kB/s; return the number of connections, by 200."""
    return asyncio.run(_read_slowly(address, clients, seconds, path))


def serve_empty_responses(host: str, port: int) -> None:
    """Serve an empty response to each request, until the process ends."""
    asyncio.run(_serve_empty_responses(host, port))


async def _serve_empty_responses(host: str, port: int) -> None:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(respond, host, port)
    await server.serve_forever()


async def _probe(address: str, path: str, seconds: float, timeout: float) -> ProbeResult:
    result, began, probes = ProbeResult(), time.perf_counter(), []

    async def send() -> None:
        sent = time.perf_counter()
        try:
            async with asyncio.timeout(timeout):
                status = await _get(address, path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = 0
        result.seconds.append(time.perf_counter() - sent)
        result.failed += status != 200

    while time.perf_counter() - began < seconds:
        probes.append(asyncio.create_task(send()))
        await asyncio.sleep(1 / _PROBES_PER_SECOND)
    await asyncio.gather(*probes)
    return result


async def _request_repeatedly(
    address: str, clients: int, seconds: float, paths: list[str], own: bool
) -> dict[int, int]:
    statuses: dict[int, int] = {}

    async def run(number: int) -> None:
        source = f"127.1.{number // 250}.{number % 250 + 1}" if own else "127.0.0.1"
        while True:
            path = paths[number % len(paths)].replace("*", str(uuid.uuid4())[9:])
            status = 0
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                status = await _get(address, path, source)
            statuses[status] = statuses.get(status, 0) + 1
            await asyncio.sleep(_PAUSE_SECONDS)

    await _run_for(seconds, run, clients)
    return statuses


async def _read_slowly(address: str, clients: int, seconds: float, path: str) -> dict[int, int]:
    opened = {200: 0}
    parts = urlsplit(address)
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    loop = asyncio.get_running_loop()

    async def run(_: int) -> None:
        while True:
            opened[200] += 1
            with socket.socket() as client, contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
                client.setblocking(False)
                await loop.sock_connect(client, (parts.hostname, parts.port))
                await loop.sock_sendall(client, request)
                while await loop.sock_recv(client, _SLOW_BYTES):
                    await asyncio.sleep(_SLOW_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS)

    await _run_for(seconds, run, clients)
    return opened


async def _run_for(
    seconds: float, run: Callable[[int], Coroutine[Any, Any, None]], clients: int
) -> None:
    tasks = [asyncio.create_task(run(number)) for number in range(clients)]
    await asyncio.wait([*tasks, asyncio.create_task(asyncio.sleep(seconds))], timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _get(address: str, path: str, source: str = "127.0.0.1") -> int:
    """Send a GET on a new connection; return the status once the response is complete."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port, local_addr=(source, 0)
    )
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        while await reader.read(65536):
            pass
        return int(head[9:12])
    finally:
        writer.close()
