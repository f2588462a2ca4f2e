"""Measure the worst responses of a provider: `python -m bench.upstream`.

Each is received, and its image decoded as for a variant, in a process of its own. Memory is how far
the resident set rises above that of a usual response.
"""

import contextlib
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app import imaging
from app.errors import AppError
from app.imaging import UnusableImage
from app.imaging.formats.decode import decode
from app.imaging.formats.header import read_file
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.moderator import OpenAIModerator
from app.services.openai.prompt_writer import OpenAIPromptWriter
from app.services.runtime.lazy_client import LazyClient
from bench.upstream.responses import RESPONSES, drips, usual
from tests.support.builders import a_drawing

if TYPE_CHECKING:
    from openai import OpenAI

_MAX_SECONDS = 90
_DEADLINE_SECONDS = 20
_DRIP_SECONDS = 0.2


def main() -> None:
    """Print the table."""
    names = [name for name in RESPONSES if all(word in name for word in sys.argv[1:])]
    print(f"{'response':<42}{'sent MB':>9}{'rise MB':>9}{'CPU s':>8}{'wall s':>8}  outcome")
    for name in names:
        call, make = RESPONSES[name]
        response = make()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serve = threading.Thread(target=_serve, args=(listener, call, response), daemon=True)
            serve.start()
            command = [sys.executable, "-m", "bench.upstream.__main__", "--receive", call]
            command.append(str(listener.getsockname()[1]))
            try:
                run = subprocess.run(
                    command, capture_output=True, text=True, timeout=_MAX_SECONDS, check=False
                )
                found = run.stdout.rstrip() or f"{'':>25}  ended with {run.returncode}"
            except subprocess.TimeoutExpired:
                found = f"{'':>25}  still running after {_MAX_SECONDS} s"
        print(f"{name:<42}{len(response) / 1e6:>9.1f}{found}", flush=True)


def _serve(listener: socket.socket, call: str, response: bytes) -> None:
    """Send usual responses first, then this one."""
    for each in (*usual(call), response):
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(each)
                while drips(each):
                    time.sleep(_DRIP_SECONDS)
                    connection.sendall(b"x")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass


def _receive(call: str, port: int) -> None:
    """Receive the responses, and print what the last one cost."""
    resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))
    client = lazy_client(api_key="sk-bench-0123456789", base_url=f"http://127.0.0.1:{port}/v1")
    for _ in usual(call):
        _outcome(client, call)
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before, cpu, wall = _memory("VmRSS"), time.process_time(), time.monotonic()
    outcome = _outcome(client, call)
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    print(f"{_memory('VmHWM') - before:>9.0f}{cpu:>8.2f}{wall:>8.1f}  {outcome}")


def _outcome(client: "LazyClient[OpenAI]", call: str) -> str:
    try:
        return _CALLS[call](client)
    except AppError as error:
        return f"{error.code}, charged {error.charged}"
    except UnusableImage as error:
        return f"no image: {error}"
    except Exception as error:  # noqa: BLE001 - reason: any failure is a result
        return type(error).__name__


def _moderate(client: "LazyClient[OpenAI]") -> str:
    OpenAIModerator(client, model="m").check("a mug")
    return "accepted"


def _enhance(client: "LazyClient[OpenAI]") -> str:
    OpenAIPromptWriter(client, model="m", rng=random.Random(0)).enhance("a mug")
    return "accepted"


def _draw(client: "LazyClient[OpenAI]") -> str:
    generator = OpenAIGenerator(
        client, model="gpt-image-2.6-flare", timeout_seconds=_DEADLINE_SECONDS
    )
    data = generator.draw(a_drawing()).data
    imaging.inspect(data)
    pixels = decode(read_file(data))
    return f"image of {pixels.shape[1]}x{pixels.shape[0]} px"


_CALLS = {"moderation": _moderate, "text": _enhance, "image": _draw}


def _memory(name: str) -> float:
    """Return a line of the process's status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["--receive"]:
        _receive(sys.argv[2], int(sys.argv[3]))
    else:
        main()
