"""Read the inputs of an edit right before they are sent, with bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from app.errors import AppError, Charged, ImageDamaged, ImageNotFound, OriginalMissing
from app.imaging import UnusableImage
from app.models import ImageInput, ImageRequest, object_keys
from app.ports import UNLIMITED, ImageProcessor, ImageStore, Moderator, Spool
from app.ports.providers import InputFile
from app.usecases.images.originals import verify_hash

_MISSING = "The original of an image is missing. It can't be edited."


@dataclass(frozen=True, kw_only=True)
class InputFiles:
    """Copies inputs from the store to this server's disk, one after the other.

    No more than one image of a request is in memory at any time, however many there are.

    Args:
        store: contains the originals; must bypass the cache, which they would fill.
        spool: holds the files.
        image_processor: lays transparent images on white, and makes copies for moderation.
        reading: entered by each thread while it has an image in memory, to bound their number.
    """

    store: ImageStore
    spool: Spool
    image_processor: ImageProcessor
    reading: AbstractContextManager[object] = UNLIMITED

    @contextmanager
    def open(self, request: ImageRequest) -> Iterator[Sequence[InputFile]]:
        """Provide the files of a completed request, in the order of its inputs.

        Transparent images are sent as they are to a model that draws transparent backgrounds, and
        on white to others.

        Raises:
            OriginalMissing: the store has no such original any more.
            ObjectDamaged: it has other bytes.
            ImageDamaged: the bytes are not an image.
            StorageUnavailable: the store is unreachable, or this server's disk is full.
        """
        with ExitStack() as stack:
            try:
                files = [self._open(given, request, stack) for given in request.inputs]
            except AppError as error:
                error.charged = Charged.NO
                raise
            yield files

    def moderate(self, request: ImageRequest, moderator: Moderator) -> None:
        """Check the images that callers have uploaded.

        Raises:
            PromptRejected: one may not be edited.
            AppError: see `open`, and Moderator.
        """
        for given in request.inputs:
            if given.is_foreign and given.reference.role == "image":
                moderator.check_image(self._small_copy(given), sha256=given.reference.sha256)

    def _small_copy(self, given: ImageInput) -> bytes:
        with self.reading, _usable(given):
            return self.image_processor.reduce_to_jpeg(self._read(given))

    def _open(self, given: ImageInput, request: ImageRequest, stack: ExitStack) -> InputFile:
        role, image_format = given.reference.role, given.format
        with self.reading, _usable(given):
            data = self._read(given)
            if role == "image" and not request.transparent:
                opaque = self.image_processor.lay_on_white(data)
                image_format = given.format if opaque is data else "png"
                data = opaque
            file = stack.enter_context(self.spool.open_file(data))
        return InputFile(role=role, format=image_format, file=file)

    def _read(self, given: ImageInput) -> bytes:
        if given.data:
            return given.data
        key = object_keys.original_key(given.reference.image_id, given.format)
        try:
            data = self.store.get(key).data
        except ImageNotFound:
            raise OriginalMissing(key, message=_MISSING) from None
        return verify_hash(data, given.reference.sha256, key)


@contextmanager
def _usable(given: ImageInput) -> Iterator[None]:
    try:
        yield
    except UnusableImage as error:
        raise ImageDamaged(f"{given.reference.image_id}: {error}") from None
