"""A server that sends the same bytes in response to every request."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from tests.support.servers.free_ports import HOST


class CannedServer:
    """Sends `response` to each client and closes the connection; records the `requests`.

    With `pause_between_bytes`, the response goes on with single bytes until the client leaves.
    """

    def __init__(self, response: bytes, pause_between_bytes: float = 0) -> None:
        self.response = response
        self._pause = pause_between_bytes
        self.requests: list[bytes] = []
        self._listener = socket.create_server((HOST, 0))
        self.address = f"http://{HOST}:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serve until a client connects and sends nothing."""
        while True:
            connection, _ = self._listener.accept()
            with connection:
                request = connection.recv(65_536)
                if not request:
                    return
                self.requests.append(request)
                connection.sendall(self.response)
                if self._pause:
                    self._drip(connection)

    def _drip(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the client has left
            while True:
                time.sleep(self._pause)
                connection.sendall(b"x")

    def stop(self) -> None:
        """Connect and send nothing."""
        socket.create_connection(self._listener.getsockname()).close()

    def close(self) -> None:
        """Close the listening socket."""
        self._listener.close()


@contextlib.contextmanager
def canned_server(response: bytes, *, pause_between_bytes: float = 0) -> Iterator[CannedServer]:
    """Run a server with this response."""
    with contextlib.closing(CannedServer(response, pause_between_bytes)) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        server.stop()
        thread.join()
