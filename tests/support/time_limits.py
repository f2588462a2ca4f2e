"""Time limits of the service that hold on a machine with ten times more work than processors.

The shipped limits are right for a server: if its database takes longer, it has an outage. A busy
machine exceeds them without any fault, and tests would fail at random.
"""

import contextlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType

_NAMES = (
    "app.server.thread_pools.QUEUE_SECONDS",
    "app.services.diagnostics.azure._TIMEOUT_SECONDS",
    "app.services.diagnostics.openai._TIMEOUT_SECONDS",
    "app.services.diagnostics.redis._TIMEOUT_SECONDS",
    "app.services.diagnostics.sqlite._TIMEOUT_SECONDS",
    "app.services.mongodb.client._TIMEOUT_MS",
    "app.services.mongodb.list_counters._TIMEOUT_SECONDS",
    "app.services.mongodb.records._PREPARATION_SECONDS",
    "app.services.rate_limiting.sqlite_file._BUSY_SECONDS",
    "app.services.rate_limiting.sqlite_file._QUEUE_SECONDS",
    "app.services.s3.client._READ_SECONDS",
    "app.services.s3.client._WRITE_SECONDS",
    "app.services.s3.session._CONNECT_SECONDS",
    "app.services.s3.session._READ_SECONDS",
    "app.services.sqlite.database._BUSY_SECONDS",
    "app.usecases.operations.health._REPORT_SECONDS",
)

_PATIENT = 12
# MongoDB's client waits as long for a server that refuses connections, in each of several calls.
_LOWER = {"app.services.mongodb.client._TIMEOUT_MS": 3}


def _value(name: str) -> float:
    module, _, attribute = name.rpartition(".")
    value: float = getattr(import_module(module), attribute)
    return value


SHIPPED: Mapping[str, float] = MappingProxyType({name: _value(name) for name in _NAMES})
"""The limits of the service, by module and name."""


def be_patient() -> None:
    """Let the services of this process wait for half a minute, for a test without silent parts."""
    _multiply(_PATIENT)


@contextlib.contextmanager
def short_limits(factor: int = 2) -> Iterator[None]:
    """Multiply the shipped limits by less, for a test in which a part never responds."""
    _multiply(factor)
    try:
        yield
    finally:
        be_patient()


def _multiply(factor: int) -> None:
    for name, shipped in SHIPPED.items():
        module, _, attribute = name.rpartition(".")
        by = min(factor, _LOWER.get(name, factor))
        setattr(import_module(module), attribute, shipped * by)
