"""What the provider leaves of its rate limits, and what it is sent about callers."""

import contextlib
import re
from collections.abc import Iterator, Mapping

import pytest

from app.errors import AppError
from app.models import ImageRequest
from app.services.observability.observer import TelemetryObserver
from app.services.openai.client import lazy_azure_client, lazy_client
from app.services.openai.image_generator import OpenAIGenerator
from app.services.openai.moderator import OpenAIModerator
from tests.support.builders import a_drawing
from tests.support.fake_openai import FakeOpenAI, Fault
from tests.support.openai.checks import MODEL, TIMEOUT_SECONDS, draw

PREFIX = "x-ratelimit-remaining-"


class Limits:
    """A generator, and the remaining limits that were reported."""

    def __init__(self, fake: FakeOpenAI) -> None:
        self.reported: list[Mapping[str, int]] = []
        self.client = lazy_client(
            api_key=fake.api_key, base_url=fake.base_url, on_limits=self.reported.append
        )
        self.generator = OpenAIGenerator(self.client, model=MODEL, timeout_seconds=TIMEOUT_SECONDS)


@pytest.fixture
def limits(fake_openai: FakeOpenAI) -> Iterator[Limits]:
    """Return a generator that reports its limits."""
    limits = Limits(fake_openai)
    with contextlib.closing(limits.client):
        yield limits


HEADERS = {
    "images": ({"images": "4"}, {"images": 4}),
    "none left": ({"images": "0", "requests": "0"}, {"images": 0, "requests": 0}),
    "all": (
        {"images": "4", "requests": "59", "tokens": "249999"},
        {"images": 4, "requests": 59, "tokens": 249_999},
    ),
    "in capitals": ({"IMAGES": "4"}, {"images": 4}),
    "another kind": ({"project-tokens": "1", "tokens": "2"}, {"tokens": 2}),
    "one that is no number": ({"images": "many", "requests": "3"}, {"requests": 3}),
}


@pytest.mark.parametrize("name", HEADERS)
def test_what_remains_is_reported(limits: Limits, fake_openai: FakeOpenAI, name: str) -> None:
    """The headers of a response are reported as numbers by kind."""
    sent, expected = HEADERS[name]
    fake_openai.script("images", Fault.with_headers({PREFIX + kind: n for kind, n in sent.items()}))
    draw(limits.generator)
    assert limits.reported == [expected]


@pytest.mark.parametrize("value", ["", "-1", "1.5", "1e3", "\u00b2", " ", "9" * 13, "0x10", "NaN"])
def test_other_values_are_ignored(limits: Limits, fake_openai: FakeOpenAI, value: str) -> None:
    """What is no whole number of a usual size is not reported, and fails nothing."""
    fake_openai.script("images", Fault.with_headers({f"{PREFIX}images": value}))
    draw(limits.generator)
    assert limits.reported == []


def test_a_refusal_reports_what_remains(limits: Limits, fake_openai: FakeOpenAI) -> None:
    """A response that says that no image is left is reported, too."""
    fault = Fault.status(429, headers={f"{PREFIX}images": "0"})
    fake_openai.script("images", fault)
    with pytest.raises(AppError):
        draw(limits.generator)
    assert limits.reported == [{"images": 0}]


def test_other_models_have_other_limits(limits: Limits, fake_openai: FakeOpenAI) -> None:
    """The limits of the moderation model are not those of images."""
    fake_openai.script("moderations", Fault.with_headers({f"{PREFIX}requests": "9"}))
    OpenAIModerator(limits.client, model="omni-moderation-latest").check("a red mug")
    assert limits.reported == []


