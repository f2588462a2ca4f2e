"""Find what an edit is made from, before anything is written or paid."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import ImageDamaged, ImageNotFound, InvalidMask, InvalidRequest
from app.imaging import InvalidOption, UnusableImage
from app.models import (
    ImageInput,
    ImageRecord,
    InputReference,
    InputRole,
    Original,
    edited_subject,
    object_keys,
)
from app.ports import ImageProcessor, ImageRecords
from app.usecases.images.cutout_inputs import CutoutInputs
from app.usecases.images.images import Images
from app.usecases.images.provenance import UPLOADED

MAX_IMAGES = 16
"""Images of an edit, as many as OpenAI's models accept."""

MAX_INPUT_BYTES = 100_000_000
"""Of all images of an edit together, so that they can be sent within the time limit of a call."""

_WIDE = 1.25  # between the ratios of a square and of 1536x1024


@dataclass(frozen=True, kw_only=True)
class EditSources:
    """What a caller wants to edit.

    Attributes:
        image_ids: the image to edit, then those that the prompt refers to.
        mask_id: the image whose original is the mask; "" for none.
        mask: a mask that came with the request, a PNG file; empty for none.
    """

    image_ids: Sequence[str]
    mask_id: str = ""
    mask: bytes = b""


@dataclass(frozen=True, kw_only=True)
class FoundInputs:
    """What an edit is made from.

    Attributes:
        inputs: images in order, then the mask, if any.
        root: the id of the image at the head of its lineage.
        size: the size of originals that fits the first image best, such as `1024x1024`.
    """

    inputs: tuple[ImageInput, ...]
    root: str
    size: str


@dataclass(frozen=True, kw_only=True)
class EditInputs:
    """Finds the inputs of edits among the caller's images.

    Args:
        images: reads records.
        records: contain earlier requests.
        originals: reads originals, past the cache.
        image_processor: checks masks.
    """

    images: Images
    records: ImageRecords
    originals: CutoutInputs
    image_processor: ImageProcessor

    def find(self, sources: EditSources, *, owner: str | None, claim: str = "") -> FoundInputs:
        """Return the inputs, whose bytes stay in the store until they are sent.

        A repeated request finds its inputs even if they were deleted since, so that it gets its
        result.

        Args:
            sources: what to edit.
            owner: the caller whose images they have to be; None for any.
            claim: identifies caller and Idempotency-Key; "" for none.

        Raises:
            ImageNotFound: there is no such image.
            InvalidMask: the mask can't be used for the first image.
            InvalidRequest: the images are too large together.
            OriginalMissing, ObjectDamaged: an original that has to be read is missing or damaged.
            RecordsUnavailable, StorageUnavailable: they can't be read.
        """
        earlier = self.records.find(claim) if claim else None
        found = [self._find("image", one, owner, earlier) for one in sources.image_ids]
        if sum(given.size_bytes for given in found) > MAX_INPUT_BYTES:
            limit = f"Must have at most {MAX_INPUT_BYTES // 1_000_000} MB together."
            raise InvalidRequest.of_field("images", limit)
        if sources.mask_id:
            found.append(self._find("mask", sources.mask_id, owner, earlier))
            self._check_stored_mask(found[0], found[-1], owner)
        elif sources.mask:
            found.append(self._given_mask(found[0], sources.mask))
        first = found[0]
        if earlier is not None and not first.size_bytes:  # deleted since
            return FoundInputs(inputs=tuple(found), root=earlier.root, size=earlier.size)
        root = self.images.record(sources.image_ids[0], owner=owner).root
        return FoundInputs(
            inputs=tuple(found),
            root=root or sources.image_ids[0],
            size=size_like(first.width, first.height),
        )

    def _find(
        self, role: InputRole, image_id: str, owner: str | None, earlier: ImageRecord | None
    ) -> ImageInput:
        try:
            record = self.images.record(image_id, owner=owner)
        except ImageNotFound:
            known = _known(role, image_id, earlier)
            if known is None:
                raise
            return ImageInput(reference=known, format="png", width=0, height=0, size_bytes=0)
        original = self._original_of(record)
        subject, edits = edited_subject(record.inputs, record.prompt)
        if role == "mask":
            subject, edits = "", ()
        return ImageInput(
            reference=InputReference(
                role=role,
                image_id=image_id,
                sha256=original.sha256,
                subject=subject,
                edits=edits,
            ),
            format=original.format,
            width=original.width,
            height=original.height,
            size_bytes=original.size_bytes,
            is_foreign=record.provider == UPLOADED,
        )

    def _original_of(self, record: ImageRecord) -> Original:
        """Return the original of a record; those of early versions may lack its properties."""
        known = record.original
        if known is not None and object_keys.is_sha256(known.sha256):
            return known
        data = self.originals.original_of(record)
        try:
            info = self.image_processor.inspect(data)
        except UnusableImage as error:
            raise ImageDamaged(f"{record.id}: {error}") from None
        return Original(
            key=object_keys.original_key(record.id, info.format),
            format=info.format,
            width=info.width,
            height=info.height,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )

    def _check_stored_mask(self, first: ImageInput, mask: ImageInput, owner: str | None) -> None:
        if not (first.size_bytes and mask.size_bytes):  # deleted since an earlier request
            return
        record = self.images.record(mask.reference.image_id, owner=owner)
        self._check_mask(first, self.originals.original_of(record))

    def _given_mask(self, first: ImageInput, data: bytes) -> ImageInput:
        if first.size_bytes:
            self._check_mask(first, data)
        sha256 = hashlib.sha256(data).hexdigest()
        return ImageInput(
            reference=InputReference(role="mask", image_id="", sha256=sha256),
            format="png",
            width=first.width,
            height=first.height,
            size_bytes=len(data),
            is_foreign=False,
            data=data,
        )

    def _check_mask(self, first: ImageInput, data: bytes) -> None:
        try:
            self.image_processor.check_edit_mask(data, width=first.width, height=first.height)
        except InvalidOption as error:
            raise InvalidMask.because(str(error)) from None


def _known(role: InputRole, image_id: str, earlier: ImageRecord | None) -> InputReference | None:
    """Return an input of the earlier request with the same key, if there was one."""
    inputs = earlier.inputs if earlier else ()
    return next((one for one in inputs if (one.role, one.image_id) == (role, image_id)), None)


def size_like(width: int, height: int) -> str:
    """Return the size of originals whose shape is nearest to that of these pixels."""
    ratio = width / height
    return "1536x1024" if ratio > _WIDE else "1024x1536" if ratio < 1 / _WIDE else "1024x1024"
