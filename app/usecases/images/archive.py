"""Put several images into one ZIP file, or onto one sheet."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock

from app.errors import ImageDamaged, ImageNotFound
from app.imaging import UnusableImage
from app.imaging.exports.archive import zip_files
from app.imaging.exports.export import SheetLayout
from app.models import StoredImage, object_keys
from app.ports import UNLIMITED
from app.usecases.images.images import Images

MAX_IMAGES = 50


@dataclass(frozen=True)
class ImageArchive:
    """Reads images into a ZIP file.

    Args:
        images: the images.
        packing: entered by each thread that has the images of an archive in memory.
        drawing: entered by the thread that draws one.
    """

    images: Images
    packing: AbstractContextManager[object] = UNLIMITED
    drawing: AbstractContextManager[object] = field(default_factory=Lock)

    def fetch(self, image_ids: Sequence[str]) -> StoredImage:
        """Return the images as a ZIP file, under their file names and in this order.

        A replaced image is that which took its place. Equal images give equal bytes.

        Raises:
            ImageNotFound: one of them doesn't exist; the message names it.
            Overloaded: too many archives are being made.
            StorageUnavailable: the store is unreachable.
            RecordsUnavailable: an image is missing, and the records can't be asked why.
        """
        with self.packing:
            return self._packed(image_ids, zip_files)

    def sheet(self, image_ids: Sequence[str], layout: SheetLayout) -> StoredImage:
        """Return a ZIP file with the images on one sheet, in this order, and the place of each.

        Raises:
            ImageDamaged: one of them can't be decoded.
            ImageNotFound, Overloaded, StorageUnavailable, RecordsUnavailable: see `fetch`.
        """
        from app.imaging.exports.sheet import make_sheet  # which loads OpenCV

        def draw(images: Mapping[str, bytes]) -> bytes:
            with self.drawing:
                return make_sheet(images, layout)

        with self.packing:
            try:
                return self._packed(image_ids, draw)
            except UnusableImage as error:
                raise ImageDamaged(f"sheet: {error}") from error

    def _packed(
        self, image_ids: Sequence[str], pack: Callable[[Mapping[str, bytes]], bytes]
    ) -> StoredImage:
        images = {object_keys.image_name(one): self._image(one) for one in image_ids}
        return StoredImage(
            data=pack({name: image.data for name, image in images.items()}),
            content_type="application/zip",
            modified=max(image.modified for image in images.values()),
        )

    def _image(self, image_id: str) -> StoredImage:
        try:
            return self.images.fetch(image_id)
        except ImageNotFound:
            replacement = self.images.replacement_of(image_id)
        if replacement is None:
            name = object_keys.image_name(image_id)
            raise ImageNotFound(message=f"There is no image {name}. Leave it out.")
        return self.images.fetch(replacement)
