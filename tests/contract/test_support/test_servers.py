"""The official clients against the real servers of the tests."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import requests
import yaml
from botocore.exceptions import ClientError
from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError
from redis import Redis

from tests.support.network_guard import NetworkBlockedError, clean_environment
from tests.support.servers.databases import (
    MongoServer,
    RedisServer,
    S3Server,
    kill,
    new_bucket,
    s3_client,
    secantusdb,
    valkey,
)
from tests.support.servers.processes import ServerFailedError, running
from tests.support.servers.seaweedfs import ANONYMOUS_ACTION


def test_s3_keeps_objects_in_fresh_buckets(s3_server: S3Server, s3_bucket: str) -> None:
    """An object comes back byte for byte, and another bucket does not have it."""
    client = s3_client(s3_server)
    data = os.urandom(2_000_000)
    client.put_object(Bucket=s3_bucket, Key="images/a b.png", Body=data, ContentType="image/png")
    with client.get_object(Bucket=s3_bucket, Key="images/a b.png")["Body"] as body:
        assert body.read() == data
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket=new_bucket(s3_server, client), Key="images/a b.png")
    client.close()


def test_s3_has_buckets_for_many_tests(s3_server: S3Server) -> None:
    """Far more buckets can be filled than a server of eight volumes would allow."""
    client = s3_client(s3_server)
    for _ in range(30):
        client.put_object(Bucket=new_bucket(s3_server, client), Key="k", Body=b"v")
    client.close()


def test_s3_writes_a_key_only_once_if_reported_so(s3_server: S3Server, s3_bucket: str) -> None:
    """`If-None-Match: *` refuses to replace what is there."""
    client = s3_client(s3_server)
    client.put_object(Bucket=s3_bucket, Key="k", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=s3_bucket, Key="k", Body=b"second", IfNoneMatch="*")
    client.close()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "wrong"}, "InvalidAccessKeyId"),
    ],
)
def test_s3_refuses_wrong_keys(
    s3_server: S3Server, s3_bucket: str, wrong: dict[str, str], code: str
) -> None:
    """A request that is signed with a wrong key is refused, and a missing bucket stays missing."""
    client = s3_client(s3_server, **wrong)
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket=s3_bucket, Key="k", Body=b"v")
    client.close()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("images/images/a.png", 200),
        ("images/originals/a.png", 403),
        ("images/imagesx/a.png", 403),
        ("images/?list-type=2", 403),
    ],
)
def test_who_has_no_key_sees_images_and_no_originals(
    shared_images: S3Server, path: str, status: int
) -> None:
    """What compose.yaml gives to everyone, tried with the store that it starts."""
    answer = requests.get(f"{shared_images.endpoint_url}/{path}", timeout=10)
    assert answer.status_code == status


@pytest.fixture(scope="module")
def shared_images(s3_server: S3Server) -> S3Server:
    """Make a bucket named as in compose.yaml, with an object in each place."""
    compose = yaml.safe_load((Path(__file__).parents[3] / "compose.yaml").read_text())
    assert f'"actions": ["{ANONYMOUS_ACTION}"]' in compose["configs"]["s3"]["content"]
    client = s3_client(s3_server)
    new_bucket(s3_server, client, "images")
    for folder in ("images", "originals", "imagesx"):
        client.put_object(Bucket="images", Key=f"{folder}/a.png", Body=b"x")
    return s3_server


def test_s3_makes_no_bucket_by_itself(s3_server: S3Server) -> None:
    """Writing into a bucket that was never created fails."""
    client = s3_client(s3_server)
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.put_object(Bucket="never-created", Key="k", Body=b"v")
    client.close()


def test_mongo_indexes_are_unique(mongo_server: MongoServer, mongo_database: str) -> None:
    """A unique index lets the first document in and no second one like it."""
    client: MongoClient[dict[str, object]] = MongoClient(mongo_server.uri)
    with client:
        rows = client[mongo_database]["rows"]
        rows.create_index([("caller", 1), ("key", 1)], unique=True)
        rows.insert_one({"caller": "a", "key": 1})
        rows.insert_one({"caller": "b", "key": 1})
        with pytest.raises(DuplicateKeyError):
            rows.insert_one({"caller": "a", "key": 1})
        assert rows.count_documents({}) == 2


def test_mongo_survives_kill(tmp_path: Path) -> None:
    """Every acknowledged document is there after the server was killed and started again."""
    place = tmp_path / "a place with spaces"
    kept: list[ObjectId] = []
    with secantusdb(place) as server:
        client: MongoClient[dict[str, object]] = MongoClient(server.uri)
        with client:
            kept += [client["d"]["rows"].insert_one({"n": n}).inserted_id for n in range(20)]
        # Only now: closing a client of a dead server waits for it, 30 s by default.
        kill(server.process)
    with secantusdb(place, port=server.port) as again:
        client = MongoClient(again.uri)
        with client:
            assert [row["_id"] for row in client["d"]["rows"].find().sort("n", 1)] == kept


def test_redis_is_empty_for_each_test(redis_flushed: RedisServer) -> None:
    """The cache begins empty and keeps values with their time to live."""
    with Redis.from_url(redis_flushed.url) as client:
        assert client.dbsize() == 0
        client.set("k", b"v", ex=100)
        assert (client.get("k"), 0 < int(client.ttl("k")) <= 100) == (b"v", True)


def test_redis_starts_again_on_its_port(tmp_path: Path) -> None:
    """A killed cache can come back at the same address, without its data."""
    with valkey(tmp_path) as server, Redis.from_url(server.url) as client:
        client.set("k", b"v")
        kill(server.process)
        with valkey(tmp_path, port=server.port):
            assert client.get("k") is None


def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    """A server that ends at once is reported with the last that it said."""
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    with (
        pytest.raises(ServerFailedError, match=r"status 1; (.|\n)*no such luck"),
        running(command, tmp_path, lambda: False),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel for it")
def test_servers_die_with_the_tests(tmp_path: Path) -> None:
    """No server is left behind even when the tests themselves are killed."""
    script = (
        "from pathlib import Path; from tests.support.servers.databases import valkey\n"
        f"with valkey(Path({str(tmp_path)!r})) as server: print(server.port, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as tests:
        assert tests.stdout is not None
        port = int(tests.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            tests.send_signal(signal.SIGKILL)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


@pytest.mark.parametrize("address", ["http://192.0.2.1/", "http://openai.com/"])
def test_other_hosts_cannot_be_reached(address: str) -> None:
    """Neither an address nor a name of another host gets as far as the network."""
    with pytest.raises(NetworkBlockedError):
        urllib.request.urlopen(address, timeout=5)  # noqa: S310  reason: never gets there


def test_names_that_never_exist_fail_to_resolve() -> None:
    """A test can have a failing look-up without asking a name server."""
    with pytest.raises(socket.gaierror):
        socket.create_connection(("s3.example.invalid", 443), timeout=5)


def test_credentials_of_this_machine_are_not_used() -> None:
    """Keys, addresses and proxies are removed from the environment, the rest stays."""
    environment = {"OPENAI_API_KEY": "sk-real", "https_proxy": "http://proxy", "PATH": "/bin"}
    clean_environment(environment)
    assert not {"OPENAI_API_KEY", "https_proxy"} & set(environment)
    assert environment["PATH"] == "/bin"
