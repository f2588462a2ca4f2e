"""A TCP proxy between a client and a real server that can break the connection in many ways."""

import asyncio
import contextlib
import socket
import struct
import threading
import weakref
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType as Trace
from typing import Any, Literal, Self

from tests.support.servers.free_ports import HOST, free_port

Discrepancy = Literal["pass_through", "refuse", "black_hole", "reset", "delay", "cut_after", "hold"]


@dataclass(frozen=True)
class _Mode:
    kind: Discrepancy
    seconds: float = 0.0
    limit: int = 0
    pattern: bytes = b""
    forward: bool = False
    held: threading.Event = field(default_factory=threading.Event)


@dataclass
class _Link:
    """What one connection has asked lately, and whether it is held because of that."""

    tail: bytes = b""
    held: bool = False

    def passes(self, chunk: bytes, mode: _Mode, *, answers: bool) -> bool:
        """Tell whether this chunk goes on; a pattern may lie across chunks."""
        if not answers:
            seen = self.tail + chunk
            self.held = self.held or mode.pattern in seen
            self.tail = seen[-len(mode.pattern) :]
        stays = self.held and mode.forward == answers
        if stays:
            mode.held.set()
        return not stays


class FaultProxy:
    """Forwards a fixed local port to a server, and misbehaves on demand.

    A mode holds for new and for existing connections from the moment that its method returns. One
    event loop in a daemon thread owns all sockets, so that none is closed while it is being read.
    """

    def __init__(self, target_host: str, target_port: int) -> None:
        self.host, self.port = HOST, free_port()
        self._target = (target_host, target_port)
        self._mode = _Mode("pass_through")
        self._loop = asyncio.new_event_loop()
        name = f"fault-proxy-{self.port}"
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._listener: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._transports: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()

    def __enter__(self) -> Self:
        self._thread.start()
        self._switch(self._mode)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Trace | None
    ) -> None:
        self.refuse()
        self._run(self._settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def pass_through(self) -> None:
        """Forward everything unchanged."""
        self._switch(_Mode("pass_through"))

    restore = pass_through

    def refuse(self) -> None:
        """Listen no more: connecting is refused, existing connections are reset."""
        self._switch(_Mode("refuse"))

    def black_hole(self) -> None:
        """Accept and swallow everything, answer nothing; what was swallowed stays lost.

        Leaving this mode resets the connections of which a part is missing.
        """
        self._switch(_Mode("black_hole"))

    def reset(self) -> None:
        """Reset existing connections, and new ones as soon as they are accepted."""
        self._switch(_Mode("reset"))

    def delay(self, seconds: float) -> None:
        """Hold back every chunk of an answer for so long."""
        self._switch(_Mode("delay", seconds=seconds))

    def cut_after(self, answer_bytes: int) -> None:
        """Close each connection after so many more bytes of answer."""
        self._switch(_Mode("cut_after", limit=answer_bytes))

    def hold_at(self, pattern: bytes, *, forward: bool) -> None:
        """Hold each connection that asks for something with these bytes in it; others pass.

        That request and all after it are withheld; or, with `forward`, they go on, and it is the
        answers that are withheld. What was held stays lost: leaving this mode resets everything.
        """
        self._switch(_Mode("hold", pattern=pattern, forward=forward))

    def wait_until_held(self, timeout: float = 30.0) -> None:
        """Wait until a request, or with `forward` the first bytes of its answer, are held."""
        if not self._mode.held.wait(timeout):
            raise TimeoutError(f"nothing asked for {self._mode.pattern!r}")

    def _switch(self, mode: _Mode) -> None:
        self._run(self._enter(mode))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=5)

    async def _enter(self, mode: _Mode) -> None:
        broken = self._mode.kind in {"black_hole", "hold"} or mode.kind in {"refuse", "reset"}
        self._mode = mode
        if mode.kind == "refuse" and self._listener:
            await self._stop_listening(self._listener)
            self._listener = None
        elif mode.kind != "refuse" and self._listener is None:
            self._listener = await asyncio.start_server(self._accept, self.host, self.port)
        if broken:
            await self._reset_all()

    async def _stop_listening(self, listener: asyncio.Server) -> None:
        """Accept no more, then close; asyncio drops a socket that it accepted just before that."""
        for listening in listener.sockets:
            self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)
        listener.close()

    async def _reset_all(self) -> None:
        links = dict(self._links)
        for link, writer in links.items():
            # Both: a task that is cancelled before its first step never closes anything.
            _reset(writer)
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _settle(self) -> None:
        """Let everything end that was under way when the listener closed."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        # A closed one waits for whoever does not read the rest, and outlives its writer.
        for transport in list(self._transports):
            transport.abort()
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._transports.add(writer.transport)
        link = self._loop.create_task(self._serve(reader, writer))
        self._links[link] = writer
        link.add_done_callback(self._links.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._mode.kind in {"reset", "refuse"}:
                _reset(writer)
            elif self._mode.kind == "black_hole":
                await self._pump(reader, writer, _Link(), answers=False)
            else:
                await self._connect(reader, writer)
        except (asyncio.CancelledError, OSError):
            _reset(writer)
        finally:
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._target)
        self._transports.add(back.transport)
        link = _Link()
        pumps = (
            asyncio.ensure_future(self._pump(reader, back, link, answers=False)),
            asyncio.ensure_future(self._pump(there, writer, link, answers=True)),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.close()  # first, since the waiting below can be cancelled as well
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        link: _Link,
        *,
        answers: bool,
    ) -> None:
        # Draining shall mean sent: nothing is left behind in a buffer when a link ends.
        sink.transport.set_write_buffer_limits(high=0)
        mode, passed = self._mode, 0
        while chunk := await source.read(65_536):
            if self._mode is not mode:
                mode, passed = self._mode, 0
            if mode.kind == "black_hole":
                continue
            if mode.kind == "hold" and not link.passes(chunk, mode, answers=answers):
                continue
            if answers and mode.kind == "delay":
                await asyncio.sleep(mode.seconds)
            if answers and mode.kind == "cut_after":
                chunk = chunk[: mode.limit - passed]
            sink.write(chunk)
            await sink.drain()
            passed += len(chunk)
            if answers and mode.kind == "cut_after" and passed >= mode.limit:
                return


def _reset(writer: asyncio.StreamWriter) -> None:
    # Closing with a linger time of zero sends RST instead of the orderly FIN.
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
