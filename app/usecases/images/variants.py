"""Shows images in other sizes, formats and colors, computed from what is stored: for nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import ImageDamaged, ImageNotFound, OriginalMissing, VariantsBusy
from app.imaging import UnusableImage, Variant
from app.models import StoredImage, object_keys
from app.ports import ImageCache, ImageProcessor, ImageStore
from app.usecases.images.images import Images


class Variants:
    """The images that are ready, as callers want to see them.

    Args:
        images: the plain images.
        store: what keeps the originals.
        image_processor: computes variants, one at a time.
        cache: keeps them, and computes each once however many ask at the same time.
        limit: how many different ones may be computed or wait for it in this process. Each holds a
            thread, and the other threads belong to generations and health checks.
    """

    def __init__(
        self,
        *,
        images: Images,
        store: ImageStore,
        image_processor: ImageProcessor,
        cache: ImageCache,
        limit: int,
    ) -> None:
        self._images = images
        self._store = store
        self._image_processor = image_processor
        self._cache = cache
        self._places = threading.BoundedSemaphore(limit)

    def fetch(self, image_id: str, variant: Variant, name: str) -> StoredImage:
        """Return this variant of the image, dated like the image; needs no records.

        The image comes first, also if the variant is cached: where it is gone, so are they.

        Args:
            image_id: of the image.
            variant: how to show it.
            name: the variant's canonical text, which is "" for the plain image.

        Raises:
            ImageNotFound: there is no such image.
            OriginalMissing: it is there, but the original that is needed isn't.
            ImageDamaged: image or original can't be decoded.
            VariantsBusy: too many wait already.
            StorageUnavailable: nobody can tell.
        """
        image = self._images.fetch(image_id)
        if not name:
            return image
        return self._cache.fetch(image_id, name, lambda: self._make(image_id, image, variant))

    def _make(self, image_id: str, image: StoredImage, variant: Variant) -> StoredImage:
        with self._place():
            try:
                data = self._image_processor.render_variant(
                    image.data, lambda: self._original(image_id), variant
                )
            except UnusableImage as error:
                raise ImageDamaged(f"{image_id}: {error}") from error
        return StoredImage(data=data, content_type=variant.content_type, modified=image.modified)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise VariantsBusy("variants in work are at their limit")
        try:
            yield
        finally:
            self._places.release()

    def _original(self, image_id: str) -> bytes:
        for key in object_keys.original_keys(image_id):
            try:
                return self._store.get(key).data
            except ImageNotFound:
                continue
        raise OriginalMissing(f"{image_id}: no original in the store")
