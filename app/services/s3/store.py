"""The ImageStore port on Amazon S3 and compatible stores."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.errors import ImageNotFound, StorageUnavailable
from app.models import StoredImage
from app.services.runtime.lazy_client import LazyClient
from app.services.runtime.throttle import FailOpenSemaphore

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from app.services.s3.fast_get import S3Reader

_CONNECT_SECONDS = 2
_READ_SECONDS = 3
_LINK_SECONDS = 3600
_CONNECTIONS = 64  # botocore's own limit of 10 would make the other threads wait
# A hundred uploads side by side all end late, beyond the time that each of them has.
_MAX_CONCURRENT_UPLOADS = 4
_MAX_TURN_SECONDS = 10


@dataclass(frozen=True)
class _Clients:
    """The SDK's client for everything, and what reads faster."""

    sdk: "BaseClient"
    reader: "S3Reader"

    def close(self) -> None:
        """Let go of all connections."""
        self.sdk.close()
        self.reader.close()


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
        self._everyone_reads = public_base is not None
        self._uploads = FailOpenSemaphore(
            at_once=_MAX_CONCURRENT_UPLOADS, patience_seconds=_MAX_TURN_SECONDS
        )
        self._public_base = public_base or _object_base(bucket, region, endpoint_url)
        self._clients: LazyClient[_Clients] = LazyClient(
            lambda: _make_clients(
                endpoint_url=endpoint_url,
                region_name=region,
                aws_access_key_id=access_key_id,
                aws_secret_access_key=secret_access_key,
            )
        )

    def put(self, key: str, data: bytes, *, content_type: str) -> None:
        """See ImageStore."""
        with self._uploads.turn(), _translated():
            self.client().put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl="public, max-age=31536000, immutable",
            )

    def get(self, key: str) -> StoredImage:
        """See ImageStore. A body that is shorter than announced is an error, never an answer."""
        with _translated():
            return self._clients().reader.get(key) or self._get_with_sdk(key)

    def delete(self, key: str) -> None:
        """See ImageStore."""
        with _translated():
            self.client().delete_object(Bucket=self.bucket, Key=key)

    def keys(self, prefix: str) -> Iterator[str]:
        """See ImageStore."""
        with _translated():
            pages = self.client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (found["Key"] for found in page.get("Contents", ()))

    def public_url(self, key: str) -> str | None:
        """See ImageStore."""
        return f"{self._public_base}/{key}"

    def link(self, key: str) -> str:
        """See ImageStore. Presigned, unless everyone can read the objects anyway."""
        if self._everyone_reads:
            return f"{self._public_base}/{key}"
        with _translated():
            link: str = self.client().generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket, "Key": key},
                ExpiresIn=_LINK_SECONDS,
            )
            return link

    def ping(self) -> None:
        """See ImageStore."""
        with _translated():
            self.client().head_bucket(Bucket=self.bucket)

    def _get_with_sdk(self, key: str) -> StoredImage:
        answer = self.client().get_object(Bucket=self.bucket, Key=key)
        with closing(answer["Body"]) as body:
            data = body.read()
        if len(data) != answer["ContentLength"]:
            raise StorageUnavailable("S3: cut short")
        return StoredImage(
            data=data,
            content_type=answer["ContentType"],
            modified=answer["LastModified"].replace(microsecond=0),
        )

    def client(self) -> "BaseClient":
        """Return this process's client, for checks that ask more than the port tells."""
        return self._clients().sdk

    def close(self) -> None:
        """Let go of all connections; the next use opens new ones."""
        self._clients.close()


def _object_base(bucket: str, region: str, endpoint_url: str | None) -> str:
    if endpoint_url:
        return f"{endpoint_url}/{bucket}"
    return f"https://{bucket}.s3.{region}.amazonaws.com"


def _make_clients(*, endpoint_url: str | None, **arguments: Any) -> _Clients:
    from botocore.config import Config
    from botocore.httpsession import get_cert_path

    from app.services.s3.fast_get import S3Reader
    from app.services.s3.session import new_session

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Also for presigned addresses, which otherwise leave out the region.
        signature_version="s3v4",
        # A compatible store seldom has a host name per bucket.
        s3={"addressing_style": "path" if endpoint_url else "auto"},
    )
    session = new_session(**arguments)
    sdk = session.client("s3", config=config, endpoint_url=endpoint_url)
    bundle = session._session.get_config_variable("ca_bundle")  # boto3 has no public way to it
    reader = S3Reader(
        session.get_credentials(),
        connect_seconds=_CONNECT_SECONDS,
        read_seconds=_READ_SECONDS,
        connections=_CONNECTIONS,
        ca_bundle=bundle or get_cert_path(True),
    )
    if not _goes_through_a_proxy(sdk.meta.endpoint_url):
        sdk.meta.events.register("before-send.s3.GetObject", reader.learn)
    return _Clients(sdk, reader)


def _goes_through_a_proxy(address: str) -> bool:
    """Tell whether the environment sets a proxy for this address; the SDK knows how to use it."""
    from botocore.utils import get_environ_proxies

    return bool(get_environ_proxies(address))


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
