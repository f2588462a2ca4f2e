"""Reads objects of S3 at a fraction of what the SDK's `get_object` costs.

They are signed with the SDK's credentials and sent to where its last read went. Anything but a
sound object or a plain "no such key" is left to the SDK, which retries, follows a bucket to its
region and knows all errors.
"""

import base64
import hashlib
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as Late
from urllib3.response import BaseHTTPResponse

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage
from app.services.s3.signature import signed_headers

_KEY = re.compile(r"[\w-]+/[\w.-]+", re.ASCII)  # needs no escaping, and has one slash
_SIGNED_FOR = re.compile(rb"Credential=[^,]+/\d{8}/([^/,]+)/s3/aws4_request,")
_NO_SUCH_KEY = b"<Code>NoSuchKey</Code>"
_ATTEMPTS = 2  # as many as the SDK makes, for an S3 that does not answer in time

_CHECKSUMS: Mapping[str, Callable[[bytes], bytes]] = {
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
}


@dataclass(frozen=True)
class _Place:
    """Where the objects are: the address up to a key, its parts, and the region to sign for."""

    address: str
    host: str
    path: str
    region: str
    pool: HTTPConnectionPool


class S3Reader:
    """Reads through connections of its own; made once per process, shared by its threads.

    Args:
        credentials: botocore's, which renew themselves if they have to; None if there are none.
        connect_seconds: how long to wait for a connection.
        read_seconds: how long to wait for each part of an answer.
        connections: how many are kept open.
        ca_bundle: path of the certificates to trust, for https.
    """

    def __init__(
        self,
        credentials: Any,
        *,
        connect_seconds: float,
        read_seconds: float,
        connections: int,
        ca_bundle: str | None,
    ) -> None:
        self._credentials = credentials
        self._pool_options: dict[str, Any] = {
            "timeout": Timeout(connect=connect_seconds, read=read_seconds),
            "maxsize": connections,
        }
        self._ca_bundle = ca_bundle
        self._place: _Place | None = None

    def learn(self, request: Any, **_: Any) -> None:
        """Note where the SDK sends a read: its event `before-send.s3.GetObject`."""
        address = request.url.rsplit("/", 2)[0] + "/"
        region = _SIGNED_FOR.search(request.headers.get("Authorization", b""))
        if region is None or "?" in request.url:
            return
        old, name = self._place, region[1].decode()
        if old is not None and (old.address, old.region) == (address, name):
            return
        self._place = _Place(
            address=address,
            host=_host(address),
            path=urlsplit(address).path,
            region=name,
            pool=self._new_pool(address),
        )
        if old is not None:
            old.pool.close()

    def get(self, key: str) -> StoredImage | None:
        """Return the object, or None if the SDK has to be asked.

        Raises:
            ImageNotFound: S3 answered that there is no such key.
            StorageUnavailable: S3 did not answer in time, twice.
        """
        place = self._place
        if place is None or self._credentials is None or not _KEY.fullmatch(key):
            return None
        for _ in range(_ATTEMPTS):
            try:
                answer = self._ask(place, key)
            except Late:
                continue
            except (HTTPError, OSError, ValueError):
                return None
            if answer.status == 404 and _NO_SUCH_KEY in answer.data:
                raise ImageNotFound(key)
            return _sound(answer) if answer.status == 200 else None
        raise StorageUnavailable("S3: no answer in time")

    def close(self) -> None:
        """Let go of all connections."""
        if self._place is not None:
            self._place.pool.close()

    def _ask(self, place: _Place, key: str) -> BaseHTTPResponse:
        path = place.path + key
        headers = signed_headers(
            self._credentials.get_frozen_credentials(),
            host=place.host,
            path=path,
            region=place.region,
            now=time.time(),
        )
        return place.pool.urlopen(
            "GET", path, headers=headers, retries=False, redirect=False, decode_content=False
        )

    def _new_pool(self, address: str) -> HTTPConnectionPool:
        parts = urlsplit(address)
        if parts.scheme == "http":
            return HTTPConnectionPool(parts.hostname or "", parts.port, **self._pool_options)
        return HTTPSConnectionPool(
            parts.hostname or "", parts.port, ca_certs=self._ca_bundle, **self._pool_options
        )


def _host(address: str) -> str:
    """Return the value of the header Host: with the port only where it isn't the usual one."""
    parts = urlsplit(address)
    usual = ":443" if parts.scheme == "https" else ":80"
    return parts.netloc.removesuffix(usual)


def _sound(answer: BaseHTTPResponse) -> StoredImage | None:
    """Return the object if all of it came, as far as the answer lets us check."""
    headers, data = answer.headers, answer.data
    kind, modified = headers.get("Content-Type"), _time(headers.get("Last-Modified", ""))
    if not kind or modified is None or headers.get("Content-Length") != str(len(data)):
        return None
    for name, compute in _CHECKSUMS.items():
        reported = headers.get(name)
        # With a dash it is one of the parts of an upload, and not of the whole.
        if (
            reported
            and "-" not in reported
            and reported != base64.b64encode(compute(data)).decode()
        ):
            return None
    return StoredImage(data=data, content_type=kind, modified=modified)


@lru_cache(maxsize=4096)
def _time(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
