"""What the log says about worker classes."""

from app.server.worker_classes import describe_missing_features
from tests.support.tables import each_row

DEFAULT = "app.server.gthread_worker.Worker"


def test_default_class_lacks_nothing() -> None:
    """Nothing is logged about the default class."""
    assert describe_missing_features(DEFAULT, default=DEFAULT) is None


@each_row(
    "worker_class, feature",
    [
        ("gthread", "without occupying a thread"),
        ("gunicorn.workers.gthread.ThreadWorker", "without occupying a thread"),
        ("sync", "more than one request at a time"),
        ("gunicorn.workers.sync.SyncWorker", "more than one request at a time"),
        ("gevent", "while an image is processed"),
        ("gunicorn.workers.ggevent.GeventWorker", "while an image is processed"),
    ],
)
def test_missing_features_are_named(worker_class: str, feature: str) -> None:
    """The line names the class, by either of its names, and what it lacks."""
    line = describe_missing_features(worker_class, default=DEFAULT)
    assert line is not None
    assert line.startswith(f"not available with worker class {worker_class}: ")
    assert feature in line
    assert "deadlines" in line


def test_other_classes_are_called_untested() -> None:
    """For an unknown class, the line says that it is untested and names the default."""
    line = describe_missing_features("tornado", default=DEFAULT)
    assert line == f"worker class tornado is untested; the default is {DEFAULT}"
