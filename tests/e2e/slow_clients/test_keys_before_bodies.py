"""Clients without a valid API key don't occupy the places for large bodies."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.container.adapters import RECORDS_FILE
from app.models import Scope
from app.services.runtime.timing import SystemClock
from app.services.sqlite.api_keys import SqliteApiKeys
from app.services.sqlite.database import SqliteDatabase
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.auth.key_format import new_id, new_text
from tests.attacks import Observe, attack
from tests.support.images.sample_images import encoded, owl
from tests.support.servers.gunicorn import TIMEOUT_SECONDS, Gunicorn, gunicorn

_HEADS = {
    "upload": b"POST /images HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n",
    "mask": b"POST /images/0f9b2d6c-4e1a-4f0f-8a54-b0c1f2a3d4e5.png/cutouts HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\n",
}
_LENGTHS = (b"Content-Length: 1400000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n")
_PLACES = 40  # more than a worker receives


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gunicorn, ApiKeys]]:
    """Run one worker that requires keys."""
    folder = tmp_path_factory.mktemp("keys")
    with gunicorn(folder, auth_required="true", web_concurrency=1) as server:
        database = SqliteDatabase(folder / "data" / RECORDS_FILE)
        yield server, ApiKeys(SqliteApiKeys(database), SystemClock())
        database.close()


def key_with(keys: ApiKeys, name: str, scope: Scope) -> str:
    """Create a key, and return its text."""
    return keys.create(name, scopes={scope}).text


@attack(
    "Heads of uploads and masks without a valid key, and then no body",
    expect="401 and 403 before the body; the places stay free",
)
def test_the_key_is_checked_before_the_body(
    keys: tuple[Gunicorn, ApiKeys], observe: Observe
) -> None:
    """Without a key, with a malformed or an unknown one, or without the scope: no place is held."""
    server, service = keys
    reader = key_with(service, "reader", Scope.READ)
    forged = new_text(new_id())
    seen = set()
    with ExitStack() as stack:
        waiting = [
            (key, _send(stack, server, head, length, key))
            for head in _HEADS.values()
            for length in _LENGTHS
            for key in ("", "wrong", forged, reader)
        ]
        waiting += [
            ("", _send(stack, server, _HEADS["upload"], _LENGTHS[0], "")) for _ in range(_PLACES)
        ]
        for key, client in waiting:
            head, _, body = _response(client).partition(b"\r\n\r\n")
            expected = (403, "forbidden") if key == reader else (401, "unauthorized")
            assert (int(head.split()[1]), json.loads(body)["code"]) == expected
            assert b"\r\nConnection: close" in head
            assert (b"\r\nWWW-Authenticate: Bearer" in head) is (expected[0] == 401)
            seen.add(expected[0])
        writer = key_with(service, "writer", Scope.GENERATE)
        with ExitStack() as slow:
            for _ in range(_PLACES // 2):
                _send(slow, server, _HEADS["upload"], _LENGTHS[0], writer)
            data = encoded(owl(64, 64))
            length = b"Content-Length: %d\r\n\r\n" % len(data)
            client = _send(stack, server, _HEADS["upload"], length, writer)
            client.sendall(data)
            assert client.recv(4096).startswith(b"HTTP/1.1 201 ")
    observe(f"{' and '.join(map(str, sorted(seen)))} before the body; the places stay free")


def _send(
    stack: ExitStack, server: Gunicorn, head: bytes, length: bytes, key: str
) -> socket.socket:
    """Send a head, of a request with this key, and no body."""
    connection = socket.create_connection(server.address, timeout=TIMEOUT_SECONDS)
    client = stack.enter_context(connection)
    header = f"Authorization: Bearer {key}\r\n".encode() if key else b""
    client.sendall(head + header + length)
    return client


def _response(client: socket.socket) -> bytes:
    """Return all that the server sends until it closes the connection."""
    received = b""
    while data := client.recv(65536):
        received += data
    return received
