"""A bucket, and the calls to it, which raise the SDK's errors."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from app.errors import ImageNotFound, ObjectDamaged, StorageUnavailable
from app.models import StoredImage, object_keys
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.timing import deadline
from app.services.s3.checksums import metadata_of, verify
from app.services.s3.errors import is_missing, is_refusal
from app.services.s3.written import Headers, is_proven

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from app.services.s3.session import S3Clients

_LINK_SECONDS = 3600
_READ_SECONDS = 20.0
_WRITE_SECONDS = 60.0  # of an original of 64 MB, on a slow line
_OK = 200

AddressingStyle = Literal["auto", "path", "virtual"]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket of Amazon S3 or of a compatible store.

    Attributes:
        name: the bucket's name.
        region: its region, such as `us-east-1`.
        access_key_id: an access key; without it, the SDK searches its usual sources of credentials.
        secret_access_key: the secret of that access key.
        session_token: the token of temporary credentials.
        endpoint_url: the URL of a compatible store; None for Amazon S3.
        addressing_style: whether the bucket's name is in the path or in the host name.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """

    name: str
    region: str
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    addressing_style: AddressingStyle = "auto"
    ca_bundle: str | None = None


class BucketClient:
    """Calls a bucket, with one client of the SDK per process.

    It uses only what compatible stores have in common: whole objects with their length, and lists.

    Attributes:
        read_seconds: the time that a read, a page of a list or a deletion may take as a whole.
    """

    def __init__(self, bucket: Bucket) -> None:
        self.read_seconds = _READ_SECONDS
        self._bucket = bucket
        self._head_refused = False

        def make() -> "S3Clients":
            from app.services.s3.session import make_clients

            return make_clients(bucket)

        self._clients: LazyClient[S3Clients] = LazyClient(make)

    def prepare(self) -> None:
        """Create the SDK's clients, which connect to nothing.

        Raises:
            botocore.exceptions.BotoCoreError, ValueError: the settings can't be used.
        """
        self._clients()

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """Write a whole object, and check that it is stored.

        Raises:
            ObjectDamaged: something else is stored.
        """
        with deadline(_WRITE_SECONDS):
            response = self._sdk().put_object(
                **self._object(key),
                Body=data,
                ContentType=content_type,
                CacheControl="public, max-age=31536000, immutable",
                Metadata=metadata_of(key, data),
                **self._digest(data),
            )
            head = self._head(key)
        if head is None or not is_proven(key, data, put=_headers(response), head=head):
            self._read_back(key, data)

    def get(self, key: str) -> StoredImage:
        """Read a whole object.

        Raises:
            ImageNotFound: the store reports that there is no such key.
            StorageUnavailable: the response is incomplete, or none arrived in time.
        """
        with self._deadline():
            return self._clients().reader.get(key) or self._get_with_sdk(key)

    def delete(self, key: str) -> None:
        """Delete an object. Some stores report a missing one, others don't."""
        with self._deadline():
            self._sdk().delete_object(**self._object(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys with this prefix, in order."""
        for page in self._pages(prefix):
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def url(self, key: str) -> str:
        """Return the object's URL by the SDK's own endpoint rules."""
        return f"{self._clients().base_url}/{key}"

    def link(self, key: str) -> str:
        """Return a presigned URL."""
        link: str = self._sdk().generate_presigned_url(
            "get_object", Params=self._object(key), ExpiresIn=_LINK_SECONDS
        )
        return link

    def request_bucket(self) -> Any:
        """Request the bucket; return the SDK's response.

        If the store refuses HEAD on the bucket, list one key instead: now and from then on.
        """
        from botocore.exceptions import ClientError

        with self._deadline():
            if not self._head_refused:
                try:
                    return self._sdk().head_bucket(Bucket=self._bucket.name)
                except ClientError as error:
                    if not is_refusal(error):
                        raise
            response = self._sdk().list_objects_v2(Bucket=self._bucket.name, MaxKeys=1)
        self._head_refused = True
        return response

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._clients.close()

    def _deadline(self) -> AbstractContextManager[None]:
        return deadline(self.read_seconds)

    def _sdk(self) -> "BaseClient":
        return self._clients().sdk

    def _object(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": key}

    def _head(self, key: str) -> Headers | None:
        """Return the headers of an object; None if the store refuses this.

        Raises:
            ObjectDamaged: there is no object.
        """
        from botocore.exceptions import ClientError

        try:
            return _headers(self._sdk().head_object(**self._object(key)))
        except ClientError as error:
            if is_missing(error):
                raise ObjectDamaged("S3: the object is not stored") from None
            if not is_refusal(error):
                raise
            return None

    def _read_back(self, key: str, data: bytes) -> None:
        try:
            stored = self.get(key).data
        except ImageNotFound:
            raise ObjectDamaged("S3: the object is not stored") from None
        if stored != data:
            raise ObjectDamaged("S3: the object is stored with other content")

    def _digest(self, data: bytes) -> dict[str, str]:
        """Return the checksum for compatible stores; the SDK adds Amazon's.

        Buckets with Object Lock require one, and all stores know this one.
        """
        if self._bucket.endpoint_url is None:
            return {}
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        return {"ContentMD5": base64.b64encode(digest).decode()}

    def _pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list; unlike the SDK's own, never a part of them.

        A store that knows only the first version of the call returns no token.
        """
        sdk, query = self._sdk(), {"Bucket": self._bucket.name, "Prefix": prefix}
        with self._deadline():
            page = sdk.list_objects_v2(**query)
        position = ""
        while True:
            yield page
            if not page.get("IsTruncated"):
                return
            previous, token = position, page.get("NextContinuationToken")
            position = token or page["Contents"][-1]["Key"]
            if position == previous:
                raise StorageUnavailable("S3: the list of objects does not advance")
            with self._deadline():
                if token:
                    page = sdk.list_objects_v2(**query, ContinuationToken=token)
                else:
                    page = sdk.list_objects(**query, Marker=position)

    def _get_with_sdk(self, key: str) -> StoredImage:
        response = self._sdk().get_object(**self._object(key))
        with contextlib.closing(response["Body"]) as body:
            data = body.read()
        headers = _headers(response)
        # The end of a chunked body is marked; a body without either may have been cut.
        length = len(data) if "transfer-encoding" in headers else None
        if len(data) != response.get("ContentLength", length):
            raise StorageUnavailable("S3: incomplete response")
        if response["ResponseMetadata"]["HTTPStatusCode"] != _OK:  # such as a part of the object
            raise StorageUnavailable("S3: unexpected status")
        verified = verify(key, headers, data)
        modified = response.get("LastModified") or datetime.now(UTC)
        return StoredImage(
            data=data,
            content_type=response.get("ContentType") or object_keys.content_type_of(key),
            modified=modified.replace(microsecond=0),
            verified=verified,
        )


def _headers(response: Any) -> Headers:
    headers: Headers = response["ResponseMetadata"]["HTTPHeaders"]
    return headers
