"""Check at start that the settings can be used by the SDKs.

Each client is created once and closed. It connects to nothing: whether a service responds is
reported by /readyz and `flask images doctor`.
"""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from app.config import ConfigError, Settings
from app.container.adapters import build_store
from app.container.providers import build_client
from app.services.diagnostics.filesystems import MOUNTINFO, mount_of

_ESCAPE = "in its user name and password, write @ : / ? # [ ] % as %40 %3A %2F %3F %23 %5B %5D %25"


def check_clients(settings: Settings, *, mountinfo: Path = MOUNTINFO) -> None:
    """Create the client of each part, and close it; check where DATA_DIR is.

    Args:
        settings: the settings of the service.
        mountinfo: the table of mounted file systems.

    Raises:
        ConfigError: a client can't be created, or SQLite can't be used; its message names the
            settings.
    """
    problems = [
        f"{names}: can't be used ({type(error).__name__}): {_reason(error)}; {advice}"
        for names, advice, create in _clients(settings)
        if (error := _error_of(create)) is not None
    ]
    mount = mount_of(settings.data_dir, mountinfo)
    if mount is not None and mount.over_network and settings.mongodb_uri is None:
        problems.append(
            f"DATA_DIR: is on a network file system ({mount.kind}), where SQLite loses or damages "
            "records; use a folder on a local disk, or set MONGODB_URI"
        )
    if problems:
        raise ConfigError(problems)


def _clients(settings: Settings) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Yield the settings of each client, advice, and a function that creates it."""
    if settings.paid_provider is not None:
        names = "AZURE_OPENAI_ENDPOINT" if settings.paid_provider == "azure" else "OPENAI_BASE_URL"
        advice = "check the proxies (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), too"
        yield f"{names} or SSL_CERT_FILE", advice, lambda: _create_provider(settings)
    if settings.s3_bucket_name is not None:
        names = "S3_ENDPOINT_URL, AWS_REGION, AWS_PROFILE or AWS_CA_BUNDLE"
        yield names, "check the AWS configuration files, too", lambda: _create_store(settings)
    if settings.mongodb_uri is not None:
        uri = settings.mongodb_uri.get_secret_value()
        yield "MONGODB_URI", _ESCAPE, lambda: _create_mongodb(uri)
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        yield "REDIS_URL", _ESCAPE, lambda: _create_redis(url)


def _reason(error: Exception) -> str:
    if isinstance(error, UserWarning | TypeError):
        return "an option after the ? is unknown or has an invalid value"
    if isinstance(error, OSError):
        return "a file that it names can't be read"
    return "its form or an option is invalid"


def _error_of(create: Callable[[], None]) -> Exception | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # pymongo only warns of unknown options
            create()
    except Exception as error:  # noqa: BLE001 - reason: the SDKs raise many, and quote passwords in them
        return error
    return None


def _create_provider(settings: Settings) -> None:
    client = build_client(settings)
    client()
    client.close()


def _create_store(settings: Settings) -> None:
    from app.services.s3.store import S3Store

    store = build_store(settings)
    if isinstance(store, S3Store):
        store.client.prepare()
        store.close()


def _create_mongodb(uri: str) -> None:
    from app.services.mongodb.client import make_client

    make_client(uri, connect=False).close()


def _create_redis(url: str) -> None:
    from app.services.caching.redis_client import make_client

    with make_client(url) as client:
        client.connection_pool.make_connection()
