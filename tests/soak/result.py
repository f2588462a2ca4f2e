"""The result of a soak test: its figures and violations, shown as soon as they are known."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_print = partial(print, flush=True)


@dataclass
class Result:
    """The figures of a soak test, and the violations of promises.

    Attributes:
        show: gets each line as soon as it is known, so that a run that is cut off leaves some.
    """

    show: Callable[[str], object] = _print
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def figure(self, name: str, value: object) -> None:
        """Add a figure."""
        self.figures[name] = value
        self.show(f"{name:<44}{value}")

    def violate(self, *texts: str) -> None:
        """Add violations."""
        for text in texts:
            self.violations.append(text)
            self.show(f"VIOLATION after {self._seconds} s: {text}")

    def stage(self, name: str) -> None:
        """Show that a stage begins."""
        self.show(f"after {self._seconds} s: {name}")

    @property
    def _seconds(self) -> int:
        return round(time.monotonic() - self.started)
