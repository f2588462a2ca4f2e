"""A provider that redirects, and the encodings that it may use."""

import pytest

from app.errors import AppError, Charged
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.transport.http_client import client_options
from tests.attacks import Observe, attack
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS, draw
from tests.support.servers.canned_response import canned_server


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


def test_only_bounded_encodings_are_requested() -> None:
    """Installing a decompressor does not change what providers may send."""
    client = client_options()["http_client"]
    assert client.headers["Accept-Encoding"] == "gzip, deflate"
    client.close()
