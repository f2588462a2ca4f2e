"""Many callers in one process, who cost little: for measuring a server on the same machine."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

_PROBES_A_SECOND = 20
_SAMPLES_A_SECOND = 5
_TIMEOUT_SECONDS = 60
_BODY = b'{"prompt": "a red fox"}'


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Load:
    """What the callers saw.

    Attributes:
        wall: seconds from the first request to the last answer.
        health: the 99th percentile of the seconds that /healthz took meanwhile.
        most: the largest of the samples taken meanwhile.
    """

    wall: float
    health: float
    most: float


async def get(address: str, path: str) -> Answer:
    """Ask once, on a connection of its own."""
    return await _ask(address, f"GET {path} HTTP/1.1\r\n".encode(), b"")


async def generate(address: str, count: int) -> float:
    """Ask for that many images at once; return the seconds until all of them are there.

    Raises:
        RuntimeError: one of them was refused.
        TimeoutError: one of them was not answered within a minute.
    """
    began = time.perf_counter()
    asked = b"POST /generate-image HTTP/1.1\r\nContent-Type: application/json\r\n"
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        answers = await asyncio.gather(*(_ask(address, asked, _BODY) for _ in range(count)))
    refused = [answer for answer in answers if answer.status != 200]
    if refused:
        raise RuntimeError(f"{len(refused)} of {count} refused: {refused[0].body.decode()}")
    return time.perf_counter() - began


async def under_load(address: str, count: int, sample: Callable[[], float]) -> Load:
    """Ask for that many images at once; probe /healthz and take samples until they are there."""
    times: list[float] = []
    samples: list[float] = []
    load = asyncio.create_task(generate(address, count))
    probing = asyncio.create_task(_probe(address, load, times))
    while not load.done():
        samples.append(await asyncio.to_thread(sample))
        await asyncio.sleep(1 / _SAMPLES_A_SECOND)
    await probing
    return Load(await load, statistics.quantiles(times, n=100)[98], max(samples))


async def _probe(address: str, load: "asyncio.Task[float]", times: list[float]) -> None:
    """Begin a probe at each tick, whether or not the one before has been answered."""
    probes = []
    while not load.done():
        probes.append(asyncio.create_task(get(address, "/healthz")))
        await asyncio.sleep(1 / _PROBES_A_SECOND)
    times += [answer.seconds for answer in await asyncio.gather(*probes)]


async def _ask(address: str, head: bytes, body: bytes) -> Answer:
    began = time.perf_counter()
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    rest = f"Host: {address}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head + rest.encode() + body)
    answer = await reader.read()
    writer.close()
    headers, _, content = answer.partition(b"\r\n\r\n")
    return Answer(int(headers.split(b" ", 2)[1]), content, time.perf_counter() - began)
