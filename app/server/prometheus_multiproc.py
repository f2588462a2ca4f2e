"""Where the processes of a server keep their metrics, so that each can tell those of all.

prometheus_client decides while it is imported whether it keeps them in files, so `share` comes
first. It imports nothing of that itself.
"""

import atexit
import os
import shutil
import tempfile


def share() -> None:
    """Keep the metrics of this process and all that are forked from it in a new private folder.

    The folder is gone when this process ends.
    """
    folder, owner = tempfile.mkdtemp(prefix="imageapi-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where prometheus_client looks for it

    def remove() -> None:
        if os.getpid() == owner:  # forked processes end in the same way
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def forget(pid: int) -> None:
    """Drop what only a living process has, such as generations in flight; its counts stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # reason: it has no types
