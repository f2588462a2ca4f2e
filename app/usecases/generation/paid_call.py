"""Check the lease of a record right before its paid call is sent."""

from dataclasses import dataclass, field

from app.errors import AppError, Charged, GenerationInProgress
from app.models import ImageRecord
from app.usecases.generation.pending_records import PendingRecords

_MAX_SECONDS = 20.0  # from the check to the body; a lease is a minute longer than the calls


@dataclass(kw_only=True)
class LeasedCall:
    """The paid call of a record, which has to be leased by the clock of the records.

    A process may be stopped at any moment, for longer than its lease. Another server then ends the
    record, and its caller may request the image again; this process must not pay for it too. The
    lease is therefore renewed in the records when there is a connection to the model. The time
    since then is measured by a clock that does not stop with the process.

    Attributes:
        record: the record as it is stored.
    """

    pending_records: PendingRecords
    record: ImageRecord
    _begun_at: float = field(default=float("-inf"), init=False)

    def begin(self) -> None:
        """See PaidCall."""
        self._begun_at = self.pending_records.clock.monotonic()
        try:
            self.record = self.pending_records.renew(self.record)
        except AppError as error:
            error.charged = Charged.NO
            raise
        self.check()

    def check(self) -> None:
        """See PaidCall."""
        if self.pending_records.clock.monotonic() - self._begun_at > _MAX_SECONDS:
            detail = "the process was stopped before the paid call"
            raise GenerationInProgress(detail, charged=Charged.NO)
