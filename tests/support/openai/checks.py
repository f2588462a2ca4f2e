"""Checks that every test of a broken provider makes."""

import contextlib
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from app.errors import AppError, Charged
from app.services.openai.client import lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from tests.support.builders import a_drawing
from tests.support.fake_openai import DEFAULT_API_KEY, SECRET_MARKER, FakeOpenAI
from tests.support.fake_openai.server import Endpoint

MODEL = "gpt-image-2.6-flare"


class Reported:
    """The error that came out of the block."""

    error: Any = None


@contextlib.contextmanager
def fails_as(
    kind: type[AppError], *, charged: Charged | None, fake: FakeOpenAI, endpoint: Endpoint
) -> Iterator[Reported]:
    """Check that the block fails with exactly this error after exactly one request.

    Nothing that the provider said is in it or in its traceback, and no key either.
    """
    reported, before = Reported(), len(fake.requests_to(endpoint))
    with pytest.raises(AppError) as caught:
        yield reported
    reported.error = caught.value
    assert type(reported.error) is kind
    assert reported.error.charged is charged
    assert len(fake.requests_to(endpoint)) - before == 1
    trace = "".join(traceback.format_exception(reported.error))
    said = f"{reported.error} {reported.error.detail} {reported.error.message} {trace}"
    for private in (SECRET_MARKER, DEFAULT_API_KEY, "sk-test", f":{fake.port}"):
        assert private not in said


@contextlib.contextmanager
def generator_at(address: str, **changes: Any) -> Iterator[OpenAIGenerator]:
    """Make a generator with a client of its own."""
    arguments: dict[str, Any] = {"model": MODEL, "timeout_seconds": 10} | changes
    with contextlib.closing(lazy_client(api_key="sk-test-own", base_url=address)) as client:
        yield OpenAIGenerator(client, **arguments)


def draw(generator: OpenAIGenerator, prompt: str = "a red mug", **changes: str) -> Any:
    """Ask for one image."""
    return generator.draw(a_drawing(prompt, **changes))
