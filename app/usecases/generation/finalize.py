"""Makes a stored image out of bought bytes, and writes down how a generation ended.

Every step may be repeated, by whomever, at any time: the keys derive from the row's id, and the
same bytes give the same image.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from app.errors import (
    AppError,
    Charged,
    ImagePendingUpload,
    ProviderBadResponse,
    RecordsUnavailable,
    StorageUnavailable,
)
from app.imaging import Cutout, UnusableImage
from app.models import ImageRecord, Original, ProcessedImage, State, object_keys
from app.ports import ImageStore, Ports, Spool
from app.usecases.billing import budgets
from app.usecases.generation import sidecar
from app.usecases.images.provenance import ProvenanceBuilder, forgotten

_log = logging.getLogger(__name__)
_TRIES = 5  # somebody else may be changing the row at the same moment


@dataclass(frozen=True)
class ImageFinalizer:
    """Brings a bought image home.

    `leased` is always a row whose state and lease are as in the records: what was learnt since is
    in its other fields.
    """

    ports: Ports
    origins: ProvenanceBuilder = field(default_factory=ProvenanceBuilder)

    def keep(self, leased: ImageRecord, data: bytes, *, safe: bool = False) -> ImageRecord:
        """Store the bought bytes as they came, then cut out, store that, and set the row ready.

        Args:
            leased: the row.
            data: what was bought.
            safe: whether the store or the spool has it already.

        Raises:
            ImagePendingUpload: the bytes are in the spool or in the store, to be finished later.
            StorageUnavailable: neither store nor spool took them.
            ProviderBadResponse: they are no image; they are kept as evidence.
        """
        free = leased.charged is Charged.NO
        bought = replace(
            leased,
            charged=Charged.NO if free else Charged.YES,
            created_at=leased.created_at or self.ports.clock.now(),
            cost_micros=0 if free else leased.cost_micros,
        )
        bought, trouble = self._look(bought, data)
        try:
            with self.ports.observer.step("original"):
                self._put_or_spool(bought, data, safe=safe)
            if bought.original is None:
                raise ProviderBadResponse(trouble)
            ready = self.publish(bought, data)
        except (ProviderBadResponse, StorageUnavailable) as error:
            raise self.close(bought, error) from None
        return self.settle(bought, ready)

    def publish(self, bought: ImageRecord, data: bytes) -> ImageRecord:
        """Cut out, and store that; return the row as it then should be.

        Raises:
            ImagePendingUpload: the store does not answer.
            ProviderBadResponse: the bytes are no image.
        """
        try:
            cut, png = self.cut(bought, data)
            with self.ports.observer.step("store"):
                _put(self.ports.store, [(object_keys.image_key(bought.id), png)])
        except UnusableImage as error:
            raise ProviderBadResponse(str(error)) from None
        except StorageUnavailable as error:
            raise ImagePendingUpload(error.detail) from None
        return replace(cut, state=State.READY, error="")

    def cut(self, bought: ImageRecord, data: bytes) -> tuple[ImageRecord, bytes]:
        """Cut out; return the row with that image, and its file.

        Raises:
            UnusableImage: the bytes are no image.
            StorageUnavailable: nobody can tell what the file told before.
        """
        with self.ports.observer.step("cutout"):
            origin = self.origins.of(bought)
            earlier = forgotten(self.ports.store, bought)
            cutout = self.ports.imaging.cut_out(data, origin, earlier)
        return replace(bought, image=_rendition(bought.id, cutout)), cutout.png

    def keep_evidence(self, leased: ImageRecord, data: bytes) -> None:
        """Keep an answer that can't be used, as well as can be: the caller's error comes first."""
        try:
            self._put_or_spool(leased, data)
        except StorageUnavailable as error:
            _log.warning("evidence of %s is not in the store: %s", leased.id, error.detail)

    def close(self, leased: ImageRecord, error: AppError) -> AppError:
        """Write down how it ended; return the error, with `charged` set.

        An image that only waits for storage stays pending, free for anyone to finish.
        """
        charged = error.charged = error.charged or leased.charged
        if isinstance(error, ImagePendingUpload):
            end = replace(leased, lease_until=self.ports.clock.now())
        else:
            unknown = charged is Charged.UNKNOWN
            end = replace(leased, state=State.UNKNOWN if unknown else State.FAILED)
        self.settle(leased, replace(end, charged=charged, error=error.code))
        return error

    def settle(self, leased: ImageRecord, end: ImageRecord) -> ImageRecord:
        """Update the row, and book what it cost; return how it should be then.

        If that fails, the pending row and the object's key still tell all.

        If the lease ran out and somebody guessed what became of it, what we know counts.
        """
        end = budgets.with_due(end)
        self.ports.observer.note(end)
        try:
            with self.ports.observer.step("record"):
                if not budgets.compare_and_swap(self.ports, leased, end):
                    self._overrule(end)
        except RecordsUnavailable as error:
            _log.error("row %s could not be set to %s: %s", end.id, end.state, error.detail)
        return end

    def _overrule(self, end: ImageRecord) -> None:
        for _ in range(_TRIES):
            now = self.ports.records.get(end.id)
            if now is None or not _overrules(end, now):
                return
            if budgets.compare_and_swap(self.ports, now, replace(end, claim=now.claim)):
                return

    def _look(self, bought: ImageRecord, data: bytes) -> tuple[ImageRecord, str]:
        """Add what the header tells; if these bytes are no image, say why instead."""
        try:
            info = self.ports.imaging.inspect(data)
        except UnusableImage as error:
            return bought, str(error)
        original = Original(
            key=object_keys.original_key(bought.id, info.format),
            format=info.format,
            width=info.width,
            height=info.height,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            content_credentials=info.credentials,
        )
        return replace(bought, original=original), ""

    def _put_or_spool(self, bought: ImageRecord, data: bytes, *, safe: bool = False) -> None:
        original = bought.original
        key = original.key if original else object_keys.evidence_key(bought.id)
        note = object_keys.sidecar_key(bought.id), sidecar.write(bought)
        objects = ((key, data), note)
        try:
            _put(self.ports.store, objects)
        except StorageUnavailable as error:
            if not safe:
                _put(self.ports.spool, objects)
            _log.warning("storage is down: a paid original waits as %s", key)
            raise ImagePendingUpload(error.detail) from None


def _overrules(end: ImageRecord, now: ImageRecord) -> bool:
    """Tell whether what a late worker knows counts more than what the row says by now.

    A stored image does, unless the row is ready or deleted. Any other end does where somebody
    could only guess; but not what became of a later attempt, which was asked for at another time.
    """
    if end.state is State.READY:
        return now.state not in {State.READY, State.DELETED}
    guessed = now.state is State.UNKNOWN and now.requested_at == end.requested_at
    return guessed and end.state is not State.UNKNOWN


def _put(store: ImageStore | Spool, objects: Iterable[tuple[str, bytes]]) -> None:
    for key, data in objects:
        store.put(key, data, content_type=object_keys.content_type_of(key))


def _rendition(image_id: str, cutout: Cutout) -> ProcessedImage:
    return ProcessedImage(
        key=object_keys.image_key(image_id),
        width=cutout.size,
        height=cutout.size,
        size_bytes=len(cutout.png),
        sha256=hashlib.sha256(cutout.png).hexdigest(),
        report=asdict(cutout.report) | {"reasons": list(cutout.report.reasons)},
    )
