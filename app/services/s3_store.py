"""The ImageStore port on Amazon S3 and compatible stores."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage
from app.services.lazy import Lazy

if TYPE_CHECKING:
    from botocore.client import BaseClient

_CONNECT_SECONDS = 2
_READ_SECONDS = 3
_CONNECTIONS = 64  # botocore's own limit of 10 would make the other threads wait


class S3Store:
    """Keeps objects in a bucket; one client per process, shared by its threads.

    Without keys, boto3 looks for credentials where it always does: profile, container, instance.
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
        self._public_base = public_base or _object_base(bucket, region, endpoint_url)
        self._client: Lazy[BaseClient] = Lazy(
            lambda: _make_client(
                region_name=region,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
                endpoint_url=endpoint_url,
            )
        )

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        with _translated():
            self._client().put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl="public, max-age=31536000, immutable",
            )

    def get(self, key: str) -> StoredImage:
        """See ImageStore. A body that is shorter than announced is an error, never an answer."""
        with _translated():
            answer = self._client().get_object(Bucket=self.bucket, Key=key)
            with closing(answer["Body"]) as body:
                data = body.read()
            if len(data) != answer["ContentLength"]:
                raise StorageUnavailable("S3: cut short")
            return StoredImage(
                data=data,
                content_type=answer["ContentType"],
                modified=answer["LastModified"].replace(microsecond=0),
            )

    def delete(self, key: str) -> None:
        """See ImageStore."""
        with _translated():
            self._client().delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        with _translated():
            pages = self._client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (found["Key"] for found in page.get("Contents", ()))

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return f"{self._public_base}/{key}"

    def ping(self) -> None:
        """See ImageStore."""
        with _translated():
            self._client().head_bucket(Bucket=self.bucket)

    def client(self) -> "BaseClient":
        """Return this process's client, for checks that ask more than the port tells."""
        return self._client()

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._client.close()


def _object_base(bucket: str, region: str, endpoint_url: str | None) -> str:
    if endpoint_url:
        return f"{endpoint_url}/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def _make_client(**arguments: Any) -> "BaseClient":
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 2},
        # A compatible store seldom has a host name per bucket.
        s3={"addressing_style": "path" if arguments["endpoint_url"] else "auto"},
    )
    return boto3.session.Session().client("s3", config=config, **arguments)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn every error of the SDK into one of ours; only an answered NoSuchKey means not found."""
    from botocore.exceptions import BotoCoreError, ClientError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == "NoSuchKey":
            raise ImageNotFound from None
        raise StorageUnavailable(f"S3 answered {code or 'an error'}") from None
    except (BotoCoreError, HTTPError, OSError) as error:
        raise StorageUnavailable(f"S3: {type(error).__name__}") from None
    except (ValueError, KeyError):  # an answer that breaks off within its headers
        raise StorageUnavailable("S3: an answer that can't be read") from None
