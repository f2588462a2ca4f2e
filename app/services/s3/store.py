"""The ImageStore port on Amazon S3 and compatible stores."""

import contextlib
from collections.abc import Iterator

from app.errors import ImageNotFound
from app.models import StoredImage
from app.services.runtime.timing import FailOpenSemaphore
from app.services.s3.client import Bucket, BucketClient
from app.services.s3.errors import translate_errors

# With more uploads in parallel, all of them get slower, until each takes longer than its timeout.
_MAX_CONCURRENT_UPLOADS = 4
_MAX_WAIT_SECONDS = 10


class S3Store:
    """Keeps objects in a bucket.

    Args:
        bucket: the bucket and its credentials.
        public_base: the URL at which anyone can read the objects; None if they are not public.

    Attributes:
        client: the bucket's client, for checks beyond the port.
    """

    def __init__(self, bucket: Bucket, *, public_base: str | None = None) -> None:
        self.client = BucketClient(bucket)
        self._public_base = public_base
        self._uploads = FailOpenSemaphore(
            max_concurrent=_MAX_CONCURRENT_UPLOADS, timeout_seconds=_MAX_WAIT_SECONDS
        )

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        with self._uploads.slot(), translate_errors():
            self.client.put(key, data, content_type=content_type)

    def get(self, key: str) -> StoredImage:
        """See ImageStore. An incomplete body raises StorageUnavailable."""
        with translate_errors():
            return self.client.get(key)

    def delete(self, key: str) -> None:
        """See ImageStore."""
        with contextlib.suppress(ImageNotFound), translate_errors():
            self.client.delete(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        with translate_errors():
            yield from self.client.keys(prefix)

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        if self._public_base is not None:
            return f"{self._public_base}/{key}"
        with translate_errors():
            return self.client.url(key)

    def link(self, key: str) -> str:
        """See ImageStore. Presigned, unless the objects are public."""
        if self._public_base is not None:
            return f"{self._public_base}/{key}"
        with translate_errors():
            return self.client.link(key)

    def ping(self) -> None:
        """See ImageStore."""
        with translate_errors():
            self.client.request_bucket()

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self.client.close()
