"""What all fakes of ports have in common: a shared log of events and scripted failures."""

from collections import Counter


class Scripted:
    """Writes each step down, and fails where it was told to."""

    name = ""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self._failures: dict[str, Exception] = {}
        self._good: Counter[str] = Counter()

    def fail(self, step: str, error: Exception, *, after: int = 0) -> None:
        """Let this step succeed so many times more, and raise the error from then on."""
        self._failures[step] = error
        self._good[step] = after

    def repair(self) -> None:
        """Let everything succeed again."""
        self._failures.clear()

    def step(self, step: str) -> None:
        """Take one step: log it, and fail if that is scripted."""
        self.events.append(f"{self.name} {step}")
        if step in self._failures:
            if not self._good[step]:
                raise self._failures[step]
            self._good[step] -= 1
