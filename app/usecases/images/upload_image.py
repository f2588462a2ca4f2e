"""Store images that callers send, as if they had been generated here. Never pays."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from app.errors import AppError, Charged, ImageDamaged, InvalidRequest
from app.imaging import AUTOMATIC, CutoutOptions, ImageInfo, InvalidOption, UnusableImage
from app.models import ANONYMOUS, Caller
from app.ports import UNLIMITED, ImageProcessor, Observer
from app.usecases.billing.upload_quota import UploadQuota
from app.usecases.images.cutout_inputs import check_areas
from app.usecases.images.free_images import LEASE, FreeImage, FreeImages, PreparedImage
from app.usecases.images.import_image import ExportedImage, derived_id, new_record
from app.usecases.images.provenance import UPLOADED

_IN_PROGRESS = "This image is being stored. Send the same request again in a few seconds."


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """An image that a caller sends.

    Attributes:
        file: its file, which is read from the current position.
        prompt: what it shows, verbatim; "" if that is not known.
        options: how to cut it out, without a mask.
        mask: the mask as the caller sent it, a PNG file; empty for none.
        caller: its owner.
    """

    file: BinaryIO
    prompt: str = ""
    options: CutoutOptions = AUTOMATIC
    mask: bytes = b""
    caller: Caller = field(default=ANONYMOUS)


@dataclass(frozen=True, kw_only=True)
class UploadImage:
    """Stores the file as an original, cuts it out and writes its record.

    The id of the image follows from its bytes and its owner, as that of an imported one, so the
    same file is the same image, whatever its prompt and options.

    Args:
        image_processor: checks the file and the options.
        free_images: makes the image once.
        quota: limits what a caller sends.
        observer: measures uploads.
        loading: called with the size of a file; bounds the bytes of all files in memory.
    """

    image_processor: ImageProcessor
    free_images: FreeImages
    quota: UploadQuota
    observer: Observer
    loading: Callable[[int], AbstractContextManager[object]] = lambda _: UNLIMITED

    def __call__(self, request: UploadRequest) -> FreeImage:
        """Store the image, or return that of an earlier request with the same file.

        An image that was deleted is stored again.

        Raises:
            InvalidRequest: the file is no usable image, or an option is invalid for it.
            UploadQuotaExceeded: the caller has sent too much today.
            GenerationInProgress: another request keeps storing the same image.
            StorageUnavailable: the store is unreachable; the same request continues later.
            RecordsUnavailable: the records are unreachable; the same request continues later.
        """
        try:
            with self.loading(_size_of(request.file)):
                stored, size_bytes = self._store(request, request.file.read())
        except AppError as error:
            error.charged = Charged.NO
            self.observer.upload(error.code)
            raise
        self.observer.upload("stored" if stored.created else "repeated", size_bytes=size_bytes)
        return stored

    def _store(self, request: UploadRequest, data: bytes) -> tuple[FreeImage, int]:
        first_id = derived_id(request.caller, data)

        def prepare(image_id: str) -> PreparedImage:
            try:
                prepared = self._prepare(image_id, request, data)
            except UnusableImage as error:
                raise InvalidRequest.of_field("file", str(error)) from None
            self.quota.reserve(first_id, request.caller, len(data))
            return prepared

        try:
            stored = self.free_images.find_or_make(first_id, prepare, in_progress=_IN_PROGRESS)
        except ImageDamaged as error:
            raise InvalidRequest.of_field("file", error.detail) from None
        return stored, len(data) if stored.created else 0

    def _prepare(self, image_id: str, request: UploadRequest, data: bytes) -> PreparedImage:
        """Cut out the image, so that nothing is stored of a file that is not usable.

        Raises:
            InvalidRequest: an option is invalid for the image.
            UnusableImage: it can't be decoded.
        """
        info = self.image_processor.inspect(data)
        exported = ExportedImage(
            data=data,
            image_id=image_id,
            prompt=request.prompt,
            provider=UPLOADED,
            options=self._with_mask(request, info),
            caller=request.caller,
        )
        record = new_record(exported, now=self.free_images.clock.now(), lease=LEASE)
        cutout = self.free_images.finalizer.make_cutout(record, data)
        check_areas(len(cutout.report.areas), exported.options)
        return PreparedImage(record=record, original=data, cutout=cutout)

    def _with_mask(self, request: UploadRequest, info: ImageInfo) -> CutoutOptions:
        """Return the options with the caller's mask, if any, in the form that records keep."""
        if not request.mask:
            return request.options
        try:
            mask = self.image_processor.normalize_mask(
                request.mask, width=info.width, height=info.height
            )
        except InvalidOption as error:
            raise InvalidRequest.of_field(error.option, str(error)) from None
        return replace(request.options, mask=mask)


def _size_of(file: BinaryIO) -> int:
    """Return the number of bytes from the current position to the end."""
    start = file.seek(0, os.SEEK_CUR)
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    return size
