"""Many concurrent clients in one process, at little cost for the machine."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

_PROBES_PER_SECOND = 20
_SAMPLES_PER_SECOND = 5
_TIMEOUT_SECONDS = 60
_BODY = b'{"prompt": "a red fox"}'


@dataclass(frozen=True)
class Response:
    """A response, and the seconds until it was complete."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True)
class LoadResult:
    """What the clients observed.

    Attributes:
        wall: seconds from the first request to the last response.
        health: the 99th percentile of the seconds that /healthz took in that time.
        peak: the largest sample in that time.
    """

    wall: float
    health: float
    peak: float


async def get(address: str, path: str) -> Response:
    """Send a GET on a new connection."""
    return await _send(address, f"GET {path} HTTP/1.1\r\n".encode(), b"")


async def generate(address: str, count: int) -> float:
    """Request images concurrently; return the seconds until all are complete.

    Raises:
        RuntimeError: a request was refused.
        TimeoutError: a request had no response within a minute.
    """
    began = time.perf_counter()
    head = b"POST /generate-image HTTP/1.1\r\nContent-Type: application/json\r\n"
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        responses = await asyncio.gather(*(_send(address, head, _BODY) for _ in range(count)))
    refused = [response for response in responses if response.status != 200]
    if refused:
        raise RuntimeError(f"{len(refused)} of {count} refused: {refused[0].body.decode()}")
    return time.perf_counter() - began


async def generate_under_probes(
    address: str, count: int, sample: Callable[[], float]
) -> LoadResult:
    """Request images concurrently; meanwhile probe /healthz and take samples."""
    times: list[float] = []
    samples: list[float] = []
    load = asyncio.create_task(generate(address, count))
    probing = asyncio.create_task(_probe(address, load, times))
    while not load.done():
        samples.append(await asyncio.to_thread(sample))
        await asyncio.sleep(1 / _SAMPLES_PER_SECOND)
    await probing
    return LoadResult(await load, statistics.quantiles(times, n=100)[98], max(samples))


async def _probe(address: str, load: "asyncio.Task[float]", times: list[float]) -> None:
    """Start a probe at each tick, whether or not the last one is complete."""
    probes = []
    while not load.done():
        probes.append(asyncio.create_task(get(address, "/healthz")))
        await asyncio.sleep(1 / _PROBES_PER_SECOND)
    times += [response.seconds for response in await asyncio.gather(*probes)]


async def _send(address: str, head: bytes, body: bytes) -> Response:
    began = time.perf_counter()
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    rest = f"Host: {address}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head + rest.encode() + body)
    received = await reader.read()
    writer.close()
    headers, _, content = received.partition(b"\r\n\r\n")
    return Response(int(headers.split(b" ", 2)[1]), content, time.perf_counter() - began)
