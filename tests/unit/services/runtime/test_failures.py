"""The common classification of errors, and each adapter's part in it."""

import errno
import sqlite3
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from openai import APIConnectionError, APIStatusError
from pymongo import errors as mongodb_errors
from redis import exceptions as redis_errors

from app.services.caching import redis
from app.services.mongodb import client as mongodb
from app.services.openai import client as openai
from app.services.runtime.failures import Classifier, Failure, FailureKind, replace_errors
from app.services.sqlite import database as sqlite


def name(value: object) -> str:
    """Name a case by its error's class, or by its kind."""
    return type(value).__name__ if isinstance(value, Exception) else str(value)


class Replacement(Exception):
    """What known errors become."""


def only_value_errors(error: Exception) -> Failure | None:
    """Classify ValueError and nothing else."""
    if not isinstance(error, ValueError):
        return None
    return Failure(kind=FailureKind.BAD_RESPONSE, detail=type(error).__name__, code="")


def test_a_known_error_is_replaced_without_its_text() -> None:
    """The original error, which can quote secrets, is not chained to the replacement."""
    with (
        pytest.raises(Replacement, match=r"^ValueError$") as caught,
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise ValueError("hunter2")
    assert caught.value.__suppress_context__


def test_any_other_error_passes_through() -> None:
    """A fault of our own is not reported as a fault of the service."""
    with (
        pytest.raises(KeyError, match="ours"),
        replace_errors(only_value_errors, lambda failure: Replacement(failure.detail)),
    ):
        raise KeyError("ours")


def a_tls_error() -> redis_errors.ConnectionError:
    """Make the error that the SDK raises when a certificate is not accepted."""
    error = redis_errors.ConnectionError("refused")
    error.__context__ = ssl.SSLCertVerificationError("self-signed certificate")
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis_errors.AuthenticationError(), FailureKind.CREDENTIALS_REFUSED),
        (redis_errors.NoPermissionError(), FailureKind.PERMISSION_DENIED),
        (redis_errors.TimeoutError(), FailureKind.NO_RESPONSE),
        (redis_errors.ConnectionError(), FailureKind.UNREACHABLE),
        (ConnectionRefusedError(), FailureKind.UNREACHABLE),
        (redis_errors.ReadOnlyError(), FailureKind.REJECTED),
        (redis_errors.InvalidResponse(), FailureKind.BAD_RESPONSE),
        (a_tls_error(), FailureKind.TLS),
    ],
    ids=name,
)
def test_errors_of_redis(error: Exception, kind: FailureKind) -> None:
    """The SDK's exception classes decide, the most specific first."""
    failure = redis.classify(error)
    assert failure is not None
    assert failure.kind is kind


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (mongodb_errors.OperationFailure("-", 13), FailureKind.PERMISSION_DENIED, "code 13"),
        (mongodb_errors.OperationFailure("-", 18), FailureKind.CREDENTIALS_REFUSED, "code 18"),
        (mongodb_errors.OperationFailure("-", 1), FailureKind.REJECTED, "code 1"),
        (mongodb_errors.ExecutionTimeout("-", 50), FailureKind.NO_RESPONSE, "code 50"),
        (mongodb_errors.NetworkTimeout("-"), FailureKind.NO_RESPONSE, "NetworkTimeout"),
        (mongodb_errors.AutoReconnect("-"), FailureKind.UNREACHABLE, "AutoReconnect"),
        (mongodb_errors.ConfigurationError("-"), FailureKind.CONFIGURATION, "ConfigurationError"),
    ],
)
def test_errors_of_mongodb(error: Exception, kind: FailureKind, code: str) -> None:
    """The server's error code decides, else the SDK's exception class."""
    failure = mongodb.classify(error)
    assert failure is not None
    assert (failure.kind, failure.code) == (kind, code)


def test_an_invalid_uri_is_a_configuration_error() -> None:
    """The client's other exceptions for a bad URI are replaced too, without quoting it."""
    for uri in ("mongodb://user:hunter2@x:port/", "mongodb://", "http://x"):
        with pytest.raises(mongodb_errors.ConfigurationError) as caught:
            mongodb.make_client(uri)
        failure = mongodb.classify(caught.value)
        assert failure is not None
        assert failure.kind is FailureKind.CONFIGURATION
        assert "hunter2" not in f"{failure.detail} {failure.code}"


