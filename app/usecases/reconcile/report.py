"""The report of a run: what was found, repaired, and remains."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from app.usecases.reconcile.diagnosis import Discrepancy

MAX_LISTED = 1000
"""The number of entries that are listed for each kind; further ones are only counted."""


@dataclass(frozen=True)
class ReportEntry:
    """One discrepancy.

    Attributes:
        id: the image's id, or the name of a file.
        reason: why it was not repaired; empty if it was.
    """

    id: str
    reason: str = ""


@dataclass
class KindSummary:
    """The discrepancies of one kind."""

    found: int = 0
    repaired: int = 0
    listed: list[ReportEntry] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        """The number that was not repaired."""
        return self.found - self.repaired

    @property
    def unlisted(self) -> int:
        """The number beyond those that are listed."""
        return self.found - len(self.listed)

    def add(self, entry: ReportEntry) -> None:
        """Count a discrepancy, and list it if there is room."""
        self.found += 1
        self.repaired += not entry.reason
        if len(self.listed) < MAX_LISTED:
            self.listed.append(entry)


@dataclass
class UnknownOutcomes:
    """Generations that may have been charged; there is nothing to repair."""

    found: int = 0
    listed: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def unlisted(self) -> int:
        """The number beyond those that are listed."""
        return self.found - len(self.listed)

    def add(self, image_id: str, requested_at: datetime) -> None:
        """Count a generation, and list it if there is room."""
        self.found += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append((image_id, requested_at))


@dataclass
class ReconcileReport:
    """The outcome of a run.

    Attributes:
        fix: whether repairs were allowed.
        records: the number of records that were checked.
        kinds: the discrepancies by kind.
        unknown: generations with an unknown outcome, which are no discrepancies.
    """

    fix: bool
    records: int = 0
    kinds: defaultdict[Discrepancy, KindSummary] = field(
        default_factory=lambda: defaultdict(KindSummary)
    )
    unknown: UnknownOutcomes = field(default_factory=UnknownOutcomes)

    @property
    def found(self) -> int:
        """The number of discrepancies."""
        return sum(summary.found for summary in self.kinds.values())

    @property
    def remaining(self) -> int:
        """The number of discrepancies that were not repaired."""
        return sum(summary.remaining for summary in self.kinds.values())
