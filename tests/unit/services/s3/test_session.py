"""Clients of the S3 SDK: what they share, and what they don't."""

import logging
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest

from app.services.s3 import session
from app.services.s3.client import Bucket
from app.services.s3.session import S3Clients, make_clients

pytestmark = pytest.mark.usefixtures("nothing_set")


def clients(access_key_id: str) -> S3Clients:
    """Make clients with this access key."""
    bucket = Bucket(
        name="b", region="eu-west-3", access_key_id=access_key_id, secret_access_key="secret"
    )
    return make_clients(bucket)


def credential(made: S3Clients) -> str:
    """Return access key and region that the client signs with."""
    url = made.sdk.generate_presigned_url("list_buckets")
    (scope,) = parse_qs(urlsplit(url).query)["X-Amz-Credential"]
    key, _, region, *_ = scope.split("/")
    return f"{key} {region}"


def test_clients_share_only_the_api_models() -> None:
    """Each client has its own credentials and region, and loads no API model twice."""
    session.load()
    with closing(clients("mine")) as mine, closing(clients("theirs")) as theirs:
        assert [credential(mine), credential(theirs)] == ["mine eu-west-3", "theirs eu-west-3"]
        assert mine.sdk.meta.service_model.metadata is theirs.sdk.meta.service_model.metadata


def test_a_broken_profile_does_not_prevent_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Preloading only logs it; the first use of the storage reports it."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    caplog.set_level(logging.WARNING, logger="app")  # regardless of what an earlier test has set
    logging.getLogger("app").addHandler(caplog.handler)
    session.load()
    logging.getLogger("app").removeHandler(caplog.handler)
    assert "ProfileNotFound" in caplog.text
