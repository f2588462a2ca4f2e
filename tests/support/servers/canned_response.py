"""A server that gives one answer, byte for byte, to whatever it is asked."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.support.servers.free_ports import HOST


class TalkingServer:
    """Says the same to every request and hangs up; remembers what was `asked`."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []
        self._listener = socket.create_server((HOST, 0))
        self.address = f"http://{HOST}:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Serve until somebody connects and asks nothing."""
        while True:
            connection, _ = self._listener.accept()
            with connection:
                asked = connection.recv(65_536)
                if not asked:
                    return
                self.asked.append(asked)
                connection.sendall(self.answer)

    def stop(self) -> None:
        """Connect and ask nothing."""
        socket.create_connection(self._listener.getsockname()).close()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


@contextlib.contextmanager
def talking(answer: bytes) -> Iterator[TalkingServer]:
    """Run one that says this."""
    with contextlib.closing(TalkingServer(answer)) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        server.stop()
        thread.join()
