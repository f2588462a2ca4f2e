"""Services to call: `service` runs every test on embedded and on real parts."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI
from tests.support.http.authenticated_service import Locked, locked
from tests.support.servers.databases import (
    MongoServer,
    RedisServer,
    S3Server,
    new_bucket,
    s3_client,
)
from tests.support.service import Parts, Service, real_parts, serving, settings_for


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Service]:
    """Serve with nothing set but the folder for data."""
    with serving(settings_for(data_dir=tmp_path)) as service:
        yield service


@pytest.fixture
def real(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on S3, MongoDB, Redis and the fake of OpenAI; no secret may get into the log."""
    with serving(settings_for(data_dir=tmp_path, **parts.settings)) as service:
        yield service
        log = service.log.getvalue()
    assert " INFO " in log
    for secret in (SECRET_MARKER, parts.fake.api_key, parts.settings["aws_secret_access_key"]):
        assert secret not in log


@pytest.fixture(params=["embedded", "real"])
def service(request: pytest.FixtureRequest) -> Service:
    """Serve on embedded parts, then on real ones."""
    found: Service = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def standing_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve as `embedded` does, for all tests of a module that leave it as it is."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("embedded"))) as service:
        yield service


@pytest.fixture(scope="module")
def standing_real(
    s3_server: S3Server,
    mongo_server: MongoServer,
    redis_server: RedisServer,
    fake_openai_server: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """Serve as `real` does, for all tests of a module that leave it as it is."""
    fake_openai_server.reset()
    with contextlib.closing(s3_client(s3_server)) as client:
        bucket = new_bucket(s3_server, client)
    database = f"test_{uuid.uuid4().hex}"
    servers = (s3_server, bucket, mongo_server, database, redis_server, fake_openai_server)
    with (
        real_parts(*servers) as parts,
        serving(
            settings_for(data_dir=tmp_path_factory.mktemp("real"), **parts.settings)
        ) as service,
    ):
        yield service


@pytest.fixture(scope="module", params=["standing_embedded", "standing_real"])
def standing(request: pytest.FixtureRequest) -> Service:
    """Serve on embedded parts, then on real ones, for all tests of a module."""
    found: Service = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def embedded_locked(tmp_path: Path) -> Iterator[Locked]:
    """Serve on embedded parts, and ask for keys."""
    with locked(data_dir=tmp_path) as door:
        yield door


@pytest.fixture
def real_locked(parts: Parts, tmp_path: Path) -> Iterator[Locked]:
    """Serve on real parts, and ask for keys."""
    with locked(data_dir=tmp_path, **parts.settings) as door:
        yield door


@pytest.fixture(params=["embedded_locked", "real_locked"])
def door(request: pytest.FixtureRequest) -> Locked:
    """Ask for keys on embedded parts, then on real ones."""
    found: Locked = request.getfixturevalue(request.param)
    return found
