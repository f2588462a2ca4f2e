"""Sessions and clients of the S3 SDK."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path
from botocore.loaders import create_loader
from botocore.session import get_session
from botocore.utils import get_environ_proxies

from app.services.s3.fast_get import S3Reader

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session as BotocoreSession

_CONNECT_SECONDS = 2
_READ_SECONDS = 3
_CONNECTIONS = 64  # botocore's own limit of 10 would make the other threads wait

_log = logging.getLogger(__name__)
# The API models take most of a session's memory. They are plain data, so sessions can share them.
_api_models = create_loader()


@dataclass(frozen=True)
class S3Clients:
    """The SDK's client, and the faster reader that replaces its `get_object`."""

    sdk: "BaseClient"
    reader: S3Reader

    def close(self) -> None:
        """Close the connections of both."""
        self.sdk.close()
        self.reader.close()


def make_clients(
    *, endpoint_url: str | None, region: str, access_key_id: str | None, secret: str | None
) -> S3Clients:
    """Create both clients; they connect at first use.

    Without an access key, the SDK searches its usual sources: environment, profile, container,
    instance.
    """
    core = _new_core()
    session = _new_session(
        core,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret,
    )
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 2},
        # Presigned URLs need it too: the older version leaves out the region.
        signature_version="s3v4",
        # Compatible stores rarely have a host name for each bucket.
        s3={"addressing_style": "path" if endpoint_url else "auto"},
    )
    sdk = session.client("s3", config=config, endpoint_url=endpoint_url)
    reader = S3Reader(
        session.get_credentials(),
        connect_seconds=_CONNECT_SECONDS,
        read_seconds=_READ_SECONDS,
        connections=_CONNECTIONS,
        ca_bundle=core.get_config_variable("ca_bundle") or get_cert_path(True),
    )
    if not get_environ_proxies(sdk.meta.endpoint_url):  # only the SDK can use a proxy
        sdk.meta.events.register("before-send.s3.GetObject", reader.learn_endpoint)
    return S3Clients(sdk, reader)


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


def _new_core() -> "BotocoreSession":
    core = get_session()
    core.register_component("data_loader", _api_models)
    return core


def _new_session(core: "BotocoreSession", **arguments: Any) -> boto3.session.Session:
    return boto3.session.Session(botocore_session=core, **arguments)
