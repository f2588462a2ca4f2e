"""Put several images into one ZIP file."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from app.errors import ImageNotFound
from app.imaging.exports.archive import zip_files
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
    """

    images: Images
    packing: AbstractContextManager[object] = UNLIMITED

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
            images = {object_keys.image_name(one): self._image(one) for one in image_ids}
            return StoredImage(
                data=zip_files({name: image.data for name, image in images.items()}),
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
