"""An image model at almost no cost: a prepared response, sent after a delay.

It runs in a process of its own, so that its cost is not measured. It counts how many requests wait
at the same time; `GET /peak` returns the maximum and resets it.
"""

import asyncio
import base64
import contextlib
import sys
from pathlib import Path

HOST = "127.0.0.1"
_MODERATED = b'{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}'


class Upstream:
    """Serves the endpoints of OpenAI that the service uses."""

    def __init__(self, image: bytes, delay: float) -> None:
        encoded = base64.b64encode(image)
        self._generated = _response(b'{"created":1,"data":[{"b64_json":"' + encoded + b'"}]}')
        self._delay = delay
        self._waiting = self._peak = 0

    async def serve(self, port: int) -> None:
        """Serve until the process is terminated."""
        server = await asyncio.start_server(self._connected, HOST, port, backlog=1024)
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        disconnected = (asyncio.IncompleteReadError, ConnectionError)
        with contextlib.closing(writer), contextlib.suppress(*disconnected):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length(head))
                await self._respond(head.split(b" ", 2)[1], writer)
                if b"connection: close" in head.lower():
                    break

    async def _respond(self, path: bytes, writer: asyncio.StreamWriter) -> None:
        if path.endswith(b"/peak"):
            writer.write(_response(str(self._peak).encode()))
            self._peak = self._waiting
        elif path.endswith(b"/images/generations"):
            self._waiting += 1
            self._peak = max(self._peak, self._waiting)
            await asyncio.sleep(self._delay)
            self._waiting -= 1
            writer.write(self._generated)
        else:
            writer.write(_response(_MODERATED))
        await writer.drain()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _response(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


if __name__ == "__main__":
    port, delay, image = sys.argv[1:]
    asyncio.run(Upstream(Path(image).read_bytes(), float(delay)).serve(int(port)))
