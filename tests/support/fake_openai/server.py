"""The fake itself: a threaded HTTP server with its settings, script and ledger."""

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
Endpoint = Literal["images", "edits", "moderations", "chat", "models", "files"]


class _Server(ThreadingHTTPServer):
    """A server that closes its open connections when it is stopped."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, fake: "FakeOpenAI") -> None:
        self.fake = fake
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        # The parent class looks up the name of this machine, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Many tests make a client disconnect; any other error is a bug of the fake.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Close all open connections."""
        for connection in tuple(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class FakeOpenAI:
    """An OpenAI-compatible server on this machine, which records what it would have charged.

    Args:
        image: fixed bytes to return as every image.
        legacy_models: also offer `dall-e-3`.
        api_key: the only key that is accepted.
        port: default: a free one.

    Attributes:
        shutdown_dates: of models, by name.
        listed: whether the list of models has all of them, or only the first one.
        clock_ahead: by how many seconds the Date header is ahead.
        refuses_transparency: whether no model supports a transparent background.
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
        self.refuses_transparency = False
        self.ledger = Ledger()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """The base URL for clients; stop and start don't change it."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> Self:
        """Start serving, with the ledger and script from before a stop."""
        self.ledger.closed.clear()
        self._server = _Server(self.port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-openai", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close all connections; new ones are refused until the next start."""
        if self._server is None or self._thread is None:
            return
        self.ledger.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
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

    def script(self, endpoint: Endpoint, *behaviors: Behavior) -> None:
        """Queue behaviors, one for each following request to an endpoint."""
        self.ledger.script(endpoint, *behaviors)

    def always(self, endpoint: Endpoint, behavior: Behavior) -> None:
        """Use a behavior for every request to an endpoint once the queue is empty."""
        self.ledger.always(endpoint, behavior)

    def clear(self) -> None:
        """Drop all scripted behaviors."""
        self.ledger.clear()

    def reset(self) -> None:
        """Drop all requests, images, charges and behaviors, and release waiting requests."""
        self.ledger.closed.set()
        self.ledger = Ledger()
        self.image, self.api_key = self._initial
        self.shutdown_dates, self.listed, self.clock_ahead = {}, True, 0.0
        self.refuses_transparency = False

    def wait_in_flight(self, count: int = 1, timeout: float = 60.0) -> None:
        """Wait until this number of image requests is being handled."""
        ledger = self.ledger
        with ledger.changed:
            if not ledger.changed.wait_for(lambda: ledger.in_flight == count, timeout):
                raise TimeoutError(f"{ledger.in_flight} requests in flight, not {count}")

    def wait_for_request(self, endpoint: Endpoint, count: int = 1, timeout: float = 60.0) -> None:
        """Wait until an endpoint has received this number of requests."""
        ledger = self.ledger
        with ledger.changed:
            if not ledger.changed.wait_for(
                lambda: len(self.requests_to(endpoint)) >= count, timeout
            ):
                raise TimeoutError(f"fewer than {count} requests to {endpoint}")

    def requests_to(self, endpoint: Endpoint) -> list[Request]:
        """Return the requests to an endpoint, oldest first."""
        return [request for request in self.requests if request.endpoint == endpoint]

    @property
    def requests(self) -> list[Request]:
        """All requests since the last reset, oldest first."""
        return list(self.ledger.requests)

    @property
    def images(self) -> list[bytes]:
        """The bytes of all generated images, as they were sent."""
        return list(self.ledger.images)

    @property
    def paid(self) -> int:
        """The number of charged generations."""
        return self.ledger.paid

    @property
    def paid_for(self) -> dict[str, int]:
        """The number of charged generations of each prompt."""
        with self.ledger.changed:
            return dict(self.ledger.paid_for)

    @property
    def in_flight(self) -> int:
        """The number of image requests that are being handled."""
        return self.ledger.in_flight

    @property
    def peak_in_flight(self) -> int:
        """The highest number of image requests that were handled at the same time."""
        return self.ledger.peak_in_flight
