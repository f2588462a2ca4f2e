"""Takes in images that were made elsewhere."""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.errors import Charged, GenerationInProgress
from app.models import ANONYMOUS, Caller, ImageRecord, State
from app.models.prompts import fold
from app.ports import Ports
from app.usecases.billing import budgets
from app.usecases.generation.finalize import ImageFinalizer

PROVIDER = "import"
_LEASE = timedelta(minutes=5)
_NAMESPACE = uuid.UUID("6c1f7d1e-2f0b-5d0c-9a53-8f6f2f9d6b11")  # of ids that derive from bytes


@dataclass(frozen=True, kw_only=True)
class ExportedImage:
    """An image from elsewhere, and what is known of it; "" and None for what is not."""

    data: bytes
    prompt: str
    new_prompt: str = ""
    image_id: str = ""
    requested_at: datetime | None = None
    created_at: datetime | None = None
    provider: str = ""
    model: str = ""
    quality: str = ""
    size: str = ""
    caller: Caller = field(default=ANONYMOUS)


@dataclass(frozen=True)
class ImportImage:
    """Stores an image as if it had been drawn here, for nothing."""

    ports: Ports
    keeper: ImageFinalizer

    def __call__(self, found: ExportedImage) -> ImageRecord | None:
        """Keep the bytes as they are, cut out, and write the row; None if it is there already.

        Without an id of its own, an image's id derives from its bytes and its owner, so
        taking it in again does nothing.

        Raises:
            UnusableImage: the bytes are no PNG, WEBP or JPEG that can be decoded.
            GenerationInProgress: another process is just taking it in.
            StorageUnavailable: the store does not take it.
            RecordsUnavailable: nobody can tell whether it is there.
        """
        self.ports.imaging.inspect(found.data)
        row = self._row(found)
        there = self.ports.records.get(row.id)
        if there is not None and not self._may_be_replaced(there):
            if there.state is State.PENDING:
                raise GenerationInProgress(row.id)
            return None
        written = (
            budgets.insert(self.ports, row)
            if there is None
            else self.ports.records.compare_and_swap(there, row)
        )
        if not written:
            raise GenerationInProgress(row.id)
        return self.keeper.keep(row, found.data)

    def _may_be_replaced(self, row: ImageRecord) -> bool:
        """Tell whether an import that was cut off, or failed, left this behind, and nothing else.

        Whatever somebody asked for with a key, or may have paid for, has a history of its own.
        """
        over = row.state is State.PENDING and row.lease_until <= self.ports.clock.now()
        ended = over or row.state is State.FAILED
        return ended and not row.claim and row.charged is Charged.NO

    def _row(self, found: ExportedImage) -> ImageRecord:
        now = self.ports.clock.now()
        bytes_of = hashlib.sha256(found.data).hexdigest()
        own = uuid.uuid5(_NAMESPACE, f"{found.caller.id}\n{bytes_of}")
        return ImageRecord(
            id=found.image_id or str(own),
            state=State.PENDING,
            requested_at=found.requested_at or found.created_at or now,
            lease_until=now + _LEASE,
            created_at=found.created_at or now,
            owner=found.caller.id,
            first_prompt=found.prompt,
            prompt=found.prompt.strip(),
            subject=found.new_prompt,
            tokens=fold(found.prompt, found.new_prompt),
            quality=found.quality,
            size=found.size,
            provider=found.provider or PROVIDER,
            model=found.model,
        )
