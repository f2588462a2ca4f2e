"""Check the bucket: connection, write access and clock skew."""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.errors import ObjectDamaged, StorageUnavailable
from app.models import Finding, Level, object_keys
from app.services.diagnostics import clock_skew
from app.services.diagnostics.findings import CheckFailed, FailureAdvice, FindingBuilder
from app.services.runtime.failures import Failure, FailureKind, replace_errors
from app.services.s3.client import BucketClient
from app.services.s3.errors import classify
from app.services.s3.store import S3Store

_STORAGE = FindingBuilder("storage")
_CHECK_NETWORK = "check S3_ENDPOINT_URL, and the network between here and S3"
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_PROBE_BYTES = 2 * 1024 * 1024  # an original of 1024x1024 has 1.6 MB
_ADVICE = FailureAdvice(
    {
        FailureKind.CREDENTIALS_MISSING: ("no credentials for S3 were found", f"set {_KEYS}"),
        FailureKind.CREDENTIALS_REFUSED: ("S3 refuses the credentials", f"correct {_KEYS}"),
        FailureKind.PERMISSION_DENIED: (
            "S3 denies access",
            "check the keys; they need to list the bucket and read, write and delete its objects",
        ),
        FailureKind.NOT_FOUND: (
            "the bucket does not exist",
            "create it, or correct S3_BUCKET_NAME",
        ),
        FailureKind.WRONG_REGION: (
            "the region or the keys don't belong to this bucket",
            f"correct AWS_REGION (some stores have `auto`), or {_KEYS}",
        ),
        FailureKind.WRONG_ADDRESSING: (
            "the store expects the bucket's name in the host name",
            "set S3_ADDRESSING_STYLE=virtual",
        ),
        FailureKind.UNSUPPORTED: (
            "the store does not support a part of the request",
            "check that S3_ENDPOINT_URL is set and leads to the store's S3 interface",
        ),
        FailureKind.TOO_LARGE: (
            "the store refuses an object of 2 MiB as too large",
            "raise the limit of the store, or of a proxy before it, to 8 MiB",
        ),
        FailureKind.QUOTA_EXCEEDED: (
            "the store is full, or its quota is used up",
            "free up space in the store, or raise its quota",
        ),
        FailureKind.CLOCK_SKEW: (
            "the store refuses this machine's time",
            "synchronize the clock of this machine",
        ),
        FailureKind.CONFIGURATION: (
            "the settings for S3 can't be used",
            "check AWS_REGION, S3_BUCKET_NAME, S3_ENDPOINT_URL and the AWS profile",
        ),
        FailureKind.TLS: (
            "the TLS connection to S3 failed",
            "check S3_ENDPOINT_URL and the trusted certificates (SSL_CERT_FILE)",
        ),
        FailureKind.UNREACHABLE: ("S3 can't be reached", _CHECK_NETWORK),
        FailureKind.NO_RESPONSE: ("S3 did not respond", _CHECK_NETWORK),
        FailureKind.BAD_RESPONSE: ("the response of S3 can't be read", _CHECK_NETWORK),
    },
    otherwise=("S3 refuses the request", "see the storage server's log"),
)


@dataclass(frozen=True)
class _BucketResponse:
    """The Date header of a response about the bucket, and any failure."""

    date: str | None
    failure: Failure | None = None


def check_bucket(store: S3Store, *, now: clock_skew.Now) -> Iterator[Finding]:
    """Check the bucket, then write, read and delete an object as large as an original.

    The object's key begins with `doctor/`.
    """
    with contextlib.closing(store):
        sent = now()
        response = _request_bucket(store.client)
        yield clock_skew.compare(response.date, sent=sent, received=now())
        if response.failure is not None:
            error = _ADVICE.check_failed(response.failure)
            yield _STORAGE.failed("bucket", error.found, error.advice)
            return
        yield _STORAGE.ok("bucket", "the bucket exists, and the keys can access it")
        yield from _check_objects(store.client)


def _request_bucket(client: BucketClient) -> _BucketResponse:
    from botocore.exceptions import ClientError

    try:
        response = client.request_bucket()
    except Exception as error:  # reason: others than the SDK's are raised again
        failure = classify(error)
        if failure is None:
            raise
        date = _date(error.response) if isinstance(error, ClientError) else None
        return _BucketResponse(date, failure)
    return _BucketResponse(_date(response))


def _date(response: Any) -> str | None:
    date: str | None = response["ResponseMetadata"]["HTTPHeaders"].get("date")
    return date


def _check_objects(client: BucketClient) -> Iterator[Finding]:
    key, data = f"doctor/{uuid.uuid4().hex}.png", os.urandom(_PROBE_BYTES)
    written = _step(
        "write",
        "an object was written",
        lambda: client.put(key, data, content_type=object_keys.PNG),
    )
    yield written
    if written.level is not Level.OK:
        return
    yield _step("read back", "with the same content", lambda: _compare(client, key, data))
    yield _step("delete", "the object was deleted", lambda: client.delete(key))


def _step(check: str, found: str, work: Callable[[], object]) -> Finding:
    def run() -> str:
        with replace_errors(classify, _ADVICE.check_failed):
            try:
                work()
            except ObjectDamaged:
                problem = "the object was stored with different content"
                raise CheckFailed(problem, "check proxies between here and S3") from None
        return found

    return _STORAGE.step(check, run)


def _compare(client: BucketClient, key: str, data: bytes) -> None:
    try:
        same = client.get(key).data == data
    except StorageUnavailable:  # an incomplete response
        same = False
    if not same:
        found = "the object was read back with different content"
        raise CheckFailed(found, "check proxies between here and S3")
