"""Processor time: what other programs do on the machine meanwhile hardly disturbs it."""

import resource
import time
from collections.abc import Callable
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


def spent_by(function: Callable[[In], Out], argument: In) -> tuple[float, Out]:
    """Return the seconds that a call and the programs that it started computed, and its result."""
    before = _seconds()
    result = function(argument)
    return _seconds() - before, result


def _seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
