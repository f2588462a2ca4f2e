"""Checks the bucket: reachable, writable, and whether its clock and ours agree."""

import contextlib
import secrets
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from app.models import Finding, Level
from app.services.diagnostics import clock_skew
from app.services.diagnostics.findings import About, Trouble
from app.services.s3.store import S3Store

if TYPE_CHECKING:
    from botocore.client import BaseClient

_ABOUT = About("storage")
_ADVICE = {
    400: "correct AWS_REGION and the keys: one of them does not suit this bucket",
    403: "let these keys list the bucket, and read, write and delete its objects",
    404: "make the bucket, or correct S3_BUCKET_NAME",
}


def check_bucket(store: S3Store, *, now: clock_skew.Now) -> Iterator[Finding]:
    """Look for the bucket, then keep, read and delete a small object below `doctor/`."""
    with contextlib.closing(store):
        asked = now()
        try:
            with _reported():
                client = store.client()
                answer = _head(client, store.bucket)
        except Trouble as trouble:
            yield _ABOUT.failed("bucket", trouble.found, trouble.advice)
            yield clock_skew.compare(None, asked=asked, answered=now())
            return
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        yield clock_skew.compare(date, asked=asked, answered=now())
        reached = _ABOUT.step("bucket", lambda: _judged(answer))
        yield reached
        if reached.level is Level.OK:
            yield from _probe(client, store.bucket)


def _head(client: "BaseClient", bucket: str) -> Any:
    """Return the answer, be it a refusal: that tells the time too."""
    from botocore.exceptions import ClientError

    try:
        return client.head_bucket(Bucket=bucket)
    except ClientError as error:
        return error.response


def _judged(answer: Any) -> str:
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    if status != 200:
        raise _refused(status)
    return "the bucket is there, and these keys may list it"


def _probe(client: "BaseClient", bucket: str) -> Iterator[Finding]:
    place = {"Bucket": bucket, "Key": f"doctor/{uuid.uuid4().hex}"}
    data = secrets.token_bytes(64)
    written = _step("write", "an object was written", lambda: client.put_object(**place, Body=data))
    yield written
    if written.level is not Level.OK:
        return
    yield _step("read back", "it came back unchanged", lambda: _compare(client, place, data))
    yield _step("delete", "it was deleted", lambda: client.delete_object(**place))


def _step(check: str, found: str, work: Callable[[], object]) -> Finding:
    def reported() -> str:
        with _reported():
            work()
        return found

    return _ABOUT.step(check, reported)


def _compare(client: "BaseClient", place: dict[str, str], data: bytes) -> None:
    with contextlib.closing(client.get_object(**place)["Body"]) as body:
        if body.read() != data:
            raise Trouble("the object came back changed", "look at what is between here and S3")


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    """Turn every error of the SDK into Trouble, without a word of the server."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        raise _refused(error.response["ResponseMetadata"]["HTTPStatusCode"]) from None
    except NoCredentialsError:
        advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise Trouble("no keys for S3 were found", advice) from None
    except (BotoCoreError, HTTPError, OSError, ValueError, KeyError) as error:
        advice = "see that S3 can be reached from here; check S3_ENDPOINT_URL and the network"
        raise Trouble(f"S3 gives no usable answer ({type(error).__name__})", advice) from None


def _refused(status: int) -> Trouble:
    advice = _ADVICE.get(status, "look at the storage server")
    return Trouble(f"S3 refuses this (status {status})", advice)
