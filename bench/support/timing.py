"""Measure processor time, which other programs on the machine hardly disturb."""

import resource
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")


def spent_by(function: Callable[[Argument], Result], argument: Argument) -> tuple[float, Result]:
    """Return the processor seconds of a call and the programs it starts, and its result."""
    before = _processor_seconds()
    result = function(argument)
    return _processor_seconds() - before, result


def interleave(
    functions: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    warm_up: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Call all functions in turn, round by round.

    Args:
        functions: by name.
        rounds: that are measured.
        warm_up: rounds before these, which load libraries and open connections.
        clock: processor time of this process, unless given.

    Returns:
        The seconds of each round, by name.
    """
    spent: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(warm_up + rounds):
        for name, function in functions.items():
            began = clock()
            function()
            if number >= warm_up:
                spent[name].append(clock() - began)
    return spent


def _processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
