"""The fast reader's requests, without a server."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3 import HTTPResponse, HTTPSConnectionPool

from app.services.s3.fast_get import S3Reader

SCOPE = "20261122/eu-central-1/s3/aws4_request"


@pytest.fixture
def reader() -> Iterator[S3Reader]:
    """Make a reader with static credentials."""
    made = S3Reader(
        Credentials("access-key", "secret", "session-token"),
        connect_seconds=1,
        read_seconds=1,
        connections=1,
        ca_bundle=None,
        verify_checksums=True,
    )
    with closing(made):
        yield made


def sdk_request(url: str, authorization: bytes) -> Any:
    """Make the request that the SDK's event hands over."""
    return AWSRequest("GET", url, headers={"Authorization": authorization})


def test_a_bucket_with_a_host_name_of_its_own(
    reader: S3Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Host, path and region are those of the SDK's last read."""
    sent: list[tuple[str, str, dict[str, str]]] = []

    def urlopen(pool: HTTPSConnectionPool, _: str, path: str, **options: Any) -> HTTPResponse:
        sent.append((pool.host, path, options["headers"]))
        return HTTPResponse(status=503)

    monkeypatch.setattr(HTTPSConnectionPool, "urlopen", urlopen)
    host = "bucket.s3.eu-central-1.amazonaws.com"
    signed = f"AWS4-HMAC-SHA256 Credential=access-key/{SCOPE}, SignedHeaders=host".encode()
    reader.learn_endpoint(sdk_request(f"https://{host}/images/a.png", signed))
    assert reader.get("originals/b.webp") is None
    ((sent_to, path, headers),) = sent
    assert (sent_to, path) == (host, "/originals/b.webp")
    assert "/eu-central-1/s3/aws4_request" in headers["Authorization"]
    assert "host" in headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    assert headers["X-Amz-Security-Token"] == "session-token"
    assert headers["x-amz-checksum-mode"] == "ENABLED"


@pytest.mark.parametrize(
    ("url", "authorization"),
    [
        ("https://s3.test/bucket/images/a.png", b""),
        ("https://s3.test/bucket/images/a.png?partNumber=1", f"Credential=a/{SCOPE},".encode()),
        ("https://s3.test/bucket/images/a.png", b"Credential=a/20261122/s3express/x,"),
    ],
    ids=["unsigned", "query", "another algorithm"],
)
def test_requests_that_it_can_not_repeat_are_not_learned_from(
    reader: S3Reader, url: str, authorization: bytes
) -> None:
    """Without a known endpoint every read is left to the SDK."""
    reader.learn_endpoint(sdk_request(url, authorization))
    assert reader.get("images/a.png") is None


@pytest.mark.parametrize("key", ["a.png", "images/a b.png", "images/../a.png", "images/ü.png"])
def test_keys_that_need_escaping_are_left_to_the_sdk(reader: S3Reader, key: str) -> None:
    """Only keys of the service's own form are read without it."""
    signed = f"Credential=a/{SCOPE},".encode()
    reader.learn_endpoint(sdk_request("https://s3.test/bucket/images/a.png", signed))
    assert reader.get(key) is None