def test_azure_reports_what_remains(fake_openai: FakeOpenAI) -> None:
    """Azure's client reports the same headers."""
    reported: list[Mapping[str, int]] = []
    client = lazy_azure_client(
        api_key=fake_openai.api_key,
        endpoint=fake_openai.base_url.removesuffix("/v1"),
        api_version="2025-04-01-preview",
        on_limits=reported.append,
    )
    fake_openai.script("images", Fault.with_headers({f"{PREFIX}requests": "9"}))
    with contextlib.closing(client):
        draw(OpenAIGenerator(client, model=MODEL, timeout_seconds=60, provider="azure"))
    assert reported == [{"requests": 9}]


def test_what_remains_is_a_metric() -> None:
    """The last report of each kind is on the page of metrics."""
    observer = TelemetryObserver(version="test")
    observer.provider_limits({"images": 4, "tokens": 7})
    observer.provider_limits({"images": 3})
    page = observer.page((), waiting=None).decode()
    found = re.findall(r'^imageapi_provider_remaining\{kind="(\w+)"\} (\S+)$', page, re.M)
    assert dict(found) == {"images": "3.0", "tokens": "7.0"}


def test_the_caller_is_named_by_its_identifier(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """A request has the safety identifier it was given, and otherwise none."""
    draw(generator, safety_identifier="ab" * 32)
    draw(generator)
    first, second = (request.body for request in fake_openai.requests_to("images"))
    assert first["safety_identifier"] == "ab" * 32
    assert "safety_identifier" not in second


def test_dall_e_gets_no_identifier(generator: OpenAIGenerator) -> None:
    """The parameter is unknown to DALL-E models."""
    legacy = OpenAIGenerator(generator._client, model="dall-e-3", timeout_seconds=60)
    request: ImageRequest = a_drawing(safety_identifier="ab" * 32)
    assert "safety_identifier" not in legacy.describe(request).body


def test_the_limit_of_a_request_outlasts_the_generators(
    generator: OpenAIGenerator, fake_openai: FakeOpenAI
) -> None:
    """An image that takes longer than the generator's own limit is received, and paid once."""
    impatient = OpenAIGenerator(generator._client, model=MODEL, timeout_seconds=0.3)
    fake_openai.script("images", Fault.delay(0.8))
    image = impatient.draw(a_drawing(deadline_seconds=60))
    assert image.data
    assert len(fake_openai.requests_to("images")) == 1


def refusal(code: str, message: str) -> Fault:
    """Return a refusal of the safety identifier."""
    error = {
        "message": message,
        "type": "invalid_request_error",
        "param": "safety_identifier",
        "code": code,
    }
    return Fault.json_response({"error": error}, 400)


def test_a_server_that_knows_no_identifiers_is_asked_without(
    limits: Limits, fake_openai: FakeOpenAI
) -> None:
    """An unknown parameter costs a free request, and is left out from then on."""
    fake_openai.script("images", refusal("unknown_parameter", "Unknown parameter."))
    for _ in range(2):
        draw(limits.generator, safety_identifier="ab" * 32)
    sent = [request.body.get("safety_identifier") for request in fake_openai.requests_to("images")]
    assert sent == ["ab" * 32, None, None]


BLOCKED = {
    "blocked": ("safety_identifier_blocked", "This safety identifier is blocked."),
    "a policy": ("policy_violation", "Blocked due to repeated policy violations."),
    "deactivated": ("access_terminated", "Access for this end user has been deactivated."),
    "an invalid value": ("invalid_value", "Invalid value for safety_identifier."),
    "no words": ("forbidden", "No."),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_a_blocked_caller_is_not_sent_without_its_identifier(
    limits: Limits, fake_openai: FakeOpenAI, name: str
) -> None:
    """A refused identifier is an error of that caller, and stays in later requests."""
    fake_openai.script("images", refusal(*BLOCKED[name]))
    with pytest.raises(AppError) as caught:
        draw(limits.generator, safety_identifier="ab" * 32)
    assert str(caught.value.charged) == "no"
    draw(limits.generator, safety_identifier="cd" * 32)
    sent = [request.body.get("safety_identifier") for request in fake_openai.requests_to("images")]
    assert sent == ["ab" * 32, "cd" * 32]
