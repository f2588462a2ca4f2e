"""A service whose image processor only records its calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http.variant_requests import CountingImaging
from tests.support.service import Service, serving, settings_for


@pytest.fixture
def imaging() -> CountingImaging:
    """Return an image processor that computes nothing and records its calls."""
    return CountingImaging()


@pytest.fixture
def service_with_fake(tmp_path: Path, imaging: CountingImaging) -> Iterator[Service]:
    """Serve on embedded parts with that image processor."""
    with serving(settings_for(data_dir=tmp_path), image_processor=imaging) as service:
        yield service
