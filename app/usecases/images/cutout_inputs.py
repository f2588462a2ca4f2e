"""Read what another cutout of an image is made from, and check its options against it."""

from dataclasses import dataclass, replace

from app.errors import ImageDamaged, ImageNotFound, InvalidRequest, OriginalMissing
from app.imaging import CutoutOptions, InvalidOption, UnusableImage
from app.models import ImageRecord, object_keys
from app.ports import ImageProcessor, ImageStore
from app.usecases.images.originals import verify


@dataclass(frozen=True, kw_only=True)
class CutoutInputs:
    """Reads the original of an image, and checks options.

    `store` must bypass the cache, which originals would fill.
    """

    store: ImageStore
    image_processor: ImageProcessor

    def original_of(self, parent: ImageRecord) -> bytes:
        """Return the original of an image.

        Raises:
            OriginalMissing: the store has none.
            ObjectDamaged: it does not have the hash in the record.
            StorageUnavailable: the store is unreachable.
        """
        known = parent.original
        for key in (known.key,) if known else object_keys.original_keys(parent.id):
            try:
                data = self.store.get(key).data
            except ImageNotFound:
                continue
            return verify(data, known)
        raise OriginalMissing(
            f"{parent.id}: no original in the store",
            message="The original of this image is missing. It can't be cut out again.",
        )

    def add_mask(self, options: CutoutOptions, mask: bytes, parent: ImageRecord) -> CutoutOptions:
        """Return the options with a caller's mask, if any, in the form that records keep.

        Raises:
            InvalidRequest: the mask can't be used.
            AppError: see `original_of`.
        """
        if not mask:
            return options
        try:
            size = parent.original or self.image_processor.inspect(self.original_of(parent))
            normal = self.image_processor.normalize_mask(mask, width=size.width, height=size.height)
        except InvalidOption as error:
            raise InvalidRequest.of_field(error.option, str(error)) from None
        except UnusableImage as error:
            raise ImageDamaged(f"{parent.id}: {error}") from None
        return replace(options, mask=normal)

    def check_areas(self, original: bytes, options: CutoutOptions) -> None:
        """Check that the image has the enclosed areas that the options name.

        Raises:
            InvalidRequest: it hasn't.
            ImageDamaged: the original can't be decoded.
        """
        if not options.holes.numbers:
            return
        try:
            count = len(self.image_processor.cut_out(original, options).report.areas)
        except UnusableImage as error:
            raise ImageDamaged(str(error)) from None
        check_areas(count, options)


def check_areas(count: int, options: CutoutOptions) -> None:
    """Check that an image with this many enclosed areas has those that the options name.

    Raises:
        InvalidRequest: it hasn't.
    """
    unknown = [number for number in options.holes.numbers if number > count]
    if unknown:
        areas = f"the enclosed areas 1 to {count}" if count > 1 else "one enclosed area"
        problem = f"names area {unknown[0]}, but this image has {areas if count else 'none'}"
        raise InvalidRequest.of_field("holes", problem)
