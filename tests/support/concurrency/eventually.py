"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable


def eventually(check: Callable[[], object], patience: float = 60.0) -> None:
    """Return once `check` is true; fail when it isn't for too long."""
    end = time.monotonic() + patience
    while not check():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)
