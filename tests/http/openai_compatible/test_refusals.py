"""Errors under /v1, as OpenAI's own client for Python reports them."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.fake_openai.text import FLAGGED_WORD
from tests.support.service import Service
from tests.support.tables import each_row

PROMPT = "A red fox"


@pytest.fixture(scope="module")
def client(shared_real: Service) -> Iterator[OpenAI]:
    """Make a client whose base URL is that of the service."""
    with OpenAI(base_url=f"{shared_real.url}/v1", api_key="none", max_retries=0) as made:
        yield made


@each_row(
    "fields, kind, status, code, param",
    [
        ({"model": "flux"}, openai.NotFoundError, 404, "model_not_found", "model"),
        ({"size": "1x1"}, openai.BadRequestError, 400, "invalid_value", "size"),
        ({"size": "255x256"}, openai.BadRequestError, 400, "invalid_value", "size"),
        ({"size": "2049x256"}, openai.BadRequestError, 400, "invalid_value", "size"),
        ({"n": 5}, openai.BadRequestError, 400, "invalid_value", "n"),
        ({"prompt": " "}, openai.BadRequestError, 400, "invalid_value", "prompt"),
        ({"quality": "best"}, openai.BadRequestError, 400, "invalid_value", "quality"),
        ({"output_format": "svg"}, openai.BadRequestError, 400, "invalid_value", "output_format"),
        (
            {"output_compression": 50},
            openai.BadRequestError,
            400,
            "invalid_value",
            "output_compression",
        ),
        (
            {"output_format": "jpeg", "background": "transparent"},
            openai.BadRequestError,
            400,
            "invalid_value",
            "background",
        ),
        (
            {"response_format": "url", "background": "opaque"},
            openai.BadRequestError,
            400,
            "invalid_value",
            "response_format",
        ),
        (
            {"extra_body": {"steps": 20}},
            openai.BadRequestError,
            400,
            "unknown_parameter",
            "steps",
        ),
    ],
)
def test_wrong_parameters_are_refused_as_openai_does(
    fields: dict[str, Any],
    kind: type[openai.APIStatusError],
    status: int,
    code: str,
    param: str,
    client: OpenAI,
    fake_openai_server: FakeOpenAI,
) -> None:
    """The client raises the class of the status, with code and parameter; nothing is paid."""
    paid = fake_openai_server.paid
    generate: Any = client.images.generate
    with pytest.raises(kind) as raised:
        generate(**{"prompt": PROMPT, **fields})
    error = raised.value
    assert (error.status_code, error.code, error.param) == (status, code, param)
    assert error.type == "invalid_request_error"
    assert error.request_id
    assert fake_openai_server.paid == paid


@each_row(
    "prompt, by_model, stream",
    [
        (f"A {FLAGGED_WORD} fox", False, False),
        (f"A {FLAGGED_WORD} fox", False, True),
        (PROMPT, True, False),
        (PROMPT, True, True),
    ],
)
def test_a_rejected_prompt_is_blocked(
    prompt: str, by_model: bool, stream: bool, client: OpenAI, fake_openai_server: FakeOpenAI
) -> None:
    """Whether the moderation model or the image model rejects it, and also in a stream."""
    if by_model:
        fake_openai_server.script("images", Fault.moderation_blocked())
    generate: Any = client.images.generate
    with pytest.raises(openai.APIError) as raised:
        list(generate(prompt=prompt, stream=stream))
    error = raised.value
    assert (error.code, error.type) == ("moderation_blocked", "image_generation_user_error")
    if not stream:
        assert isinstance(error, openai.BadRequestError)
