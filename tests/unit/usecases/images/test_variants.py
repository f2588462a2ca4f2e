"""Variants: computed once, from the right source, within the limit."""

import hashlib
import threading
from dataclasses import replace

import pytest

from app.container.waiting import variant_places
from app.errors import (
    ImageDamaged,
    ImageNotFound,
    ImageNotVectorizable,
    InvalidRequest,
    OriginalMissing,
    StorageUnavailable,
    VariantsBusy,
)
from app.imaging import (
    CutoutOptions,
    HoleChoice,
    InvalidVariant,
    NotAnImage,
    NotVectorizable,
    TracingTimeout,
    Variant,
    VariantSource,
)
from app.models import StoredImage
from app.services.caching.image_cache import TwoLevelCache
from app.usecases.generation import sidecar
from app.usecases.images.images import Images
from app.usecases.images.variants import Variants
from tests.support.builders import World, a_record
from tests.support.concurrency.threads import in_threads
from tests.support.http.variant_requests import SlowImaging

ID = "500e1665-0b52-4734-9ec8-c7241187276b"
SMALL, LARGE = Variant(width=64, height=64), Variant(width=512, height=512)


def variants(world: World, *, limit: int = 8, real_cache: bool = False) -> Variants:
    """Make the use case on the fakes, perhaps with the real cache."""
    return Variants(
        images=Images(world.store, world.records, world.clock),
        store=world.store,
        image_processor=world.image_processor,
        cache=TwoLevelCache(memory_bytes=1_000_000) if real_cache else world.cache,
        rendering=variant_places(limit),
    )


def fetch(use_case: Variants, variant: Variant) -> StoredImage:
    """Fetch a variant of the stored image."""
    return use_case.fetch(ID, variant, variant.canonical(), admit=lambda: None)


@pytest.fixture
def stored(world: World) -> World:
    """Store an image and its original."""
    world.store.put(f"images/{ID}.png", b"image", content_type="image/png")
    world.store.put(f"originals/{ID}.png", b"original", content_type="image/png")
    world.events.clear()
    return world


def test_variant_is_computed_once(stored: World) -> None:
    """A variant has its own bytes and type, and the image's modification time."""
    use_case, webp = variants(stored), Variant(format="webp")
    first, second = fetch(use_case, webp), fetch(use_case, webp)
    assert first == second
    assert (first.data, first.content_type) == (b"format=webp of image", "image/webp")
    assert first.modified == stored.store.objects[f"images/{ID}.png"].modified
    assert stored.events.count("imaging render_variant") == 1
    assert "store get originals" not in stored.events


def test_plain_image_is_not_computed(stored: World) -> None:
    """Parameters without effect return the stored image."""
    assert fetch(variants(stored), Variant(quality=50)).data == b"image"
    assert "imaging render_variant" not in stored.events


def test_variant_needs_the_store_only(stored: World) -> None:
    """No image is generated, and no record is read."""
    stored.records.fail("get", RuntimeError())
    fetch(variants(stored), LARGE)
    assert {event.partition(" ")[0] for event in stored.events} == {"store", "cache", "imaging"}


@pytest.mark.parametrize("extension", ["png", "webp", "jpeg"])
def test_original_is_found_in_any_format(world: World, extension: str) -> None:
    """Large variants come from the original, under each of its possible keys."""
    world.store.put(f"images/{ID}.png", b"image", content_type="image/png")
    world.store.put(f"originals/{ID}.json", b"{}", content_type="application/json")
    world.store.put(f"originals/{ID}.{extension}", b"original", content_type=f"image/{extension}")
    assert fetch(variants(world), LARGE).data == b"h=512&w=512 of original"


def test_large_variant_uses_the_options_of_the_image(world: World) -> None:
    """Choices and prompt are read from the sidecar, so that all sizes show the same."""
    record = a_record(id=ID, prompt="A panda", cutout_options={"holes": "keep:2", "shadow": "keep"})
    assert record.original
    sha256 = hashlib.sha256(b"original").hexdigest()
    record = replace(record, original=replace(record.original, sha256=sha256))
    world.store.put(f"images/{ID}.png", b"image", content_type="image/png")
    world.store.put(f"originals/{ID}.png", b"original", content_type="image/png")
    world.store.put(f"originals/{ID}.json", sidecar.write(record), content_type="application/json")
    fetch(variants(world), LARGE)
    options = CutoutOptions(holes=HoleChoice(keep=(2,)), shadow="keep", subject="A panda")
    assert world.image_processor.sources == [VariantSource(b"original", options)]


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"cutout_options": {"holes": 7}}'])
def test_damaged_sidecar_means_the_default_options(stored: World, content: bytes | None) -> None:
    """A missing or unreadable sidecar leaves the variant available."""
    if content is not None:
        stored.store.put(f"originals/{ID}.json", content, content_type="application/json")
    assert fetch(variants(stored), LARGE).data == b"h=512&w=512 of original"
    assert stored.image_processor.sources == [VariantSource(b"original")]


