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


def test_s3_stores_objects_in_new_buckets(s3_server: S3Server, s3_bucket: str) -> None:
    """An object is returned byte for byte, and another bucket does not have it."""
    client = s3_client(s3_server)
    data = os.urandom(2_000_000)
    client.put_object(Bucket=s3_bucket, Key="images/a b.png", Body=data, ContentType="image/png")
    with client.get_object(Bucket=s3_bucket, Key="images/a b.png")["Body"] as body:
        assert body.read() == data
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket=new_bucket(s3_server, client), Key="images/a b.png")
    client.close()


def test_s3_has_buckets_for_many_tests(s3_server: S3Server) -> None:
    """More buckets can be filled than with SeaweedFS's default of eight volumes."""
    client = s3_client(s3_server)
    for _ in range(30):
        client.put_object(Bucket=new_bucket(s3_server, client), Key="k", Body=b"v")
    client.close()


def test_s3_supports_if_none_match(s3_server: S3Server, s3_bucket: str) -> None:
    """With `If-None-Match: *`, an existing object is not replaced."""
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
    """A request signed with a wrong key is refused with 403."""
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
def test_anonymous_requests_read_images_but_no_originals(
    shared_images: S3Server, path: str, status: int
) -> None:
    """The anonymous permissions of compose.yaml hold in the store that it starts."""
    response = requests.get(f"{shared_images.endpoint_url}/{path}", timeout=60)
    assert response.status_code == status


@pytest.fixture(scope="module")
def shared_images(s3_server: S3Server) -> S3Server:
    """Create the bucket of compose.yaml, with an object in each folder."""
    compose = yaml.safe_load((Path(__file__).parents[3] / "compose.yaml").read_text())
    assert f'"actions": ["{ANONYMOUS_ACTION}"]' in compose["configs"]["s3"]["content"]
    client = s3_client(s3_server)
    new_bucket(s3_server, client, "images")
    for folder in ("images", "originals", "imagesx"):
        client.put_object(Bucket="images", Key=f"{folder}/a.png", Body=b"x")
    return s3_server


def test_s3_creates_no_bucket_by_itself(s3_server: S3Server) -> None:
    """Writing into a bucket that was never created fails."""
    client = s3_client(s3_server)
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.put_object(Bucket="never-created", Key="k", Body=b"v")
    client.close()


def test_mongo_indexes_are_unique(mongo_server: MongoServer, mongo_database: str) -> None:
    """A unique index accepts a document and no second one with the same values."""
    client: MongoClient[dict[str, object]] = MongoClient(mongo_server.uri)
    with client:
        documents = client[mongo_database]["documents"]
        documents.create_index([("caller", 1), ("key", 1)], unique=True)
        documents.insert_one({"caller": "a", "key": 1})
        documents.insert_one({"caller": "b", "key": 1})
        with pytest.raises(DuplicateKeyError):
            documents.insert_one({"caller": "a", "key": 1})
        assert documents.count_documents({}) == 2


def test_mongo_survives_kill(tmp_path: Path) -> None:
    """Every acknowledged document is there after the server was killed and restarted."""
    folder = tmp_path / "a folder with spaces"
    inserted: list[ObjectId] = []
    with secantusdb(folder) as server:
        client: MongoClient[dict[str, object]] = MongoClient(server.uri)
        with client:
            documents = client["d"]["documents"]
            inserted += [documents.insert_one({"n": n}).inserted_id for n in range(20)]
        # Close the client first: it would wait 30 s for a dead server.
        kill(server.process)
    with secantusdb(folder, port=server.port) as restarted:
        client = MongoClient(restarted.uri)
        with client:
            found = client["d"]["documents"].find().sort("n", 1)
            assert [document["_id"] for document in found] == inserted


def test_redis_is_empty_for_each_test(redis_flushed: RedisServer) -> None:
    """The server starts empty, and values have a time to live."""
    with Redis.from_url(redis_flushed.url) as client:
        assert client.dbsize() == 0
        client.set("k", b"v", ex=100)
        assert (client.get("k"), 0 < int(client.ttl("k")) <= 100) == (b"v", True)


def test_redis_restarts_on_its_port(tmp_path: Path) -> None:
    """A killed server can be restarted on the same port, without its data."""
    with valkey(tmp_path) as server, Redis.from_url(server.url) as client:
        client.set("k", b"v")
        kill(server.process)
        with valkey(tmp_path, port=server.port):
            assert client.get("k") is None


def test_a_failed_start_shows_the_log(tmp_path: Path) -> None:
    """If a server exits immediately, the error contains the end of its log."""
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    with (
        pytest.raises(ServerFailedError, match=r"status 1; (.|\n)*no such luck"),
        running(command, tmp_path, lambda: False),
    ):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only the Linux kernel supports it")
def test_servers_die_with_the_tests(tmp_path: Path) -> None:
    """If the tests are killed, their servers are killed too."""
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
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            tests.send_signal(signal.SIGKILL)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


@pytest.mark.parametrize("address", ["http://192.0.2.1/", "http://openai.com/"])
def test_other_hosts_cannot_be_reached(address: str) -> None:
    """Connecting to another host's address or name raises before anything is sent."""
    with pytest.raises(NetworkBlockedError):
        urllib.request.urlopen(address, timeout=5)  # noqa: S310  reason: never sent


def test_invalid_names_fail_to_resolve() -> None:
    """A name below .invalid fails to resolve without a request to a name server."""
    with pytest.raises(socket.gaierror):
        socket.create_connection(("s3.example.invalid", 443), timeout=5)


def test_credentials_of_the_environment_are_not_used() -> None:
    """Keys, settings and proxies are removed from the environment; the rest stays."""
    environment = {"OPENAI_API_KEY": "sk-real", "https_proxy": "http://proxy", "PATH": "/bin"}
    clean_environment(environment)
    assert not {"OPENAI_API_KEY", "https_proxy"} & set(environment)
    assert environment["PATH"] == "/bin"
