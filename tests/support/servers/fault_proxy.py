"""A TCP proxy that can break the connection between a client and a real server."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Coroutine
from types import TracebackType as Trace
from typing import Any, Self

from tests.support.servers.fault_modes import Link, Mode, send
from tests.support.servers.free_ports import HOST, free_port


class FaultProxy:
    """Forwards a fixed local port to a server, with faults on demand.

    When the method for a mode returns, the mode applies to new and existing connections. One event
    loop in a daemon thread owns all sockets, so that none is closed while it is being read.

    Attributes:
        target: host and port of the server.
    """

    def __init__(
        self, target_host: str, target_port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._tls = tls
        self.host, self.port = HOST, free_port()
        self.target = (target_host, target_port)
        self._mode = Mode("pass_through")
        self._loop = asyncio.new_event_loop()
        name = f"fault-proxy-{self.port}"
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._reservation: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._transports: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()

    def __enter__(self) -> Self:
        self._reservation = _reserve(self.host, self.port)
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
        if self._reservation:
            self._reservation.close()

    def pass_through(self) -> None:
        """Forward everything unchanged."""
        self._switch(Mode("pass_through"))

    restore = pass_through

    def route_to(self, host: str, port: int) -> None:
        """Forward to another server from now on; existing connections are reset."""
        self.target = (host, port)
        self.reset()
        self.pass_through()

    def refuse(self) -> None:
        """Stop listening: new connections are refused, existing ones are reset."""
        self._switch(Mode("refuse"))

    def black_hole(self) -> None:
        """Accept connections, discard all data, and send nothing.

        Leaving this mode resets the connections whose data were discarded.
        """
        self._switch(Mode("black_hole"))

    def reset(self) -> None:
        """Reset existing connections, and new ones when they are accepted."""
        self._switch(Mode("reset"))

    def delay(self, seconds: float) -> None:
        """Delay every chunk of a response by a number of seconds."""
        self._switch(Mode("delay", seconds=seconds))

    def drip(self, seconds: float) -> None:
        """Forward responses byte by byte, with a pause of a number of seconds after each."""
        self._switch(Mode("drip", seconds=seconds))

    def cut_after(self, response_bytes: int) -> None:
        """Close each connection after this number of further response bytes."""
        self._switch(Mode("cut_after", limit=response_bytes))

    def hold_at(self, pattern: bytes, *, forward: bool) -> None:
        """Hold each connection with these bytes in a request; others are forwarded.

        That request and all later ones are withheld; with `forward` they are forwarded and the
        responses are withheld. Leaving this mode resets all connections.
        """
        self._switch(Mode("hold", pattern=pattern, forward=forward))

    def wait_until_held(self, timeout: float = 120.0) -> None:
        """Wait until a request, or with `forward` the start of its response, is held."""
        if not self._mode.held.wait(timeout):
            raise TimeoutError(f"no request contained {self._mode.pattern!r}")

    def _switch(self, mode: Mode) -> None:
        self._run(self._enter(mode))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def _enter(self, mode: Mode) -> None:
        broken = self._mode.kind in {"black_hole", "hold"} or mode.kind in {"refuse", "reset"}
        self._mode = mode
        if mode.kind == "refuse" and self._listener:
            await self._stop_listening(self._listener)
            self._listener = None
        elif mode.kind != "refuse" and self._listener is None:
            self._listener = await asyncio.start_server(
                self._accept, self.host, self.port, ssl=self._tls
            )
        if broken:
            await self._reset_all()

    async def _stop_listening(self, listener: asyncio.Server) -> None:
        """Stop accepting, then close; asyncio drops a socket that it accepted just before."""
        for listening in listener.sockets:
            self._loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)
        listener.close()

    async def _reset_all(self) -> None:
        links = dict(self._links)
        for link, writer in links.items():
            # Both, because a task that is cancelled before its first step closes nothing.
            _reset(writer)
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _settle(self) -> None:
        """Wait for all connections that were open when the listener closed."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        # A closed transport outlives its writer if the other side does not read.
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
                await self._pump(reader, writer, Link(), is_response=False)
            else:
                await self._connect(reader, writer)
        except (asyncio.CancelledError, OSError):
            _reset(writer)
        finally:
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self.target)
        self._transports.add(back.transport)
        # Drained means sent: no data remain in a buffer when a connection ends. With TLS, asyncio
        # would wait forever.
        for sink in (back,) if self._tls else (back, writer):
            sink.transport.set_write_buffer_limits(high=0)
        link = Link()
        pumps = (
            asyncio.ensure_future(self._pump(reader, back, link, is_response=False)),
            asyncio.ensure_future(self._pump(there, writer, link, is_response=True)),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            back.close()  # first, because the wait below can be cancelled
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        link: Link,
        *,
        is_response: bool,
    ) -> None:
        mode, passed = self._mode, 0
        while chunk := await source.read(65_536):
            if self._mode is not mode:
                mode, passed = self._mode, 0
            if mode.kind == "black_hole":
                continue
            if mode.kind == "hold" and not link.passes(chunk, mode, is_response=is_response):
                continue
            if is_response and mode.kind == "delay":
                await asyncio.sleep(mode.seconds)
            if is_response and mode.kind == "cut_after":
                chunk = chunk[: mode.limit - passed]
            await send(chunk, sink, mode.seconds if is_response and mode.kind == "drip" else 0)
            passed += len(chunk)
            if is_response and mode.kind == "cut_after" and passed >= mode.limit:
                return


def _reserve(host: str, port: int) -> socket.socket:
    """Return a socket that never listens: it keeps a port from others while it refuses."""
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.bind((host, port))
    return reservation


def _reset(writer: asyncio.StreamWriter) -> None:
    # With a linger time of zero, closing sends RST instead of FIN.
    connection = writer.get_extra_info("socket")
    if connection is not None:  # of TLS that has ended by itself
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
