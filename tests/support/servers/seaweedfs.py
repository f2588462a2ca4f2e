"""SeaweedFS: a real S3 server that checks signatures."""

import contextlib
import json
import urllib.request
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.servers.free_ports import HOST, free_ports
from tests.support.servers.processes import Process, listens, program, running, started

REGION = "us-east-1"
ACCESS_KEY = "test-access-key"
READER_KEY = "test-reader-key"
ANONYMOUS_ACTION = "Read:images/images/*"
"""What compose.yaml allows without credentials: reading images, but not originals."""
VIRTUAL_HOSTS = ("cos.ap-beijing.myqcloud.com", "oss-cn-hangzhou.aliyuncs.com", "store.test")
"""Hosts whose subdomains are taken for buckets, for clients that reach the server by a proxy."""
GRPC_OFFSET = 10_000  # from the HTTP port of each of the four parts to its gRPC port


@dataclass(frozen=True)
class S3Server:
    """A running SeaweedFS and its credentials.

    With `READER_KEY` and the same secret, a client can only list and read.
    """

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str
    process: Process
    host: str
    port: int
    master_url: str


@contextlib.contextmanager
def seaweedfs(directory: Path) -> Iterator[S3Server]:
    """Run SeaweedFS; yield it once it stores and returns an object."""
    with contextlib.ExitStack() as stack:
        yield started(stack, lambda: _seaweedfs(directory))


def s3_client(server: S3Server, **overrides: Any) -> Any:
    """Make a boto3 client for the server, which does not retry unless overridden."""
    return client_of(server.endpoint_url, server.secret_key, overrides)


def new_bucket(server: S3Server, client: Any, name: str = "") -> str:
    """Create an empty bucket within milliseconds, and return its name."""
    name = name or f"test-{uuid.uuid4().hex}"
    client.create_bucket(Bucket=name)
    _grow(server.master_url, name)
    return name


@contextlib.contextmanager
def _seaweedfs(directory: Path) -> Iterator[S3Server]:
    ports = master, volume, filer, s3 = free_ports(4, offset=GRPC_OFFSET)
    data, keys = directory / "data", directory / "s3.config"
    data.mkdir(parents=True, exist_ok=True)
    secret = uuid.uuid4().hex
    keys.write_text(_identities(secret))
    command: list[str | Path] = [
        *(program("weed"), "server", f"-dir={data}", f"-ip={HOST}", f"-ip.bind={HOST}"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=256", "-volume.max=1000"),
        # A single master without an election: saves one to five seconds.
        "-master.peers=none",
        *("-filer", "-s3", f"-s3.config={keys}", "-s3.autoCreateBucket=false"),
        f"-s3.domainName={','.join(VIRTUAL_HOSTS)}",
        *("-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.port={s3}"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"),
    ]
    # Each bucket has its own volumes, by default seven: more than a test bucket needs.
    env = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    endpoint, master_url = f"http://{HOST}:{s3}", f"http://{HOST}:{master}"
    client = client_of(endpoint, secret, {})

    def serves() -> bool:
        return listens(s3) and _stores(client, master_url)

    with (
        contextlib.closing(client),
        _sockets_removed(ports),
        running(command, directory, serves, env) as process,
    ):
        yield S3Server(endpoint, ACCESS_KEY, secret, REGION, process, HOST, s3, master_url)


@contextlib.contextmanager
def _sockets_removed(ports: Iterable[int]) -> Iterator[None]:
    """Remove the sockets of a killed SeaweedFS, whose place can't be configured."""
    yield
    for port in ports:
        for number in (port, port + GRPC_OFFSET):
            for left in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108  reason: SeaweedFS chose it
                left.unlink(missing_ok=True)


def _identities(secret: str) -> str:
    allowed = {ACCESS_KEY: "Admin Read Write List Tagging", READER_KEY: "Read List"}
    identities: list[dict[str, Any]] = [
        {
            "name": key,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": actions.split(),
        }
        for key, actions in allowed.items()
    ]
    identities.append({"name": "anonymous", "actions": [ANONYMOUS_ACTION]})
    return json.dumps({"identities": identities})


def client_of(endpoint: str, secret: str, overrides: dict[str, Any]) -> Any:
    """Make a boto3 client for the server at this address, with these settings changed."""
    import boto3
    from botocore.config import Config

    settings: dict[str, Any] = {
        "endpoint_url": endpoint,
        "aws_access_key_id": ACCESS_KEY,
        "aws_secret_access_key": secret,
        "region_name": REGION,
        "config": Config(
            retries={"total_max_attempts": 1},
            connect_timeout=60,
            read_timeout=60,
            s3={"addressing_style": "path"},
        ),
    }
    return boto3.client("s3", **(settings | overrides))


def _stores(client: Any, master_url: str) -> bool:
    probe = {"Bucket": "readiness", "Key": "probe"}
    _grow(master_url, probe["Bucket"])
    with contextlib.suppress(client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket=probe["Bucket"])
    client.put_object(**probe, Body=b"stored")
    with client.get_object(**probe)["Body"] as body:
        return bool(body.read() == b"stored")


def _grow(master_url: str, bucket: str) -> None:
    # Otherwise a bucket's first object waits 0.2 s until the master has created a volume.
    url = f"{master_url}/vol/grow?collection={bucket}&count=1"
    with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310  reason: our own server
        response.read()
