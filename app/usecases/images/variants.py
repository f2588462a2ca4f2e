"""Render variants of stored images: other sizes, formats and colors."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from app.errors import ImageDamaged, ImageNotVectorizable, InvalidRequest, RateLimited, VariantsBusy
from app.imaging import (
    Export,
    InvalidVariant,
    NotVectorizable,
    TracingTimeout,
    UnusableImage,
    Variant,
)
from app.models import StoredImage
from app.ports import UNLIMITED, ImageCache, ImageProcessor, ImageStore
from app.usecases.images.images import Images
from app.usecases.images.originals import Originals


class Variants:
    """Renders variants of ready images.

    Args:
        images: the plain images.
        store: contains the originals and their sidecars.
        image_processor: renders variants, one at a time.
        cache: caches variants, and coalesces concurrent requests for the same variant.
        rendering: entered by each thread that renders or waits for its turn, to bound their number.
    """

    def __init__(
        self,
        *,
        images: Images,
        store: ImageStore,
        image_processor: ImageProcessor,
        cache: ImageCache,
        rendering: AbstractContextManager[object] = UNLIMITED,
    ) -> None:
        self._images = images
        self._originals = Originals(store)
        self._image_processor = image_processor
        self._cache = cache
        self._rendering = rendering

    def fetch(
        self, image_id: str, variant: Variant | Export, name: str, *, admit: Callable[[], None]
    ) -> StoredImage:
        """Return a variant or an export, with the image's modification time. Needs no records.

        The image is read first even if the variant is cached, so deleted images have no variants.

        Args:
            image_id: the id of the image.
            variant: its size, format and filters, or the kind of export.
            name: its canonical text, which is "" for the plain image.
            admit: called before a variant is rendered; may raise RateLimited.

        Raises:
            RateLimited: the caller has had too many variants rendered.
            ImageNotFound: there is no such image.
            InvalidRequest: the variant names an area that the image doesn't have.
            ImageNotVectorizable: an SVG file of it would be large, or look different.
            OriginalMissing: the variant needs the original, which is missing.
            ImageDamaged: the image or the original can't be decoded.
            VariantsBusy, Overloaded: too many variants are being rendered, or waited for.
            StorageUnavailable: the store is unreachable.
        """
        image = self._images.fetch(image_id)
        if not name:
            return image
        # The image may have been cut out again in place while another server has the old one.
        revision = hashlib.blake2b(image.data, digest_size=6).hexdigest()
        refused: list[RateLimited] = []

        def render() -> StoredImage:
            with self._rendering:
                try:
                    admit()
                except RateLimited as error:
                    refused.append(error)
                    raise
                return self._render(image_id, image, variant)

        while True:
            try:
                return self._cache.fetch(image_id, f"{name} {revision}", render)
            except RateLimited:
                if refused:
                    raise
                # Another caller requested it first and was refused.

    def fetch_opaque(self, image_id: str, variant: Variant) -> bytes:
        """Return the original as it was drawn, on white, in the variant's size and format.

        Raises:
            ImageNotFound: there is no such image.
            OriginalMissing: there is no original.
            ImageDamaged: the original can't be decoded.
            VariantsBusy, Overloaded: too many variants are being rendered, or waited for.
            StorageUnavailable: the store is unreachable.
        """
        image = self._images.fetch(image_id)
        with self._rendering:
            original = self._originals.fetch(image_id).data
            try:
                return self._image_processor.render_opaque(image.data, original, variant)
            except UnusableImage as error:
                raise ImageDamaged(f"{image_id}: {error}") from error

    def _render(self, image_id: str, image: StoredImage, variant: Variant | Export) -> StoredImage:
        try:
            data = self._image_processor.render_variant(
                image.data, lambda: self._originals.fetch(image_id), variant
            )
        except InvalidVariant as error:
            raise InvalidRequest.of_field(error.parameter, str(error)) from None
        except NotVectorizable as error:
            raise ImageNotVectorizable.of(error.fidelity, str(error)) from None
        except TracingTimeout as error:
            raise VariantsBusy(str(error)) from error
        except UnusableImage as error:
            raise ImageDamaged(f"{image_id}: {error}") from error
        return StoredImage(data=data, content_type=variant.content_type, modified=image.modified)
