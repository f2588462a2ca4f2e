"""Makes one picture: the only place where money is spent.

The order of the steps is the promise that no paid picture is lost. The row is written before
paying, the original is stored before anything else is done with it, and every key derives from
the row's id, so that whatever a crash leaves behind can be found again.
"""

import hashlib
import json
import logging
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from app.errors import (
    AppError,
    Charged,
    ProviderBadResponse,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import Cutout, PictureInfo, UnusablePicture
from app.models import Drawing, Generation, GenerationRequest, Original, Rendition, State
from app.ports import Ports
from app.usecases.readiness import Readiness
from app.usecases.search import fold

HOUSE_SENTENCE = (
    "A single subject, centred and whole, on a plain pure white background, "
    "with no shadow, no frame and no text."
)
"""Added to every prompt: the cutout needs a background that it can tell from the subject."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenerateImage:
    """Turns a request into a stored picture and its row.

    Args:
        ports: the outside world.
        readiness: asked before any money is spent.
        lease: how long a generation may take before it counts as abandoned.
    """

    ports: Ports
    readiness: Readiness
    lease: timedelta

    def __call__(self, request: GenerationRequest) -> Generation:
        """Draw, keep, cut out, store and record one picture.

        Raises:
            AppError: with `charged` always set.
        """
        try:
            generation = self._prepare(request)
        except AppError as error:
            error.charged = error.charged or Charged.NO
            raise
        drawing = self._buy(generation)
        generation = replace(generation, charged=self._price(), model=drawing.model)
        generation, picture = self._keep(generation, drawing)
        return self._publish(generation, picture)

    def _prepare(self, request: GenerationRequest) -> Generation:
        """Make sure that the picture can be kept, and write down what is about to be bought."""
        ports = self.ports
        ports.moderator.check(request.prompt)
        self.readiness.require("storage", "records")
        wish = ports.writer.enhance(request.prompt) if request.enhance else request.prompt
        now = ports.clock.now()
        generation = Generation(
            id=str(uuid.uuid4()),
            state=State.PENDING,
            requested_at=now,
            lease_until=now + self.lease,
            fingerprint=_fingerprint(request),
            first_prompt=request.first_prompt,
            prompt=request.prompt,
            new_prompt=f"{wish.rstrip()}\n\n{HOUSE_SENTENCE}",
            tokens=fold(request.prompt, wish),
            quality=request.quality,
            size=request.size,
            provider=ports.generator.provider,
            model=ports.generator.model,
        )
        ports.records.insert(generation)
        return generation

    def _buy(self, generation: Generation) -> Drawing:
        try:
            return self.ports.generator.draw(
                generation.new_prompt, size=generation.size, quality=generation.quality
            )
        except AppError as error:
            error.charged = error.charged or Charged.UNKNOWN
            if isinstance(error, ProviderBadResponse) and error.evidence:
                self._keep_bytes(f"originals/{generation.id}.bin", error.evidence)
            self._close(generation, error)
            raise

    def _keep(self, generation: Generation, drawing: Drawing) -> tuple[Generation, bytes]:
        """Store the bought bytes as they came, whatever they are, before looking deeper."""
        data = drawing.data
        try:
            info: PictureInfo | None = self.ports.imaging.inspect(data)
            trouble = ""
        except UnusablePicture as error:
            info, trouble = None, str(error)
        key = f"originals/{generation.id}.{info.format if info else 'bin'}"
        try:
            self._put_or_spool(key, data)
        except StorageUnavailable as error:
            error.charged = generation.charged
            self._close(generation, error)
            raise
        if info is None:
            raise self._unusable(generation, trouble)
        original = Original(
            key=key,
            format=info.format,
            width=info.width,
            height=info.height,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        return replace(generation, original=original), data

    def _publish(self, generation: Generation, picture: bytes) -> Generation:
        try:
            cutout = self.ports.imaging.cut_out(picture)
        except UnusablePicture as error:
            raise self._unusable(generation, str(error)) from None
        image = _rendition(generation.id, cutout)
        try:
            self.ports.store.put(image.key, cutout.png, content_type="image/png")
        except StorageUnavailable as error:
            error.charged = generation.charged
            self._close(generation, error)
            raise
        ready = replace(
            generation, state=State.READY, image=image, created_at=self.ports.clock.now()
        )
        self._record(ready)
        return ready

    def _put_or_spool(self, key: str, data: bytes) -> None:
        try:
            self.ports.store.put(key, data, content_type=_content_type(key))
        except StorageUnavailable as error:
            self.ports.spool.put(key, data, content_type=_content_type(key))
            _log.warning("storage is down: a paid original waits in the spool as %s", key)
            raise StorageUnavailable(
                error.detail,
                message="The image was drawn and kept safely, but the image storage is not "
                "available right now.",
            ) from None

    def _keep_bytes(self, key: str, data: bytes) -> None:
        """Keep evidence of an unusable answer: the caller's error matters more than ours."""
        try:
            self._put_or_spool(key, data)
        except StorageUnavailable as error:
            _log.warning("evidence %s is not in the store: %s", key, error.detail)

    def _unusable(self, generation: Generation, detail: str) -> ProviderBadResponse:
        error = ProviderBadResponse(detail, charged=generation.charged)
        self._close(generation, error)
        return error

    def _close(self, generation: Generation, error: AppError) -> None:
        """Write down how it ended. A picture that only waits for storage stays pending."""
        charged = error.charged or Charged.UNKNOWN
        if isinstance(error, StorageUnavailable):
            state = State.PENDING
        else:
            state = State.UNKNOWN if charged is Charged.UNKNOWN else State.FAILED
        self._record(replace(generation, state=state, charged=charged, error=error.code))

    def _record(self, generation: Generation) -> None:
        """Update the row; if that fails, the pending row and the object's key still tell all."""
        try:
            self.ports.records.replace(generation)
        except RecordsUnavailable as error:
            _log.error(
                "row %s could not be set to %s: %s", generation.id, generation.state, error.detail
            )

    def _price(self) -> Charged:
        return Charged.YES if self.ports.generator.costs_money else Charged.NO


def _fingerprint(request: GenerationRequest) -> str:
    """Identify the validated request: SHA-256 of its canonical JSON."""
    canonical = json.dumps(asdict(request), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _rendition(image_id: str, cutout: Cutout) -> Rendition:
    return Rendition(
        key=f"images/{image_id}.png",
        width=cutout.size,
        height=cutout.size,
        size_bytes=len(cutout.png),
        sha256=hashlib.sha256(cutout.png).hexdigest(),
        report=asdict(cutout.report) | {"reasons": list(cutout.report.reasons)},
    )


def _content_type(key: str) -> str:
    extension = key.rpartition(".")[2]
    return f"image/{extension}" if extension != "bin" else "application/octet-stream"
