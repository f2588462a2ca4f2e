"""What was found, what was mended, and what is left."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from app.usecases.reconcile.diagnosis import Discrepancy

MAX_LISTED = 1000
"""How many findings of a kind are kept by name; beyond that they are only counted."""


@dataclass(frozen=True)
class ReportedDiscrepancy:
    """An image, by its id, or a file; `reason` says why it is left, and is empty if it isn't."""

    id: str
    reason: str = ""


@dataclass
class Tally:
    """The findings of one kind."""

    found: int = 0
    repaired: int = 0
    listed: list[ReportedDiscrepancy] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many still need somebody."""
        return self.found - self.repaired

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.found - len(self.listed)

    def add(self, finding: ReportedDiscrepancy) -> None:
        """Count a finding."""
        self.found += 1
        self.repaired += not finding.reason
        if len(self.listed) < MAX_LISTED:
            self.listed.append(finding)


@dataclass
class UnknownObjects:
    """The generations of which nobody knows whether they were paid for: nothing to be mended."""

    found: int = 0
    listed: list[tuple[str, datetime]] = field(default_factory=list)

    def add(self, image_id: str, requested_at: datetime) -> None:
        """Count one."""
        self.found += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append((image_id, requested_at))


@dataclass
class Report:
    """The outcome of a run. `fix` tells whether it was allowed to mend anything."""

    fix: bool
    rows: int = 0
    tallies: defaultdict[Discrepancy, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unknown: UnknownObjects = field(default_factory=UnknownObjects)

    @property
    def found(self) -> int:
        """How many things were wrong."""
        return sum(tally.found for tally in self.tallies.values())

    @property
    def left(self) -> int:
        """How many of them still are."""
        return sum(tally.left for tally in self.tallies.values())
