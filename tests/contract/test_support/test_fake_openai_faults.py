"""Errors and broken connections of the fake OpenAI server, and their charges."""

import time

import openai
import pytest
from openai import OpenAI

from tests.support.concurrency.threads import wait_until
from tests.support.fake_openai import SECRET_MARKER, Behavior, FakeOpenAI, Fault
from tests.support.openai.official_client import draw, request_image


@pytest.mark.parametrize(
    ("fault", "error", "status_and_code"),
    [
        (Fault.status(500), openai.InternalServerError, (500, "server_error")),
        (Fault.status(503), openai.InternalServerError, (503, "server_is_overloaded")),
        (Fault.status(401), openai.AuthenticationError, (401, "invalid_api_key")),
        (Fault.status(403), openai.PermissionDeniedError, (403, None)),
        (Fault.status(429, "slow_down"), openai.RateLimitError, (429, "slow_down")),
        (Fault.rate_limited(), openai.RateLimitError, (429, "rate_limit_exceeded")),
        (Fault.quota(), openai.RateLimitError, (429, "credit_balance_exhausted")),
        (Fault.billing_hard_limit(), openai.BadRequestError, (400, "billing_hard_limit_reached")),
        (Fault.moderation_blocked(), openai.BadRequestError, (400, "moderation_blocked")),
        (
            Fault.content_policy_violation(),
            openai.BadRequestError,
            (400, "content_policy_violation"),
        ),
        (Fault.invalid_prompt(), openai.BadRequestError, (400, "invalid_prompt")),
        (Fault.transparent_refused(), openai.BadRequestError, (400, "invalid_value")),
        (Fault.model_retired(), openai.BadRequestError, (400, "invalid_value")),
        (Fault.model_retired(missing=True), openai.NotFoundError, (404, "model_not_found")),
    ],
    ids=lambda value: value.name if isinstance(value, Behavior) else "",
)
def test_errors_have_class_and_code_and_are_free(
    openai_client: OpenAI,
    fake_openai: FakeOpenAI,
    fault: Behavior,
    error: type[openai.APIStatusError],
    status_and_code: tuple[int, str | None],
) -> None:
    """Each error raises the client's class for it, with a message that must not leak."""
    fake_openai.script("images", fault)
    with pytest.raises(error) as raised:
        request_image(openai_client)
    assert (raised.value.status_code, raised.value.code) == status_and_code
    assert SECRET_MARKER in raised.value.message
    assert raised.value.request_id is not None
    assert (fake_openai.paid, fake_openai.images) == (0, [])


def test_errors_have_their_details(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Errors have Retry-After, the type of a quota error, and the details of the moderation."""
    fake_openai.script(
        "images",
        Fault.rate_limited(retry_after=9),
        Fault.quota(),
        Fault.moderation_blocked("output"),
        Fault.status(500, headers={"retry-after": "3"}, paid=True),
    )
    raised = []
    for _ in range(4):
        with pytest.raises(openai.APIStatusError) as caught:
            request_image(openai_client)
        raised.append(caught.value)
    limited, quota, blocked, failed = raised
    assert limited.response.headers["retry-after"] == "9"
    assert quota.type == "insufficient_quota"
    assert isinstance(blocked.body, dict)
    assert blocked.body["moderation_details"]["moderation_stage"] == "output"
    assert failed.response.headers["retry-after"] == "3"
    assert fake_openai.paid == 1


def test_late_response_is_charged(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """If the client times out before the response, the image is charged once all the same."""
    fake_openai.script("images", Fault.delay(120))
    with pytest.raises(openai.APITimeoutError):
        request_image(openai_client.with_options(timeout=0.2))
    wait_until(lambda: fake_openai.paid == 1)
    assert len(fake_openai.requests_to("images")) == 1


@pytest.mark.parametrize(
    ("fault", "paid"),
    [
        (Fault.drop_before_response(), 1),
        (Fault.drop_before_response(paid=False), 0),
        (Fault.cut(after_bytes=2_000), 1),
        (Fault.cut(after_bytes=0), 1),
    ],
)
def test_cut_connection_is_a_connection_error(
    openai_client: OpenAI, fake_openai: FakeOpenAI, fault: Behavior, paid: int
) -> None:
    """A connection that is closed before the end of the response raises, charged or not."""
    fake_openai.script("images", fault)
    with pytest.raises(openai.APIConnectionError) as raised:
        request_image(openai_client)
    assert not isinstance(raised.value, openai.APITimeoutError)
    assert (fake_openai.paid, len(fake_openai.images)) == (paid, paid)


def test_slow_response_arrives_in_pieces(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A response in pieces is complete, and takes at least as long as all pauses together."""
    fake_openai.script("images", Fault.drip(chunk=8_192, pause=0.1))
    started = time.monotonic()
    image = draw(openai_client)
    assert image == fake_openai.images[0]
    assert time.monotonic() - started > 0.1 * (len(image) // 8_192)


def test_stopped_server_refuses_connections(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """After a stop, connections are refused; after a start, base URL and counts are the same."""
    request_image(openai_client)
    fake_openai.stop()
    try:
        with pytest.raises(openai.APIConnectionError):
            request_image(openai_client)
    finally:
        fake_openai.start()
    request_image(openai_client)
    assert fake_openai.paid == 2


def test_stream_can_be_slow_and_be_cut(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Events can be sent with pauses, and the connection can be closed between them."""
    fake_openai.script("images", Fault.slow_events(0.1), Fault.cut(after_bytes=40_000))
    started = time.monotonic()
    with request_image(openai_client, stream=True, partial_images=1) as stream:
        assert len(list(stream)) == 2
    assert time.monotonic() - started > 2 * 0.1
    with (
        request_image(openai_client, stream=True, partial_images=1) as stream,
        pytest.raises(openai.APIConnectionError),
    ):
        list(stream)


def test_scripted_behaviors_come_first(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Queued behaviors come first, then the standing one, and after `clear` normal responses."""
    fake_openai.always("images", Fault.no_data())
    fake_openai.script("images", Fault.null_data(), Fault.wrong_size(64, 64).after(0.01))
    images = [request_image(openai_client).data for _ in range(4)]
    assert (images[0], len(images[1]), *images[2:]) == (None, 1, [], [])
    fake_openai.clear()
    assert len(draw(openai_client)) > 1_000
    assert not fake_openai.requests_to("moderations")


def test_reset_drops_everything(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """After a reset there are no requests, images, charges and scripted behaviors."""
    request_image(openai_client)
    fake_openai.always("images", Fault.status(500))
    fake_openai.image = b"x"
    fake_openai.reset()
    assert (fake_openai.paid, fake_openai.requests, fake_openai.images) == (0, [], [])
    assert len(draw(openai_client)) > 1_000
