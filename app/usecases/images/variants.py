"""Render variants of stored images: other sizes, formats and colors."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import ImageDamaged, InvalidRequest, VariantsBusy
from app.imaging import InvalidVariant, UnusableImage, Variant
from app.models import StoredImage
from app.ports import ImageCache, ImageProcessor, ImageStore
from app.usecases.images.images import Images
from app.usecases.images.originals import Originals


class Variants:
    """Renders variants of ready images.

    Args:
        images: the plain images.
        store: contains the originals and their sidecars.
        image_processor: renders variants, one at a time.
        cache: caches variants, and coalesces concurrent requests for the same variant.
        limit: how many variants may be rendered or waiting in this process. Each occupies a
            thread, and the other threads are needed for generations and health checks.
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
        self._originals = Originals(store)
        self._image_processor = image_processor
        self._cache = cache
        self._slots = threading.BoundedSemaphore(limit)

    def fetch(self, image_id: str, variant: Variant, name: str) -> StoredImage:
        """Return a variant, with the image's modification time. Needs no records.

        The image is read first even if the variant is cached, so deleted images have no variants.

        Args:
            image_id: the id of the image.
            variant: its size, format and filters.
            name: the variant's canonical text, which is "" for the plain image.

        Raises:
            ImageNotFound: there is no such image.
            InvalidRequest: the variant names an area that the image doesn't have.
            OriginalMissing: the variant needs the original, which is missing.
            ImageDamaged: the image or the original can't be decoded.
            VariantsBusy: too many variants are being rendered.
            StorageUnavailable: the store is unreachable.
        """
        image = self._images.fetch(image_id)
        if not name:
            return image
        return self._cache.fetch(image_id, name, lambda: self._render(image_id, image, variant))

    def _render(self, image_id: str, image: StoredImage, variant: Variant) -> StoredImage:
        with self._slot():
            try:
                data = self._image_processor.render_variant(
                    image.data, lambda: self._originals.fetch(image_id), variant
                )
            except InvalidVariant as error:
                raise InvalidRequest.of_field(error.parameter, str(error)) from None
            except UnusableImage as error:
                raise ImageDamaged(f"{image_id}: {error}") from error
        return StoredImage(data=data, content_type=variant.content_type, modified=image.modified)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise VariantsBusy("the limit of concurrent variants is reached")
        try:
            yield
        finally:
            self._slots.release()
