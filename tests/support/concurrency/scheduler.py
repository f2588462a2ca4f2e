"""How tests are distributed to the processes of pytest-xdist."""

from xdist.scheduler import LoadFileScheduling

from tests.support.concurrency.order import unit_of


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]  # reason: xdist has no types
    """Sends the tests of a file to one process, as they share the servers of their module.

    Some long files are sent test by test. Otherwise one process would still run the fault matrix
    when all others have ended.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
