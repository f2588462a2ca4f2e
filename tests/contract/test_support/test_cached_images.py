"""What makes the tests faster changes no result."""

from datetime import UTC, datetime

import pytest

from app.imaging import CutoutOptions, Provenance
from app.models import ImageRequest
from app.services.image_processor import LocalImageProcessor
from app.services.offline.provider import OfflineGenerator
from tests.support.cached_images import CachingGenerator, CachingImageProcessor
from tests.support.images.sample_images import choose, encoded, owl
from tests.support.tables import each_row

ORIGIN = Provenance(
    id="an-id",
    source="algorithmicMedia",
    created=datetime(2026, 1, 2, tzinfo=UTC),
    model="m",
    prompt="a <red> fox",
)


@each_row("options", [CutoutOptions(), choose("keep:1"), CutoutOptions(shadow="keep")])
def test_a_cached_cutout_is_the_services_own(options: CutoutOptions) -> None:
    """File and report are equal, with new metadata, with that of an earlier file, and without."""
    data = encoded(owl(200, 160))
    real, caching = (
        kind(max_concurrent=1) for kind in (LocalImageProcessor, CachingImageProcessor)
    )
    earlier = real.cut_out(data, options, provenance=ORIGIN).png
    for metadata in ({}, {"provenance": ORIGIN}, {"previous": earlier, "provenance": ORIGIN}):
        expected = real.cut_out(data, options, **metadata)
        assert [caching.cut_out(data, options, **metadata) for _ in range(2)] == [expected] * 2


@pytest.mark.parametrize("transparent", [False, True])
def test_a_cached_painting_is_the_painters_own(transparent: bool) -> None:
    """Prompt, size and background select the image."""
    for subject, size in (("a fox", "256x256"), ("an owl", "256x256"), ("a fox", "320x256")):
        request = ImageRequest(
            first_prompt="any", prompt="any", subject=subject, size=size, transparent=transparent
        )
        expected = OfflineGenerator(transparent=transparent).draw(request)
        caching = CachingGenerator(transparent=transparent)
        assert [caching.draw(request) for _ in range(2)] == [expected] * 2
