"""The official client against errors and broken connections: what it raises, what was paid."""

import time

import openai
import pytest
from openai import OpenAI

from tests.support.fake_openai import SECRET_MARKER, Behavior, FakeOpenAI, Fault
from tests.support.openai.official_client import ask, draw


@pytest.mark.parametrize(
    ("fault", "error", "said"),
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
def test_errors_have_their_class_and_code_and_are_free(
    openai_client: OpenAI,
    fake_openai: FakeOpenAI,
    fault: Behavior,
    error: type[openai.APIStatusError],
    said: tuple[int, str | None],
) -> None:
    """Each error is raised as the client's class for it, with a text that must not leak."""
    fake_openai.script("images", fault)
    with pytest.raises(error) as raised:
        ask(openai_client)
    assert (raised.value.status_code, raised.value.code) == said
    assert SECRET_MARKER in raised.value.message
    assert raised.value.request_id is not None
    assert (fake_openai.paid, fake_openai.images) == (0, [])


def test_errors_carry_what_reports_them_apart(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """Retry-After, the type of a quota error and the moderation's details arrive."""
    fake_openai.script(
        "images",
        Fault.rate_limited(retry_after=9),
        Fault.quota(),
        Fault.moderation_blocked("output"),
        Fault.status(500, headers={"retry-after": "3"}, paid=True),
    )
    raised = []
    for _ in range(4):
        with pytest.raises(openai.APIStatusError) as one:
            ask(openai_client)
        raised.append(one.value)
    limited, poor, blocked, broken = raised
    assert limited.response.headers["retry-after"] == "9"
    assert poor.type == "insufficient_quota"
    assert isinstance(blocked.body, dict)
    assert blocked.body["moderation_details"]["moderation_stage"] == "output"
    assert broken.response.headers["retry-after"] == "3"
    assert fake_openai.paid == 1


def test_a_late_answer_times_out_and_is_paid(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """A client that gives up before the answer has still bought the image, exactly once."""
    fake_openai.script("images", Fault.delay(10))
    with pytest.raises(openai.APITimeoutError):
        ask(openai_client.with_options(timeout=0.2))
    assert (fake_openai.paid, len(fake_openai.requests_to("images"))) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "paid"),
    [
        (Fault.drop_before_response(), 1),
        (Fault.drop_before_response(paid=False), 0),
        (Fault.cut(after_bytes=2_000), 1),
        (Fault.cut(after_bytes=0), 1),
    ],
)
def test_a_cut_connection_is_a_connection_error(
    openai_client: OpenAI, fake_openai: FakeOpenAI, fault: Behavior, paid: int
) -> None:
    """A connection that ends before the whole answer raises, whether it was paid for or not."""
    fake_openai.script("images", fault)
    with pytest.raises(openai.APIConnectionError) as raised:
        ask(openai_client)
    assert not isinstance(raised.value, openai.APITimeoutError)
    assert (fake_openai.paid, len(fake_openai.images)) == (paid, paid)


def test_a_dripping_answer_arrives_whole(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """A slow body takes its time, beyond a read timeout that each piece alone respects."""
    fake_openai.script("images", Fault.drip(chunk=8_192, pause=0.1))
    began = time.monotonic()
    assert draw(openai_client.with_options(timeout=0.3)) == fake_openai.images[0]
    assert time.monotonic() - began > 0.3


def test_a_stopped_server_refuses_and_bills_nothing(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """Nothing listens after a stop; started again it has the same address and the same counts."""
    ask(openai_client)
    fake_openai.stop()
    try:
        with pytest.raises(openai.APIConnectionError):
            ask(openai_client)
    finally:
        fake_openai.start()
    ask(openai_client)
    assert fake_openai.paid == 2


def test_a_stream_can_be_slow_and_be_cut(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """Events come one by one; a connection that is cut among them raises."""
    fake_openai.script("images", Fault.slow_events(0.1), Fault.cut(after_bytes=40_000))
    began = time.monotonic()
    with ask(openai_client, stream=True, partial_images=1) as stream:
        times = [time.monotonic() - began for _ in stream]
    assert times[1] - times[0] > 0.05
    with (
        ask(openai_client, stream=True, partial_images=1) as stream,
        pytest.raises(openai.APIConnectionError),
    ):
        list(stream)


def test_faults_are_taken_in_order_and_then_all_is_well(
    openai_client: OpenAI, fake_openai: FakeOpenAI
) -> None:
    """The queue comes first, then what always holds, and after clearing the normal answer."""
    fake_openai.always("images", Fault.no_data())
    fake_openai.script("images", Fault.null_data(), Fault.wrong_size(64, 64).after(0.01))
    answers = [ask(openai_client).data for _ in range(4)]
    assert (answers[0], len(answers[1]), *answers[2:]) == (None, 1, [], [])
    fake_openai.clear()
    assert len(draw(openai_client)) > 1_000
    assert not fake_openai.requests_to("moderations")


def test_a_reset_forgets_everything(openai_client: OpenAI, fake_openai: FakeOpenAI) -> None:
    """After a reset nothing is scripted, asked, drawn or paid."""
    ask(openai_client)
    fake_openai.always("images", Fault.status(500))
    fake_openai.image = b"x"
    fake_openai.reset()
    assert (fake_openai.paid, fake_openai.requests, fake_openai.images) == (0, [], [])
    assert len(draw(openai_client)) > 1_000
