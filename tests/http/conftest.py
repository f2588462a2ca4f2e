"""Fixtures for services; with `service`, a test runs on embedded and on real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_openai import SECRET_MARKER, FakeOpenAI
from tests.support.http.authenticated_service import AuthenticatedService, serving_with_keys
from tests.support.servers.databases import MongoServer, RedisServer, S3Server
from tests.support.service import Parts, Service, serving, settings_for, unused_parts


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Service]:
    """Serve on embedded parts, with only the data folder set."""
    with serving(settings_for(data_dir=tmp_path)) as service:
        yield service


@pytest.fixture
def real(parts: Parts, tmp_path: Path) -> Iterator[Service]:
    """Serve on S3, MongoDB, Redis and fake OpenAI; afterwards no secret may be in the log."""
    with serving(settings_for(data_dir=tmp_path, **parts.settings)) as service:
        yield service
        log = service.log.getvalue()
    assert " INFO " in log
    for secret in (SECRET_MARKER, parts.fake.api_key, parts.settings["aws_secret_access_key"]):
        assert secret not in log


@pytest.fixture(params=["embedded", "real"])
def service(request: pytest.FixtureRequest) -> Service:
    """Serve on embedded and on real parts."""
    result: Service = request.getfixturevalue(request.param)
    return result


@pytest.fixture(scope="module")
def shared_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve like `embedded`, shared by the tests of a module, which must not change it."""
    with serving(settings_for(data_dir=tmp_path_factory.mktemp("embedded"))) as service:
        yield service


@pytest.fixture(scope="module")
def shared_real(
    s3_server: S3Server,
    mongo_server: MongoServer,
    redis_server: RedisServer,
    fake_openai_server: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """Serve like `real`, shared by the tests of a module, which must not change it."""
    with (
        unused_parts(s3_server, mongo_server, redis_server, fake_openai_server) as parts,
        serving(
            settings_for(data_dir=tmp_path_factory.mktemp("real"), **parts.settings)
        ) as service,
    ):
        yield service


@pytest.fixture(scope="module", params=["shared_embedded", "shared_real"])
def shared(request: pytest.FixtureRequest) -> Service:
    """Serve on embedded and on real parts, shared by the tests of a module."""
    result: Service = request.getfixturevalue(request.param)
    return result


@pytest.fixture
def embedded_auth_service(tmp_path: Path) -> Iterator[AuthenticatedService]:
    """Serve on embedded parts, with API keys required."""
    with serving_with_keys(data_dir=tmp_path) as auth_service:
        yield auth_service


@pytest.fixture
def real_auth_service(parts: Parts, tmp_path: Path) -> Iterator[AuthenticatedService]:
    """Serve on real parts, with API keys required."""
    with serving_with_keys(data_dir=tmp_path, **parts.settings) as auth_service:
        yield auth_service


@pytest.fixture(params=["embedded_auth_service", "real_auth_service"])
def auth_service(request: pytest.FixtureRequest) -> AuthenticatedService:
    """Serve on embedded and on real parts, with API keys required."""
    result: AuthenticatedService = request.getfixturevalue(request.param)
    return result
