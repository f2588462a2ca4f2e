"""How soon an event loop gets Python's lock back: `python -m bench.serving.loop_turns`.

A turn makes 14 system calls, as the worker's loop once did to refuse a request. Each gives the lock
up. Beside it run threads that render variants, or that only execute Python, as those that handle
requests do. BENCH_ROUNDS is the number of interleaved rounds, by default three.
"""

import io
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context

import numpy as np
from PIL import Image

from app import imaging
from app.blueprints.variant_query import read_variant_request
from bench.results import Measurement, compare, report

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
_SECONDS = 3.0
_SYSTEM_CALLS = 14
_PAUSE_SECONDS = 0.0001
_USUAL_SECONDS, _SHORT_SECONDS = 0.005, 0.0005  # Python's switch interval, and the worker's
_QUERIES = ("w=2048&h=2048&format=avif", "w=2048&h=2048&filter=sepia")
_PYTHON_THREADS = 2


def main() -> None:
    """Measure each combination in each round."""
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for interval in (_USUAL_SECONDS, _SHORT_SECONDS):
            sys.setswitchinterval(interval)
            unit = f", {1000 * interval:g} ms"
            seconds.setdefault("nothing else", []).append(_turn_seconds())
            for python in (0, _PYTHON_THREADS):
                name = f"{python} threads of Python" if python else ""
                with _threads([_run_python] * python):
                    if python:
                        seconds.setdefault(name + unit, []).append(_turn_seconds())
                    with _threads([_render]):
                        title = f"{name} and rendering".removeprefix(" and ") + unit
                        seconds.setdefault(title, []).append(_turn_seconds())
                    with _rendering_process():
                        title = f"{name} and rendering elsewhere".removeprefix(" and ") + unit
                        seconds.setdefault(title, []).append(_turn_seconds())
    reference = [statistics.median(seconds["nothing else"])] * ROUNDS
    report("loop_turns", "Time of a turn, by the switch interval", _rows(seconds, reference))


def _rows(seconds: dict[str, list[float]], reference: list[float]) -> list[Measurement]:
    return [
        compare(
            name, values[:ROUNDS], reference, value=f"{1000 * statistics.median(values):.2f} ms"
        )
        for name, values in seconds.items()
    ]


def _turn_seconds() -> float:
    """Return the mean time of a turn."""
    reader, writer = os.pipe()
    turns, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        for _ in range(_SYSTEM_CALLS // 2):
            os.write(writer, b"x")
            os.read(reader, 1)
        time.sleep(_PAUSE_SECONDS)  # as the loop waits for events
        turns += 1
    os.close(reader)
    os.close(writer)
    return (time.perf_counter() - began) / turns


@contextmanager
def _threads(works: list[Callable[[], None]]) -> Iterator[None]:
    """Run threads within the block."""
    stop = threading.Event()

    def repeat(work: Callable[[], None]) -> None:
        while not stop.is_set():
            work()

    threads = [threading.Thread(target=repeat, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


@contextmanager
def _rendering_process() -> Iterator[None]:
    """Render in another process of a lower priority, within the block."""
    process = get_context("spawn").Process(target=_render_forever)
    process.start()
    time.sleep(1)  # until it has loaded
    yield
    process.kill()
    process.join()


def _render_forever() -> None:
    os.nice(5)
    while True:
        _render()


def _run_python() -> None:
    for _ in range(1000):
        json.dumps(list(range(50)))


def _render() -> None:
    image, original = _noise(256, 4), _noise(1024, 3)
    for query in _QUERIES:
        variant = read_variant_request(query).options[0].variant
        imaging.render_variant(image, lambda: imaging.VariantSource(original), variant)


def _noise(size: int, channels: int) -> bytes:
    """Return a PNG file that hardly compresses."""
    pixels = np.random.default_rng(1).integers(0, 256, (size, size, channels), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    main()
