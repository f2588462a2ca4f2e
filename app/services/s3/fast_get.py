"""Read S3 objects faster than the SDK's `get_object`.

It signs with botocore's signer and sends to the endpoint that the SDK's last read used. Only a
complete object or an explicit NoSuchKey is accepted. Everything else is left to the SDK, which
retries, follows redirects to another region and reports errors.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from urllib3 import Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as RequestTimeout
from urllib3.response import BaseHTTPResponse
from urllib3.util import create_urllib3_context

from app.errors import ImageNotFound, ObjectDamaged, StorageUnavailable
from app.models import StoredImage
from app.services.runtime.timing import seconds_left
from app.services.s3.bounded_connections import BoundedPool, BoundedTlsPool
from app.services.s3.checksums import verify

_KEY = re.compile(r"[\w-]+/[\w.-]+", re.ASCII)  # one slash, and no characters to escape
_SIGNED_REGION = re.compile(rb"Credential=[^,]+/\d{8}/([^/,]+)/s3/aws4_request,")
_NO_SUCH_KEY = b"<Code>NoSuchKey</Code>"
_ATTEMPTS = 2  # as many as the SDK makes when S3 does not respond in time


@dataclass(frozen=True)
class _Endpoint:
    """The URL before objects' keys, its region, and its connections."""

    url: str
    region: str
    pool: BoundedPool | BoundedTlsPool


class S3Reader:
    """Reads objects over a connection pool, which threads share.

    Args:
        credentials: botocore's credentials, which refresh themselves if necessary; None if there
            are none.
        connect_seconds: the timeout of a connection.
        read_seconds: the timeout of each part of a response.
        connections: the number of connections that are kept open.
        ca_bundle: path of the certificates to trust for https.
        verify_checksums: whether to request checksums, which compatible stores refuse.
    """

    def __init__(
        self,
        credentials: Any,
        *,
        connect_seconds: float,
        read_seconds: float,
        connections: int,
        ca_bundle: str | None,
        verify_checksums: bool,
    ) -> None:
        self._credentials = credentials
        self._headers = {"x-amz-checksum-mode": "ENABLED"} if verify_checksums else {}
        self._pool_options: dict[str, Any] = {
            "timeout": Timeout(connect=connect_seconds, read=read_seconds),
            "maxsize": connections,
        }
        self._ca_bundle = ca_bundle
        self._endpoint: _Endpoint | None = None

    def learn_endpoint(self, request: Any, **_: Any) -> None:
        """Remember the endpoint to which the SDK sends a read.

        Handles the SDK's event `before-send.s3.GetObject`.
        """
        url = request.url.rsplit("/", 2)[0] + "/"
        signed = _SIGNED_REGION.search(request.headers.get("Authorization", b""))
        if signed is None or "?" in request.url:
            return
        old, region = self._endpoint, signed[1].decode()
        if old is not None and (old.url, old.region) == (url, region):
            return
        self._endpoint = _Endpoint(url=url, region=region, pool=self._new_pool(url))
        if old is not None:
            old.pool.close()

    def get(self, key: str) -> StoredImage | None:
        """Return the object, or None if the SDK has to read it.

        Raises:
            ImageNotFound: S3 reports that there is no such key.
            StorageUnavailable: S3 did not respond in time, twice.
        """
        endpoint = self._endpoint
        if endpoint is None or self._credentials is None or not _KEY.fullmatch(key):
            return None
        for _ in range(_ATTEMPTS):
            try:
                response = self._send(endpoint, key)
            except RequestTimeout:
                continue
            except (HTTPError, OSError, ValueError):
                left = seconds_left()
                if left is not None and left <= 0:
                    break
                return None
            if response.status == 404 and _NO_SUCH_KEY in response.data:
                raise ImageNotFound(key)
            return _complete_object(key, response) if response.status == 200 else None
        raise StorageUnavailable("S3: no response in time")

    def close(self) -> None:
        """Close the connections."""
        if self._endpoint is not None:
            self._endpoint.pool.close()

    def _send(self, endpoint: _Endpoint, key: str) -> BaseHTTPResponse:
        url = endpoint.url + key
        # Frozen, so that a refresh in another thread can't mix two sets of credentials.
        credentials = self._credentials.get_frozen_credentials()
        request = AWSRequest("GET", url, headers=self._headers)
        S3SigV4Auth(credentials, "s3", endpoint.region).add_auth(request)
        return endpoint.pool.urlopen(
            "GET",
            urlsplit(url).path,
            headers=dict(request.headers.items()),
            retries=False,
            redirect=False,
            decode_content=False,
        )

    def _new_pool(self, url: str) -> BoundedPool | BoundedTlsPool:
        parts = urlsplit(url)
        host, options = parts.hostname or "", self._pool_options
        if parts.scheme == "http":
            return BoundedPool(host, parts.port, **options)
        context = create_urllib3_context()
        return BoundedTlsPool(
            host, parts.port, ca_certs=self._ca_bundle, ssl_context=context, **options
        )


def _complete_object(key: str, response: BaseHTTPResponse) -> StoredImage | None:
    """Return the object, or None if its length or checksum is wrong."""
    headers, data = response.headers, response.data
    content_type, modified = headers.get("Content-Type"), _parse(headers.get("Last-Modified", ""))
    if not content_type or modified is None or headers.get("Content-Length") != str(len(data)):
        return None
    try:
        verified = verify(key, headers, data)
    except ObjectDamaged:
        return None
    return StoredImage(data=data, content_type=content_type, modified=modified, verified=verified)


@lru_cache(maxsize=4096)
def _parse(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None
