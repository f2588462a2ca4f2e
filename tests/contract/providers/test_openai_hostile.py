"""A provider that redirects, or sends endless errors."""

from collections.abc import Iterator

import httpx2
import pytest

from app.errors import AppError, Charged
from app.services.openai.client import lazy_client
from app.services.openai.http_client import client_options, limit_error_body
from app.services.openai.image_generator import OpenAIGenerator
from tests.attacks import Observe, attack
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS, draw
from tests.support.servers.canned_response import canned_server

MIB = 1024 * 1024


class Endless(httpx2.SyncByteStream):
    """An endless body, which counts the bytes that were read."""

    bytes_read = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.bytes_read += 65_536
            yield b"x" * 65_536


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@attack("A model's server that redirects the call to another", expect="nothing sent there")
def test_no_redirect_is_followed(status: int, observe: Observe) -> None:
    """The other server gets neither prompt nor API key, and nothing counts as charged."""
    with canned_server(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ) as other:
        away = f"HTTP/1.1 {status} Away\r\nLocation: {other.address}/v1/images\r\n"
        with canned_server(
            f"{away}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        ) as first:
            client = lazy_client(api_key="sk-test", base_url=f"{first.address}/v1")
            generator = OpenAIGenerator(client, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)
            with pytest.raises(AppError) as caught:
                draw(generator)
            generator.close()
        observe("nothing sent there" if other.requests == [] else "sent there")
    assert caught.value.charged is Charged.NO


@pytest.mark.parametrize(
    ("encoding", "limit"),
    [
        ({}, MIB),
        ({"Content-Encoding": "identity"}, MIB),
        ({"Content-Encoding": "GZIP"}, MIB // 16),
        ({"Content-Encoding": "deflate"}, MIB // 16),
        ({"Content-Encoding": "br"}, 0),
        ({"Content-Encoding": "zstd"}, 0),
        ({"Content-Encoding": "gzip, gzip"}, 0),
    ],
    ids=lambda value: next(iter(value.values()), "none") if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("status", [400, 429, 500])
def test_error_body_is_limited(status: int, encoding: dict[str, str], limit: int) -> None:
    """An error is read up to a limit: the more its encoding can expand, the less is read."""
    stream = Endless()
    response = httpx2.Response(status, headers=encoding, stream=stream)
    limit_error_body(response)
    assert len(b"".join(response.iter_raw())) == limit
    assert stream.bytes_read == max(limit, 65_536)


def test_only_bounded_encodings_are_requested() -> None:
    """Installing a decompressor does not change what providers may send."""
    client = client_options()["http_client"]
    assert client.headers["Accept-Encoding"] == "gzip, deflate"
    client.close()


def test_successful_response_is_not_truncated() -> None:
    """A successful response is read by other code, which has a limit of its own."""
    stream = Endless()
    response = httpx2.Response(200, stream=stream)
    limit_error_body(response)
    assert response.stream is stream