def raised_by(work: Callable[[], object]) -> sqlite3.Error:
    """Return the SQLite error that this raises."""
    with pytest.raises(sqlite3.Error) as caught:
        work()
    return caught.value


def test_errors_of_sqlite(tmp_path: Path) -> None:
    """SQLite's primary error code decides, and its name is shown."""
    path, text = tmp_path / "file.sqlite3", tmp_path / "text.sqlite3"
    text.write_bytes(b"no database at all" * 100)
    with (
        closing(sqlite3.connect(path, timeout=0)) as one,
        closing(sqlite3.connect(path, timeout=0)) as other,
        closing(sqlite3.connect(text)) as garbage,
    ):
        one.execute("BEGIN IMMEDIATE")
        locked = sqlite.classify(raised_by(lambda: other.execute("BEGIN IMMEDIATE")))
        damaged = sqlite.classify(raised_by(lambda: garbage.execute("PRAGMA user_version")))
        invalid = sqlite.classify(raised_by(lambda: other.execute("SELECT nothing")))
    assert (locked.kind, locked.code) == (FailureKind.LOCKED, "SQLITE_BUSY")
    assert (damaged.kind, damaged.code) == (FailureKind.DAMAGED, "SQLITE_NOTADB")
    assert (invalid.kind, invalid.code) == (FailureKind.REJECTED, "SQLITE_ERROR")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "-"), FailureKind.DISK_FULL),
        (PermissionError(errno.EACCES, "-"), FailureKind.PERMISSION_DENIED),
        (NotADirectoryError(errno.ENOTDIR, "-"), FailureKind.UNREACHABLE),
        (sqlite3.ProgrammingError("a closed connection"), FailureKind.REJECTED),
    ],
    ids=name,
)
def test_errors_of_sqlites_file(error: OSError | sqlite3.Error, kind: FailureKind) -> None:
    """The system's error number decides where SQLite has no code."""
    failure = sqlite.classify(error)
    assert (failure.kind, failure.code) == (kind, type(error).__name__)


REQUEST = httpx2.Request("POST", "https://api.test/v1/images")


def refusal(status: int, code: str, *, wait: str = "") -> APIStatusError:
    """Make the SDK's error for an error response."""
    headers = {"retry-after": wait} if wait else {}
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    return APIStatusError("secret", response=response, body={"code": code, "type": "-"})


@pytest.mark.parametrize(
    ("error", "kind"),
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
def test_errors_of_openai(error: Exception, kind: FailureKind) -> None:
    """The API's error code decides, then the status, and no text of the API is kept."""
    failure = openai.classify(error)
    assert failure is not None
    assert failure.kind is kind
    assert "secret" not in f"{failure.detail} {failure.code}"


def test_openai_connections_that_were_not_made_sent_nothing() -> None:
    """Only a failure to connect proves that no request was sent, and so nothing was charged."""
    error = APIConnectionError(request=REQUEST)
    for cause, kind in (
        (httpx2.ConnectError("-"), FailureKind.UNREACHABLE),
        (httpx2.ReadError("-"), FailureKind.NO_RESPONSE),
    ):
        error.__cause__ = cause
        failure = openai.classify(error)
        assert failure is not None
        assert failure.kind is kind


def test_the_time_to_wait_is_kept() -> None:
    """A Retry-After header in whole seconds is part of the failure."""
    failure = openai.classify(refusal(429, "rate_limit_exceeded", wait="7"))
    assert failure is not None
    assert failure.retry_after == 7


@pytest.mark.parametrize(
    "classify",
    [redis.classify, openai.classify, mongodb.classify],
    ids=["redis", "openai", "mongodb"],
)
def test_an_unrelated_error_is_not_classified(classify: Classifier) -> None:
    """A programming error is not blamed on a service."""
    assert classify(AssertionError()) is None
