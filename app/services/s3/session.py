"""Sessions and clients of the S3 SDK."""

import copy
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.handlers import disable_signing, set_list_objects_encoding_type_url
from botocore.hooks import HierarchicalEmitter
from botocore.httpsession import get_cert_path
from botocore.loaders import create_loader
from botocore.session import Session as BotocoreSession
from botocore.utils import get_environ_proxies

from app.services.s3.bounded_connections import bound_sdk
from app.services.s3.client import Bucket
from app.services.s3.fast_get import S3Reader

if TYPE_CHECKING:
    from botocore.client import BaseClient

_CONNECT_SECONDS = 2
_READ_SECONDS = 3
_CONNECTIONS = 64  # botocore's own limit of 10 would make the other threads wait

# These stores refuse the bucket in the path: Alibaba OSS with SecondLevelDomainForbidden, Tencent
# COS with PathStyleDomainForbidden, Volcengine TOS with InvalidPathAccess.
_VIRTUAL_HOSTS_ONLY = (".aliyuncs.com", ".myqcloud.com", ".tencentcos.cn", ".volces.com")

_log = logging.getLogger(__name__)
# The API models take most of a session's memory. They are plain data, so sessions can share them.
_api_models = create_loader()
# Half of the time to create a session is spent on its hundred event handlers, which are the same
# in all; each session gets a copy.
_event_handlers = HierarchicalEmitter()
BotocoreSession(event_hooks=_event_handlers)


@dataclass(frozen=True)
class S3Clients:
    """The SDK's client, and the faster reader that replaces its `get_object`.

    `base_url` is the URL before the objects' keys.
    """

    sdk: "BaseClient"
    reader: S3Reader
    base_url: str

    def close(self) -> None:
        """Close the connections of both."""
        self.sdk.close()
        self.reader.close()


def make_clients(bucket: Bucket) -> S3Clients:
    """Create the clients of a bucket; they connect at first use.

    Without an access key, the SDK searches its usual sources: environment, profile, container,
    instance.
    """
    core = _new_core()
    session = _new_session(
        core,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        aws_session_token=bucket.session_token,
    )
    config = _config(bucket)
    options = {"endpoint_url": bucket.endpoint_url, "verify": bucket.ca_bundle}
    sdk = session.client("s3", config=config, **options)
    bound_sdk(sdk)
    # Keys have no characters to escape, and some stores don't know the parameter.
    for call in ("ListObjects", "ListObjectsV2"):
        event = f"before-parameter-build.s3.{call}"
        sdk.meta.events.unregister(event, set_list_objects_encoding_type_url)
    ca_bundle = bucket.ca_bundle or core.get_config_variable("ca_bundle") or get_cert_path(True)
    reader = S3Reader(
        session.get_credentials(),
        connect_seconds=_CONNECT_SECONDS,
        read_seconds=_READ_SECONDS,
        connections=_CONNECTIONS,
        ca_bundle=ca_bundle,
        verify_checksums=bucket.endpoint_url is None,
    )
    if not get_environ_proxies(sdk.meta.endpoint_url):  # only the SDK can use a proxy
        sdk.meta.events.register("before-send.s3.GetObject", reader.learn_endpoint)
    return S3Clients(sdk, reader, _base_url(sdk, bucket.name))


def load() -> None:
    """Load the API models of a client, for processes forked from this one.

    The client created for this is discarded: it has placeholder keys and connects to nothing.
    """
    placeholders = {"aws_access_key_id": "-", "aws_secret_access_key": "-"}
    try:
        session = _new_session(_new_core(), region_name="us-east-1", **placeholders)
        session.client("s3").close()
    except (BotoCoreError, ValueError) as error:  # a broken profile; the first use reports it
        _log.warning("the S3 SDK can't be preloaded: %s", type(error).__name__)


def _config(bucket: Bucket) -> Config:
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Presigned URLs need it too: the older version leaves out the region.
        signature_version="s3v4",
        s3={
            "addressing_style": _addressing_style(bucket),
            "us_east_1_regional_endpoint": "regional",
        },
    )
    if bucket.endpoint_url is None:
        return config
    # Most compatible stores refuse the checksums that the SDK adds: as headers, as a trailer of a
    # chunked body, or as a parameter of reads. Instead the signature covers the body.
    return config.merge(
        Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3=config.s3 | {"payload_signing_enabled": True},
        )
    )


def _addressing_style(bucket: Bucket) -> str:
    if bucket.addressing_style != "auto":
        return bucket.addressing_style
    if bucket.endpoint_url is None:
        return "virtual"  # with `auto`, the SDK's links have the host name of all regions
    host = urlsplit(bucket.endpoint_url).hostname or ""
    # Other compatible stores rarely have a host name for each bucket.
    return "virtual" if host.endswith(_VIRTUAL_HOSTS_ONLY) else "path"


def _base_url(sdk: "BaseClient", bucket: str) -> str:
    """Return the URL before objects' keys, as the SDK's own endpoint rules make it.

    No credentials are needed, which may have to be requested from the instance.
    """
    params, event = {"Bucket": bucket, "Key": "x"}, "choose-signer.s3.GetObject"
    sdk.meta.events.register_first(event, disable_signing)
    try:
        url: str = sdk.generate_presigned_url("get_object", Params=params)
    finally:
        sdk.meta.events.unregister(event, disable_signing)
    return url.partition("?")[0].removesuffix("/x")


def _new_core() -> BotocoreSession:
    core = BotocoreSession(event_hooks=copy.copy(_event_handlers), include_builtin_handlers=False)
    core.register_component("data_loader", _api_models)
    return core


def _new_session(core: BotocoreSession, **arguments: Any) -> boto3.session.Session:
    return boto3.session.Session(botocore_session=core, **arguments)
