"""The order in which the processes of a test run get their work."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INDEPENDENT = frozenset(
    f"tests/{name}.py"
    for name in (
        "e2e/test_background",
        "e2e/test_batch",
        "e2e/test_budget",
        "e2e/test_gunicorn",
        "e2e/test_idempotency",
        "e2e/test_metrics",
        "e2e/test_overload",
        "e2e/test_shutdown",
        "e2e/test_streaming",
        "e2e/test_worker_classes",
        "faults/test_matrix",
        "http/cli/test_reconcile",
        "http/generation/test_idempotency",
    )
)
"""Files that take minutes in one process, and whose tests share no server of the module."""

TOGETHER = ("tests/clients/",)
"""Folders whose files share what takes seconds to make: packages are built and installed once."""

_LONGEST = ("tests/soak/", "tests/schema/", "tests/clients/")
_WAITING = ("tests/faults/", "tests/e2e/", "tests/browser/")
_END_OF_WAITING = 0.8  # then short work only, so that no process ends long after the others


def unit_of(nodeid: str) -> str:
    """Return the name of what one process does as a whole: a test, a file or a folder."""
    file = nodeid.partition("::")[0]
    folder = next((name for name in TOGETHER if file.startswith(name)), file)
    return nodeid if file in INDEPENDENT else folder


def mix(tests: list[T], nodeid: Callable[[T], str]) -> list[T]:
    """Return the tests in an order that leaves processors idle less often.

    The longest work is first. Then tests that wait, such as for a database that is down, are
    distributed among those that compute: if all processes waited at the same time, nothing would
    be done meanwhile.
    """
    units: dict[str, list[T]] = {}
    for test in tests:
        units.setdefault(unit_of(nodeid(test)), []).append(test)
    longest = [name for name in units if name.startswith(_LONGEST)]
    waiting = [name for name in units if name.startswith(_WAITING)]
    others = [name for name in units if not name.startswith((*_LONGEST, *_WAITING))]
    place = {name: _END_OF_WAITING * i / len(waiting) for i, name in enumerate(waiting)}
    place |= {name: i / len(others) for i, name in enumerate(others)}
    order = [*longest, *sorted(place, key=place.__getitem__)]
    return [test for name in order for test in units[name]]
