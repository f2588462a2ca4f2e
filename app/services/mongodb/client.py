"""The MongoDB client, and the translation of its errors."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from app.errors import RecordsUnavailable
from app.services.runtime.failures import Failure, FailureKind, kind_by_class, replace_errors
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection

_TIMEOUT_MS = 2500
_TRUST_OPTIONS = {"tlscafile", "tlsinsecure", "tlsallowinvalidcertificates"}
_KINDS_BY_CODE = {
    13: FailureKind.PERMISSION_DENIED,
    18: FailureKind.CREDENTIALS_REFUSED,
    50: FailureKind.NO_RESPONSE,  # MaxTimeMSExpired
    8000: FailureKind.CREDENTIALS_REFUSED,  # Atlas
}


class MongoDatabase:
    """A database with all collections.

    The client is created at first use, after the server has forked.

    Args:
        uri: a MongoDB connection string with all options.
        name: the database's name.
        ca_bundle: path of the certificates to trust; None for the usual ones.
        client: an open client to use instead of creating one from the URI.
    """

    def __init__(
        self,
        *,
        uri: str,
        name: str,
        ca_bundle: str | None = None,
        client: "MongoClient[dict[str, Any]] | None" = None,
    ) -> None:
        self._name = name
        self._client: LazyClient[MongoClient[dict[str, Any]]] = LazyClient(
            lambda: client or make_client(uri, ca_bundle=ca_bundle)
        )

    def client(self) -> "MongoClient[dict[str, Any]]":
        """Return the client of this process."""
        return self._client()

    def collection(self, name: str) -> "Collection[dict[str, Any]]":
        """Return a collection of this database."""
        return self._client()[self._name][name]

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._client.close()


def make_client(
    uri: str, *, connect: bool = True, ca_bundle: str | None = None
) -> "MongoClient[dict[str, Any]]":
    """Create a client whose calls time out, whatever the server does.

    Args:
        uri: a MongoDB connection string with all options.
        connect: whether to connect in the background; if not, the first call does.
        ca_bundle: path of the certificates to trust, unless the URI has options of its own.

    Raises:
        ConfigurationError: the URI or one of its options is invalid.
    """
    from pymongo import MongoClient
    from pymongo.errors import ConfigurationError

    verifies = ca_bundle is not None and _verifies_by_default(uri)
    trust: dict[str, Any] = {"tlsCAFile": ca_bundle} if verifies else {}
    try:
        return MongoClient(
            uri,
            connect=connect,
            tz_aware=True,
            connectTimeoutMS=_TIMEOUT_MS,
            timeoutMS=_TIMEOUT_MS,  # of a whole call, including server selection and retries
            **trust,
        )
    except (ValueError, TypeError) as error:
        raise ConfigurationError(type(error).__name__) from None


def _verifies_by_default(uri: str) -> bool:
    """Return whether the client uses TLS, and the URI does not say whom to trust."""
    parts = urlsplit(uri)
    options = {name.lower(): text.lower() for name, text in parse_qsl(parts.query)}
    enabled = options.get("tls", options.get("ssl", str(parts.scheme == "mongodb+srv").lower()))
    return enabled == "true" and not options.keys() & _TRUST_OPTIONS


def translate_errors() -> AbstractContextManager[None]:
    """Replace errors of the SDK with RecordsUnavailable."""
    return replace_errors(classify, _app_error)


def classify(error: Exception) -> Failure | None:
    """Classify an error of the SDK; None for any other exception."""
    from pymongo.errors import OperationFailure, PyMongoError

    if not isinstance(error, PyMongoError):
        return None
    name = type(error).__name__
    if isinstance(error, OperationFailure) and error.code is not None:
        kind = _KINDS_BY_CODE.get(error.code, FailureKind.REJECTED)
        return Failure(kind=kind, detail=f"{name}, code {error.code}", code=f"code {error.code}")
    return Failure(kind=_kind(error), detail=name, code=name)


def _kind(error: Exception) -> FailureKind:
    from pymongo import errors

    kinds = (
        (errors.NetworkTimeout, FailureKind.NO_RESPONSE),
        (errors.ExecutionTimeout, FailureKind.NO_RESPONSE),
        (errors.WTimeoutError, FailureKind.NO_RESPONSE),
        (errors.ConnectionFailure, FailureKind.UNREACHABLE),
        (errors.ConfigurationError, FailureKind.CONFIGURATION),
    )
    return kind_by_class(error, kinds, FailureKind.REJECTED)


def _app_error(failure: Failure) -> RecordsUnavailable:
    return RecordsUnavailable(f"MongoDB: {failure.detail}")
