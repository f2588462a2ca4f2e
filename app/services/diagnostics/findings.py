"""The words of all checks: findings about a part, and the trouble that ends a step."""

from collections.abc import Callable
from dataclasses import dataclass

from app.models import Finding, Level


class Trouble(Exception):
    """A step can't be done. Both texts are our own, since they are shown."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.found = found
        self.advice = advice


@dataclass(frozen=True)
class About:
    """Makes the findings about one part."""

    part: str

    def ok(self, check: str, found: str) -> Finding:
        """All is as it should be."""
        return self._finding(Level.OK, check, found)

    def not_used(self, check: str, found: str) -> Finding:
        """There is nothing to check."""
        return self._finding(Level.NOT_USED, check, found)

    def warning(self, check: str, found: str, advice: str) -> Finding:
        """It works, but somebody should know."""
        return self._finding(Level.WARNING, check, found, advice)

    def failed(self, check: str, found: str, advice: str) -> Finding:
        """It does not work."""
        return self._finding(Level.FAILED, check, found, advice)

    def step(self, check: str, work: Callable[[], str]) -> Finding:
        """Do a step, which returns what it found or raises Trouble."""
        try:
            return self.ok(check, work())
        except Trouble as trouble:
            return self.failed(check, trouble.found, trouble.advice)

    def _finding(self, level: Level, check: str, found: str, advice: str = "") -> Finding:
        return Finding(part=self.part, check=check, level=level, found=found, advice=advice)
