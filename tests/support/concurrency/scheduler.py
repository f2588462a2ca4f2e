"""How tests are distributed to the processes of pytest-xdist."""

from xdist.scheduler import LoadFileScheduling

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


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]  # reason: xdist has no types
    """Sends the tests of a file to one process, as they share the servers of their module.

    Otherwise one process would still run the fault matrix when all others have ended.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        folder = next((name for name in TOGETHER if file.startswith(name)), file)
        return nodeid if file in INDEPENDENT else folder
