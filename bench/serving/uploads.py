"""Memory of a process that receives and stores 32 uploads of 20 MB at the same time.

`python -m bench.serving.uploads`. The service runs as shipped, with one worker. All clients first
send everything but the last byte; then all send it. The reference is the peak of a single upload.
"""

import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from app.http.uploads.limits import MAX_CONCURRENT_UPLOADS
from bench.results import Measurement, compare, report
from bench.support import processes
from tests.support.servers.gunicorn import Gunicorn, gunicorn

_SIDE = 2600  # pixels of noise, which PNG can't compress
_SETTLE_SECONDS = 16.0  # free memory is released every fifteen
_TIMEOUT_SECONDS = 300
_RECEIVED_TARGET = 1.2
_PEAK_TARGET = 1.5  # one file is in memory at a time; not all that it used is free yet


@dataclass(frozen=True)
class Peaks:
    """Memory in MB: before, once all bodies but their last byte are received, and at most."""

    before: float
    received: float
    peak: float


def main() -> None:
    """Measure one upload, then 32 at the same time."""
    processes.exit_on_sigterm()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = _image(folder / "noise.png")
        settings = {"web_concurrency": 1, "rate_limit_generate": "off"}
        with gunicorn(folder / "server", **settings) as server:
            _measure(server, [image + b"warm-up"])
            time.sleep(_SETTLE_SECONDS)
            one = _measure(server, [image])
            time.sleep(_SETTLE_SECONDS)
            many = [image + str(number).encode() for number in range(MAX_CONCURRENT_UPLOADS)]
            all_peaks = _measure(server, many)
    print(f"one: {one}\nall: {all_peaks}", file=sys.stderr)
    title = f"{MAX_CONCURRENT_UPLOADS} uploads of {len(image) / 1e6:.1f} MB at the same time"
    report("uploads", f"{title}: memory of a process", _measurements(one, all_peaks))


def _measurements(one: Peaks, many: Peaks) -> list[Measurement]:
    return [
        _ratio("one upload, peak", one.peak, one.peak),
        _ratio("all received but a byte / before", many.received, many.before, _RECEIVED_TARGET),
        _ratio("all, peak / peak of one", many.peak, one.peak, _PEAK_TARGET),
    ]


def _ratio(name: str, value: float, reference: float, target: float | None = None) -> Measurement:
    return compare(name, [value], [reference], value=f"{value:.0f} MB", target=target)


def _measure(server: Gunicorn, files: list[bytes]) -> Peaks:
    """Send the files at the same time, and return the memory of the worker."""
    worker = processes.children_of(server.process.pid)
    before = processes.memory_mb(worker)
    with ExitStack() as stack, ThreadPoolExecutor(len(files)) as threads:
        clients = [stack.enter_context(socket.create_connection(server.address)) for _ in files]
        list(threads.map(_send_head, clients, files))
        time.sleep(1)
        received = processes.memory_mb(worker)
        done, peak = threading.Event(), [received]
        watching = threading.Thread(target=_watch, args=(worker, peak, done))
        watching.start()
        statuses = list(threads.map(_finish, clients, files))
        done.set()
        watching.join()
    if set(statuses) != {"201"}:
        raise RuntimeError(f"responses: {statuses}")
    return Peaks(before, received, peak[0])


def _watch(worker: list[int], peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        peak[0] = max(peak[0], processes.memory_mb(worker))


def _send_head(client: socket.socket, data: bytes) -> None:
    client.settimeout(_TIMEOUT_SECONDS)
    head = "POST /images HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nConnection: close\r\n"
    client.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data[:-1])


def _finish(client: socket.socket, data: bytes) -> str:
    client.sendall(data[-1:])
    return client.recv(4096).decode("latin-1").split(" ", 2)[1]


def _image(path: Path) -> bytes:
    """Return a PNG of about 20 MB, a square of noise on white."""
    pixels = np.random.default_rng(1).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
    pixels[:40] = pixels[-40:] = pixels[:, :40] = pixels[:, -40:] = 255
    Image.fromarray(pixels).save(path)
    return path.read_bytes()


if __name__ == "__main__":
    main()
