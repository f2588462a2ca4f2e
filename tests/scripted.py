"""What all fakes of ports have in common: a shared log of events and scripted failures."""


class Scripted:
    """Writes each step down, and fails where it was told to."""

    name = ""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self._failures: dict[str, Exception] = {}

    def fail(self, step: str, error: Exception) -> None:
        """Let this step raise the error from now on."""
        self._failures[step] = error

    def mend(self) -> None:
        """Let everything succeed again."""
        self._failures.clear()

    def step(self, step: str) -> None:
        """Take one step: log it, and fail if that is scripted."""
        self.events.append(f"{self.name} {step}")
        if step in self._failures:
            raise self._failures[step]
