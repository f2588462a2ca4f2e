"""Checks that tests of the OpenAI adapter share."""

import contextlib
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from app.errors import AppError, Charged
from app.services.openai import image_generator, responses
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.transport import image_download
from tests.support.builders import a_drawing
from tests.support.fake_openai import (
    DEFAULT_API_KEY,
    SECRET_MARKER,
    Behavior,
    FakeOpenAI,
    Fault,
)
from tests.support.fake_openai.server import Endpoint

MODEL = "gpt-image-2.6-flare"
TIMEOUT_SECONDS = 60


class CaughtError:
    """The error that a block raised."""

    error: Any = None


@contextlib.contextmanager
def fails_as(
    kind: type[AppError], *, charged: Charged | None, fake: FakeOpenAI, endpoint: Endpoint
) -> Iterator[CaughtError]:
    """Check that the block raises exactly this error after exactly one request.

    Neither the error nor its traceback contains an API key or a text of the provider.
    """
    caught, before = CaughtError(), len(fake.requests_to(endpoint))
    with pytest.raises(AppError) as raised:
        yield caught
    caught.error = raised.value
    assert type(caught.error) is kind
    assert caught.error.charged is charged
    fake.wait_for_request(endpoint, before + 1)
    assert len(fake.requests_to(endpoint)) - before == 1
    trace = "".join(traceback.format_exception(caught.error))
    text = f"{caught.error} {caught.error.detail} {caught.error.message} {trace}"
    for private in (SECRET_MARKER, DEFAULT_API_KEY, "sk-test", f":{fake.port}"):
        assert private not in text


@contextlib.contextmanager
def generator_at(base_url: str, **changes: Any) -> Iterator[OpenAIGenerator]:
    """Return a generator with a client of its own."""
    arguments: dict[str, Any] = {"model": MODEL, "timeout_seconds": TIMEOUT_SECONDS} | changes
    with contextlib.closing(lazy_client(api_key="sk-test-own", base_url=base_url)) as client:
        yield OpenAIGenerator(client, **arguments)


def draw(generator: OpenAIGenerator, prompt: str = "a red mug", **changes: str) -> Any:
    """Generate an image."""
    return generator.draw(a_drawing(prompt, **changes))


def chat(message: dict[str, Any], finish_reason: str = "stop") -> Behavior:
    """Respond with a completion that contains this message."""
    choice = {"index": 0, "message": {"role": "assistant", **message}}
    return Fault.json_response({"choices": [{**choice, "finish_reason": finish_reason}]})


class AdjustableClock:
    """Stands in for the module `time`: its monotonic clock can be set ahead."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Set the clock ahead."""
        self._ahead += seconds


def use_clock(monkeypatch: pytest.MonkeyPatch) -> AdjustableClock:
    """Replace the clock of the OpenAI adapter, so that deadlines pass without waiting."""
    clock = AdjustableClock()
    for module in (image_generator, image_download, responses):
        monkeypatch.setattr(module, "time", clock)
    return clock
