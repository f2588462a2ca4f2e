"""The fake itself: a threaded HTTP server, its settings, its meter and its script."""

import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from tests.support.fake_openai.behavior import Behavior
from tests.support.fake_openai.handler import Handler
from tests.support.fake_openai.images import IMAGE_MODELS, LEGACY_MODELS
from tests.support.fake_openai.ledger import Ledger, Request
from tests.support.fake_openai.text import TEXT_MODELS
from tests.support.servers.free_ports import free_port

DEFAULT_API_KEY = "sk-test-fake-openai-key-000000"
Endpoint = Literal["images", "moderations", "chat", "models", "files"]


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that stopping really ends them."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, fake: "FakeOpenAI") -> None:
        self.fake = fake
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        # The parent class asks the name service for this machine's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that has gone away is what many tests want; anything else is a bug of the fake.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Close what is still connected."""
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class FakeOpenAI:
    """An OpenAI-compatible server on this machine that counts what it would have cost.

    `image` replaces what is drawn by fixed bytes; `legacy_models` adds `dall-e-3`. A test can
    also set `shutdown_dates` of models, whether models are `listed` or only known by name, and by
    how many seconds the clock that answers tell is ahead.
    """

    def __init__(
        self,
        image: bytes | None = None,
        legacy_models: bool = False,
        api_key: str = DEFAULT_API_KEY,
        port: int | None = None,
    ) -> None:
        self.port = port or free_port()
        self.text_models: tuple[str, ...] = TEXT_MODELS
        self.image_models = IMAGE_MODELS + (LEGACY_MODELS if legacy_models else ())
        self._initial = (image, api_key)
        self.image, self.api_key = self._initial
        self.shutdown_dates: dict[str, str] = {}
        self.listed = True
        self.clock_ahead = 0.0
        self.ledger = Ledger()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """What clients take as their base URL; it stays the same over stop and start."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> Self:
        """Begin to serve; what was counted and scripted before a stop still holds."""
        self.ledger.closed.clear()
        self._server = _Server(self.port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-openai", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, hang up; connecting is refused until the next start."""
        if self._server is None or self._thread is None:
            return
        self.ledger.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def script(self, endpoint: Endpoint, *behaviours: Behavior) -> None:
        """Queue behaviors, one for each coming request to this endpoint; then all is normal."""
        self.ledger.script(endpoint, *behaviours)

    def always(self, endpoint: Endpoint, behavior: Behavior) -> None:
        """Answer every request to this endpoint like this once the queue is empty."""
        self.ledger.always(endpoint, behavior)

    def clear(self) -> None:
        """Forget everything that was scripted."""
        self.ledger.clear()

    def reset(self) -> None:
        """Begin anew: nothing scripted, asked, drawn or paid; what still waits is let go."""
        self.ledger.closed.set()
        self.ledger = Ledger()
        self.image, self.api_key = self._initial
        self.shutdown_dates, self.listed, self.clock_ahead = {}, True, 0.0

    def wait_in_flight(self, count: int = 1, timeout: float = 60.0) -> None:
        """Wait until so many image requests are being worked on at once."""
        ledger = self.ledger
        with ledger.changed:
            if not ledger.changed.wait_for(lambda: ledger.in_flight == count, timeout):
                raise TimeoutError(f"{ledger.in_flight} requests in flight, not {count}")

    def asked(self, endpoint: Endpoint) -> list[Request]:
        """Return the requests to one endpoint, oldest first."""
        return [request for request in self.requests if request.endpoint == endpoint]

    @property
    def requests(self) -> list[Request]:
        """Every request since the last reset, oldest first."""
        return list(self.ledger.requests)

    @property
    def images(self) -> list[bytes]:
        """The bytes of every image that was drawn, as they were sent."""
        return list(self.ledger.images)

    @property
    def paid(self) -> int:
        """How many generations would have been billed."""
        return self.ledger.paid

    @property
    def paid_for(self) -> dict[str, int]:
        """How many generations of each prompt would have been billed."""
        with self.ledger.changed:
            return dict(self.ledger.paid_for)

    @property
    def in_flight(self) -> int:
        """How many image requests are being worked on now."""
        return self.ledger.in_flight

    @property
    def peak_in_flight(self) -> int:
        """How many image requests were being worked on at the same time at most."""
        return self.ledger.peak_in_flight
