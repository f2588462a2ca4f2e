"""The ImageStore port on Amazon S3 and compatible stores."""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from app.errors import StorageUnavailable
from app.models import StoredImage
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.timing import FailOpenSemaphore
from app.services.s3.errors import translate_errors

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from app.services.s3.session import S3Clients

_LINK_SECONDS = 3600
# With more uploads in parallel, all of them get slower, until each takes longer than its timeout.
_MAX_CONCURRENT_UPLOADS = 4
_MAX_WAIT_SECONDS = 10


class S3Store:
    """Keeps objects in a bucket, with one client per process.

    Args:
        bucket: the bucket's name.
        region: the bucket's region, such as `us-east-1`.
        access_key_id: an access key; without it, the SDK searches its usual sources of credentials.
        secret_access_key: the secret of that access key.
        endpoint_url: the URL of a compatible store; None for Amazon S3.
        public_base: the URL at which anyone can read the objects; None if they are not public.
    """

    def __init__(
        self,
        *,
        bucket: str,
        region: str,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        endpoint_url: str | None = None,
        public_base: str | None = None,
    ) -> None:
        self.bucket = bucket
        self._is_public = public_base is not None
        self._uploads = FailOpenSemaphore(
            max_concurrent=_MAX_CONCURRENT_UPLOADS, timeout_seconds=_MAX_WAIT_SECONDS
        )
        self._base_url = public_base or _bucket_url(bucket, region, endpoint_url)

        def make() -> "S3Clients":
            from app.services.s3.session import make_clients

            return make_clients(
                endpoint_url=endpoint_url,
                region=region,
                access_key_id=access_key_id,
                secret=secret_access_key,
            )

        self._clients: LazyClient[S3Clients] = LazyClient(make)

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        with self._uploads.slot(), translate_errors():
            self.client().put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl="public, max-age=31536000, immutable",
            )

    def get(self, key: str) -> StoredImage:
        """See ImageStore. An incomplete body raises StorageUnavailable."""
        with translate_errors():
            return self._clients().reader.get(key) or self._get_with_sdk(key)

    def delete(self, key: str) -> None:
        """See ImageStore."""
        with translate_errors():
            self.client().delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        with translate_errors():
            pages = self.client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (entry["Key"] for entry in page.get("Contents", ()))

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return f"{self._base_url}/{key}"

    def link(self, key: str) -> str:
        """See ImageStore. Presigned, unless the objects are public."""
        if self._is_public:
            return f"{self._base_url}/{key}"
        with translate_errors():
            link: str = self.client().generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket, "Key": key},
                ExpiresIn=_LINK_SECONDS,
            )
            return link

    def ping(self) -> None:
        """See ImageStore."""
        with translate_errors():
            self.client().head_bucket(Bucket=self.bucket)

    def client(self) -> "BaseClient":
        """Return this process's SDK client, for checks beyond the port."""
        return self._clients().sdk

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._clients.close()

    def _get_with_sdk(self, key: str) -> StoredImage:
        response = self.client().get_object(Bucket=self.bucket, Key=key)
        with closing(response["Body"]) as body:
            data = body.read()
        if len(data) != response["ContentLength"]:
            raise StorageUnavailable("S3: incomplete response")
        return StoredImage(
            data=data,
            content_type=response["ContentType"],
            modified=response["LastModified"].replace(microsecond=0),
        )


def _bucket_url(bucket: str, region: str, endpoint_url: str | None) -> str:
    if endpoint_url:
        return f"{endpoint_url}/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"
