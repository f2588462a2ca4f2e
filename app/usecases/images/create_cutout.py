"""Make another image from the original of a stored one. Never pays."""

import hashlib
import json
import uuid
from dataclasses import dataclass, replace

from app.errors import AppError, Charged, ImageNotFound, RecordsUnavailable
from app.imaging import CutoutOptions
from app.models import ImageRecord, State
from app.usecases.images.cutout_inputs import CutoutInputs
from app.usecases.images.free_images import LEASE, FreeImage, FreeImages, PreparedImage
from app.usecases.images.images import Images
from app.usecases.images.replacement import ReplaceImage

_NAMESPACE = uuid.UUID("f2d0a5b0-6f0e-5a3a-9c1b-0d9d3c6f4e77")  # of ids derived from options
_IN_PROGRESS = "This cutout is being made. Send the same request again in a few seconds."


@dataclass(frozen=True, kw_only=True)
class CutoutRequest:
    """What to make of an image.

    Attributes:
        parent_id: the id of the image.
        options: the options of the new cutout, without a mask; they don't add to the image's.
        mask: the mask as the caller sent it, a PNG file; empty for none.
        replace: whether the new image takes the place of the newest version of that image.
        owner: the caller whose image it has to be; None for any.
    """

    parent_id: str
    options: CutoutOptions
    mask: bytes = b""
    replace: bool = False
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class CreateCutout:
    """Makes an image from the original of another, with other options.

    The id of the image follows from that of its parent and the options, so equal requests have
    equal results.

    Args:
        images: reads images.
        inputs: reads originals and checks options.
        free_images: makes the image once.
        replace_image: lets the new image take the place of its parent.
    """

    images: Images
    inputs: CutoutInputs
    free_images: FreeImages
    replace_image: ReplaceImage

    def __call__(self, request: CutoutRequest) -> FreeImage:
        """Make the image, or return that of an earlier equal request.

        Raises:
            ImageNotFound: there is no such image.
            InvalidRequest: an option is invalid for this image.
            OriginalMissing: its original is missing.
            ImageDamaged: its original can't be used.
            GenerationInProgress: another request keeps making the same image.
            StorageUnavailable: the store is unreachable; the same request continues later.
            RecordsUnavailable: the records are unreachable; the same request continues later.
        """
        try:
            parent = self.images.record(request.parent_id, owner=request.owner)
            options = self.inputs.add_mask(request.options, request.mask, parent)
            result = self._find_or_create(parent, options)
            if request.replace:
                self.replace_image(parent, self._confirmed(result.record))
                result = replace(result, record=self._confirmed(result.record))
        except AppError as error:
            error.charged = Charged.NO
            raise
        return result

    def _find_or_create(self, parent: ImageRecord, options: CutoutOptions) -> FreeImage:
        def prepare(image_id: str) -> PreparedImage:
            original = self.inputs.original_of(parent)
            self.inputs.check_areas(original, options)
            now = self.free_images.clock.now()
            pending = parent.cutout(image_id, now=now, lease_until=now + LEASE)
            record = replace(pending, cutout_options=options.to_document())
            return PreparedImage(record=record, original=original)

        derived_id = _derived_id(parent, options)
        return self.free_images.find_or_make(derived_id, prepare, in_progress=_IN_PROGRESS)

    def _confirmed(self, record: ImageRecord) -> ImageRecord:
        """Return the stored record, which must be finished before anything is replaced.

        Raises:
            ImageNotFound: the image was deleted, or moved to the trash, in the meantime.
            RecordsUnavailable: the image is stored, but its record is not known to be.
        """
        stored = self.free_images.records.get(record.id)
        if stored is None or stored.state in {State.DELETED, State.TRASHED}:
            raise ImageNotFound(record.id)
        if not stored.is_finished:
            raise RecordsUnavailable(f"{record.id} is {stored.state}")
        return stored


def _derived_id(parent: ImageRecord, options: CutoutOptions) -> str:
    canonical = json.dumps(options.to_document(), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return str(uuid.uuid5(_NAMESPACE, f"{parent.owner}\n{parent.id}\n{digest}"))
