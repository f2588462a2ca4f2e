"""The MongoDB client, and the translation of its errors."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from app.errors import RecordsUnavailable
from app.services.runtime.failures import Failure, FailureKind, kind_by_class, replace_errors
from app.services.runtime.lazy_client import LazyClient

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.collection import Collection
    from pymongo.monitoring import _EventListener

_TIMEOUT_MS = 2500
_CONCERNS = {
    "w": "majority",
    "journal": "true",
    "wtimeoutms": "",
    "readconcernlevel": "majority",
    "readpreference": "primary",
    "readpreferencetags": "",
    "maxstalenessseconds": "",
}
"""The options that this module decides, and their values; "" for not set."""
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

    A failover undoes what a majority of the members does not have. Each write therefore waits for
    the journals of a majority, and each read returns what a majority has: otherwise a server could
    pay for an image whose record is lost.

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
        """Return a collection of this database, whose writes and reads are majority ones."""
        from pymongo import ReadPreference, WriteConcern
        from pymongo.read_concern import ReadConcern

        database = self._client().get_database(
            self._name,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
        )
        return database[name]

    def now(self) -> datetime:
        """Return the time of the server.

        Raises:
            RecordsUnavailable: the server can't be reached.
        """
        with translate_errors():
            time: datetime = self._client().admin.command("hello")["localTime"]
            return time.replace(tzinfo=UTC)

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        self._client.close()


def make_client(
    uri: str,
    *,
    connect: bool = True,
    ca_bundle: str | None = None,
    listeners: "Sequence[_EventListener]" = (),
) -> "MongoClient[dict[str, Any]]":
    """Create a client whose calls time out, whatever the server does.

    Args:
        uri: a MongoDB connection string with all options; those in `overridden_options` have no
            effect.
        connect: whether to connect in the background; if not, the first call does.
        ca_bundle: path of the certificates to trust, unless the URI has options of its own.
        listeners: are notified of each command.

    Raises:
        ConfigurationError: the URI or one of its options is invalid.
    """
    from pymongo import MongoClient
    from pymongo.errors import ConfigurationError

    verifies = ca_bundle is not None and _verifies_by_default(uri)
    trust: dict[str, Any] = {"tlsCAFile": ca_bundle} if verifies else {}
    try:
        return MongoClient(
            _without_concerns(uri),
            connect=connect,
            tz_aware=True,
            event_listeners=listeners,
            connectTimeoutMS=_TIMEOUT_MS,
            timeoutMS=_TIMEOUT_MS,  # of a whole call, including server selection and retries
            **trust,
        )
    except (ValueError, TypeError) as error:
        raise ConfigurationError(type(error).__name__) from None


def overridden_options(uri: str) -> tuple[str, ...]:
    """Return the options of a URI that have no effect, in lower case.

    They say how many members confirm a write, or which members are read.
    """
    stated = ((name, option.partition("=")[2].lower()) for name, option in _options(uri))
    return tuple(
        dict.fromkeys(name for name, value in stated if _CONCERNS.get(name, value) != value)
    )


def _without_concerns(uri: str) -> str:
    kept = [option for name, option in _options(uri) if name not in _CONCERNS]
    address, separator, _ = uri.partition("?")
    return f"{address}{separator}{'&'.join(kept)}"


def _options(uri: str) -> list[tuple[str, str]]:
    """Return the names of a URI's options in lower case, and each option unchanged."""
    options = re.split("[&;]", uri.partition("?")[2])
    return [(option.partition("=")[0].lower(), option) for option in options]


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
