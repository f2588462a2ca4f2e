"""Features that are missing under gunicorn's own worker classes.

The default class is `gthread_worker.Worker`. The service also works under gunicorn's `gthread`,
`sync` and `gevent`; the missing features are logged at startup.
"""

_NO_DEADLINES = "deadlines for clients that send or read slowly"
_MISSING = {
    "gthread": ("receiving requests without occupying a thread", _NO_DEADLINES),
    "sync": (
        "more than one request at a time per process, so health checks and reads wait for a"
        " generation",
        "keep-alive connections",
        _NO_DEADLINES,
    ),
    "gevent": (
        "serving other requests while an image is processed or SQLite or a file is accessed",
        _NO_DEADLINES,
    ),
}
_ALIASES = {
    "gunicorn.workers.gthread.ThreadWorker": "gthread",
    "gunicorn.workers.sync.SyncWorker": "sync",
    "gunicorn.workers.ggevent.GeventWorker": "gevent",
}


def describe_missing_features(worker_class: str, *, default: str) -> str | None:
    """Return a log line that names the features missing under a worker class.

    Args:
        worker_class: gunicorn's name of the class.
        default: the class that has all features.

    Returns:
        None for the default class.
    """
    if worker_class == default:
        return None
    missing = _MISSING.get(_ALIASES.get(worker_class, worker_class))
    if missing is None:
        return f"worker class {worker_class} is untested; the default is {default}"
    return f"not available with worker class {worker_class}: {'; '.join(missing)}"
