"""The classification of the OpenAI SDK's errors."""

import httpx2
import pytest
from openai import APIConnectionError, APIStatusError

from app.services.openai.client import classify
from app.services.runtime.failures import FailureKind
from tests.support.tables import each_row

REQUEST = httpx2.Request("POST", "https://api.test/v1/images")


def refusal(status: int, code: str, *, retry_after: str = "") -> APIStatusError:
    """Make the SDK's error for an error response."""
    headers = {"retry-after": retry_after} if retry_after else {}
    error = {"message": "secret", "code": code, "type": "-"}
    response = httpx2.Response(status, headers=headers, request=REQUEST, json={"error": error})
    return APIStatusError("secret", response=response, body=error)


@each_row(
    "error, kind",
    [
        (refusal(401, "invalid_api_key"), FailureKind.CREDENTIALS_REFUSED),
        (refusal(403, "-"), FailureKind.PERMISSION_DENIED),
        (refusal(404, "model_not_found"), FailureKind.NOT_FOUND),
        (refusal(400, "invalid_value"), FailureKind.REJECTED),
        (refusal(400, "moderation_blocked"), FailureKind.CONTENT_REJECTED),
        (refusal(429, "insufficient_quota"), FailureKind.QUOTA_EXCEEDED),
        (refusal(429, "rate_limit_exceeded"), FailureKind.RATE_LIMITED),
        (refusal(409, "-"), FailureKind.SERVER_ERROR),
        (refusal(503, "-"), FailureKind.SERVER_ERROR),
        (httpx2.ReadTimeout("-"), FailureKind.NO_RESPONSE),
        (UnicodeEncodeError("ascii", "ü", 0, 1, "-"), FailureKind.CONFIGURATION),
    ],
)
def test_errors_are_classified(error: Exception, kind: FailureKind) -> None:
    """The API's error code decides, then the status, and no text of the API is kept."""
    failure = classify(error)
    assert failure is not None
    assert failure.kind is kind
    assert "secret" not in f"{failure.detail} {failure.code}"


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (httpx2.ConnectError("-"), FailureKind.UNREACHABLE),
        (httpx2.ConnectTimeout("-"), FailureKind.UNREACHABLE),
        (httpx2.ReadError("-"), FailureKind.NO_RESPONSE),
        (None, FailureKind.NO_RESPONSE),
    ],
)
def test_only_a_failure_to_connect_proves_that_nothing_was_sent(
    cause: Exception | None, kind: FailureKind
) -> None:
    """After any other connection error the request may have been processed, and charged for."""
    error = APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    failure = classify(error)
    assert failure is not None
    assert failure.kind is kind


def test_the_time_to_wait_is_kept() -> None:
    """A Retry-After header in whole seconds is part of the failure."""
    failure = classify(refusal(429, "rate_limit_exceeded", retry_after="7"))
    assert failure is not None
    assert failure.retry_after == 7


def test_an_unrelated_error_is_not_classified() -> None:
    """A programming error is not blamed on the provider."""
    assert classify(AssertionError()) is None
