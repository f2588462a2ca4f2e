"""What makes the tests faster changes no result."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.imaging import CutoutOptions, Provenance
from app.models import GeneratedImage, ImageRequest
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
    assert [caching.preview(data, options) for _ in range(2)] == [real.preview(data, options)] * 2
    for metadata in ({}, {"provenance": ORIGIN}, {"previous": earlier, "provenance": ORIGIN}):
        expected = real.cut_out(data, options, **metadata)
        assert [caching.cut_out(data, options, **metadata) for _ in range(2)] == [expected] * 2


def painted(painter: OfflineGenerator, request: ImageRequest) -> tuple[GeneratedImage, list[Any]]:
    """Return the image and what is reported of its partial images."""
    partials: list[tuple[int, bytes]] = []
    image = painter.draw(request, on_partial=lambda *partial: partials.append(partial))
    return image, partials


@pytest.mark.parametrize("transparent", [False, True])
def test_a_cached_painting_is_the_painters_own(transparent: bool) -> None:
    """Prompt, size, background and number of partial images select the images."""
    own = OfflineGenerator(transparent=transparent)
    caching = CachingGenerator(transparent=transparent)
    for subject, size, partial_images in (
        ("a fox", "256x256", 0),
        ("an owl", "256x256", 0),
        ("a fox", "320x256", 2),
        ("a fox", "320x256", 1),
    ):
        request = ImageRequest(
            first_prompt="any",
            prompt="any",
            subject=subject,
            size=size,
            partial_images=partial_images,
            transparent=transparent,
        )
        image, partials = painted(own, request)
        assert len(partials) == partial_images
        assert [painted(caching, request) for _ in range(2)] == [(image, partials)] * 2
        assert caching.draw(request) == image
