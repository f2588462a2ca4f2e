"""The base of all fakes of ports: a shared log of events, and scripted failures."""

from collections import Counter


class Scripted:
    """Logs each step, and fails at the steps that a test has scripted."""

    name = ""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self._failures: dict[str, Exception] = {}
        self._good: Counter[str] = Counter()

    def fail(self, step: str, error: Exception, *, after: int = 0) -> None:
        """Raise the error at this step from now on, after this many further successes."""
        self._failures[step] = error
        self._good[step] = after

    def repair(self) -> None:
        """Remove all scripted failures."""
        self._failures.clear()

    def step(self, step: str) -> None:
        """Log a step, and fail if that is scripted."""
        self.events.append(f"{self.name} {step}")
        if step in self._failures:
            if not self._good[step]:
                raise self._failures[step]
            self._good[step] -= 1