def test_unknown_area_is_an_invalid_request(stored: World) -> None:
    """The error names the parameter; it is not cached."""
    use_case = variants(stored, real_cache=True)
    problem = "names area 7, but this image has no enclosed areas"
    stored.image_processor.fail("render_variant", InvalidVariant("holes", problem))
    chosen = Variant(holes=HoleChoice(cut=(7,)))
    with pytest.raises(InvalidRequest) as caught:
        fetch(use_case, chosen)
    message = "Names area 7, but this image has no enclosed areas."
    assert caught.value.errors == [{"field": "holes", "message": message}]
    stored.image_processor.repair()
    assert fetch(use_case, chosen).data == b"holes=cut:7 of original"


def test_missing_original_leaves_small_variants(stored: World) -> None:
    """Small variants come from the image; a large one is OriginalMissing."""
    stored.store.delete(f"originals/{ID}.png")
    use_case = variants(stored)
    assert fetch(use_case, SMALL).data == b"h=64&w=64 of image"
    with pytest.raises(OriginalMissing):
        fetch(use_case, LARGE)


def test_deleted_image_has_no_variants(stored: World) -> None:
    """A cached variant is not returned without its image."""
    use_case = variants(stored)
    fetch(use_case, SMALL)
    stored.store.delete(f"images/{ID}.png")
    names = [name for _, name in stored.cache.entries]
    assert any(name.startswith(SMALL.canonical()) for name in names)
    with pytest.raises(ImageNotFound):
        fetch(use_case, SMALL)


def test_damaged_image_is_not_cached(stored: World) -> None:
    """Undecodable bytes are ImageDamaged, until they are repaired."""
    use_case = variants(stored, real_cache=True)
    stored.image_processor.fail("render_variant", NotAnImage("cut short"))
    with pytest.raises(ImageDamaged, match=f"{ID}: cut short"):
        fetch(use_case, SMALL)
    stored.image_processor.repair()
    assert fetch(use_case, SMALL).data == b"h=64&w=64 of image"


def test_store_outage_is_not_cached(stored: World) -> None:
    """An outage is StorageUnavailable, and the next call tries again."""
    use_case = variants(stored, real_cache=True)
    stored.store.fail("get originals", StorageUnavailable())
    with pytest.raises(StorageUnavailable):
        fetch(use_case, LARGE)
    stored.store.repair()
    assert fetch(use_case, LARGE).data == b"h=512&w=512 of original"


def test_concurrent_calls_share_one_computation(stored: World) -> None:
    """Concurrent calls for a variant compute it once, and occupy one slot."""
    stored.image_processor = slow = SlowImaging()
    use_case = variants(stored, limit=1, real_cache=True)

    def open_once_begun() -> bytes:
        assert slow.started.acquire(timeout=60)
        slow.gate.set()
        return fetch(use_case, SMALL).data

    responses = in_threads(21, lambda n: fetch(use_case, SMALL).data if n else open_once_begun())
    assert set(responses) == {b"h=64&w=64 of image"}
    assert slow.events == ["imaging render_variant"]


def test_calls_above_the_limit_are_refused(stored: World) -> None:
    """A full limit refuses new variants immediately, never cached ones."""
    stored.image_processor = slow = SlowImaging()
    use_case = variants(stored, limit=2, real_cache=True)
    slow.gate.set()
    fetch(use_case, SMALL)
    assert slow.started.acquire(timeout=60)
    slow.gate.clear()
    sizes = [Variant(width=side, height=side) for side in (10, 11)]
    waiting = [threading.Thread(target=fetch, args=(use_case, each)) for each in sizes]
    for thread in waiting:
        thread.start()
    assert all(slow.started.acquire(timeout=60) for _ in waiting)
    with pytest.raises(VariantsBusy) as refused:
        fetch(use_case, LARGE)
    assert refused.value.retry_after
    assert fetch(use_case, SMALL).data == b"h=64&w=64 of image"
    assert fetch(use_case, Variant()).data == b"image"
    slow.gate.set()
    for thread in waiting:
        thread.join()
    assert fetch(use_case, LARGE).data == b"h=512&w=512 of original"


def test_failure_releases_its_slot(stored: World) -> None:
    """Failures do not use up the limit."""
    use_case = variants(stored, limit=1, real_cache=True)
    stored.image_processor.fail("render_variant", NotAnImage("cut short"))
    for _ in range(2):
        with pytest.raises(ImageDamaged):
            fetch(use_case, SMALL)


def test_an_image_that_is_not_flat_has_no_svg(stored: World) -> None:
    """The error has the figure, and is not cached; other variants are unaffected."""
    use_case = variants(stored, real_cache=True)
    stored.image_processor.fail("render_variant", NotVectorizable(17.26, "would look different"))
    with pytest.raises(ImageNotVectorizable, match="would look different") as refused:
        fetch(use_case, Variant(format="svg"))
    assert refused.value.facts == {"fidelity": 17.3}
    stored.image_processor.repair()
    assert fetch(use_case, Variant(format="svg")).content_type == "image/svg+xml"


def test_tracing_that_takes_too_long_is_busy(stored: World) -> None:
    """The client may try again, and the place is free again."""
    use_case = variants(stored, limit=1)
    stored.image_processor.fail("render_variant", TracingTimeout("too long"))
    for _ in range(3):
        with pytest.raises(VariantsBusy, match="too long"):
            fetch(use_case, Variant(format="svg"))
    stored.image_processor.repair()
    assert fetch(use_case, Variant(format="svg")).data
