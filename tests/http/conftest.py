"""Services to call: `service` runs every test on embedded and on real parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import Parts, Service, serving, settings_for
from tests.fake_openai import SECRET_MARKER


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
