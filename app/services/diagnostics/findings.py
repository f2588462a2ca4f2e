"""Build findings, and describe failures to operators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.models import Finding, Level
from app.services.runtime.failures import Failure, FailureKind


class CheckFailed(Exception):
    """A check failed. Both texts are displayed, so they contain no secrets."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.found = found
        self.advice = advice


@dataclass(frozen=True)
class FailureAdvice:
    """The finding and the advice for each kind of failure."""

    by_kind: Mapping[FailureKind, tuple[str, str]]
    otherwise: tuple[str, str]

    def check_failed(self, failure: Failure) -> CheckFailed:
        """Describe a failure, with its code."""
        found, advice = self.by_kind.get(failure.kind, self.otherwise)
        return CheckFailed(f"{found} ({failure.code})", advice)


@dataclass(frozen=True)
class FindingBuilder:
    """Builds the findings about one part."""

    part: str

    def ok(self, check: str, found: str) -> Finding:
        """Report that the check passed."""
        return self._finding(Level.OK, check, found)

    def not_used(self, check: str, found: str) -> Finding:
        """Report that there is nothing to check."""
        return self._finding(Level.NOT_USED, check, found)

    def warning(self, check: str, found: str, advice: str) -> Finding:
        """Report that the part works, but needs attention."""
        return self._finding(Level.WARNING, check, found, advice)

    def failed(self, check: str, found: str, advice: str) -> Finding:
        """Report that the part does not work."""
        return self._finding(Level.FAILED, check, found, advice)

    def step(self, check: str, work: Callable[[], str]) -> Finding:
        """Run a check that returns its finding or raises CheckFailed."""
        try:
            return self.ok(check, work())
        except CheckFailed as error:
            return self.failed(check, error.found, error.advice)

    def _finding(self, level: Level, check: str, found: str, advice: str = "") -> Finding:
        return Finding(part=self.part, check=check, level=level, found=found, advice=advice)
