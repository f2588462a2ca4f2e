"""Clients of Redis that fail fast, and the classification of their errors."""

import ssl
from typing import TYPE_CHECKING, Any

from app.services.runtime.failures import Failure, FailureKind, kind_by_class

if TYPE_CHECKING:
    from redis import Redis

TIMEOUT_SECONDS = 0.04
"""The default timeout of connecting, and of each response; a failure takes at most twice that."""


def client_options(
    url: str, timeout_seconds: float = TIMEOUT_SECONDS, ca_bundle: str | None = None
) -> dict[str, Any]:
    """Return the options of a client that fails fast.

    Options in the client's URL override them.

    Args:
        url: the server's URL.
        timeout_seconds: the timeout of connecting, and of each response.
        ca_bundle: path of the certificates to trust; None for the usual ones.
    """
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "retry": Retry(NoBackoff(), 0),
        # The old protocol and no client name: otherwise a new connection needs round trips of its
        # own before the first command, each of which may take the whole timeout again.
        "protocol": 2,
        "driver_info": None,
        **({"ssl_ca_certs": ca_bundle} if ca_bundle and url.startswith("rediss:") else {}),
    }


def make_client(
    url: str, timeout_seconds: float = TIMEOUT_SECONDS, ca_bundle: str | None = None
) -> "Redis":
    """Create a client that fails fast; it connects at first use."""
    from redis import Redis

    client = Redis.from_url(url, **client_options(url, timeout_seconds, ca_bundle))
    # Images are no text, whatever the URL says.
    client.connection_pool.connection_kwargs.update(decode_responses=False, encoding="utf-8")
    return client


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    from redis.exceptions import RedisError

    if not isinstance(error, RedisError | OSError):
        return None
    name = type(error).__name__
    return Failure(kind=_kind(error), detail=name, code=name)


def _kind(error: Exception) -> FailureKind:
    from redis import exceptions

    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return FailureKind.TLS
    kinds = (
        (exceptions.AuthenticationError, FailureKind.CREDENTIALS_REFUSED),
        (exceptions.NoPermissionError, FailureKind.PERMISSION_DENIED),
        (exceptions.AuthorizationError, FailureKind.PERMISSION_DENIED),
        (exceptions.TimeoutError, FailureKind.NO_RESPONSE),
        (exceptions.ConnectionError, FailureKind.UNREACHABLE),
        (OSError, FailureKind.UNREACHABLE),
        (exceptions.ResponseError, FailureKind.REJECTED),
    )
    return kind_by_class(error, kinds, FailureKind.BAD_RESPONSE)
