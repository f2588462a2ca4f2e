"""Build the adapters of the ports from the settings."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from app.config import VERSION, Settings, traces_exporter
from app.container.certificates import trusted_certificates
from app.container.providers import build_provider
from app.container.waiting import places_for
from app.ports import (
    ApiKeyRepository,
    ImageCache,
    ImageRecords,
    ImageStore,
    Ledger,
    Ports,
    RateLimiter,
    RecentRequests,
)
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.caching.verified_store import VerifiedStore
from app.services.diagnostics.filesystems import mount_of
from app.services.files.image_store import LocalImageStore
from app.services.files.spool import FileSpool
from app.services.image_processor import LocalImageProcessor
from app.services.observability.observer import TelemetryObserver
from app.services.rate_limiting.backend import mongodb_backend, redis_backend, sqlite_backend
from app.services.rate_limiting.limiter import RateLimitBackend, SharedRateLimiter
from app.services.runtime.store_clock import StoreClock
from app.services.runtime.timing import SystemClock

if TYPE_CHECKING:
    from app.services.observability.tracing import Tracing

_log = logging.getLogger(__name__)

RECORDS_FILE = "records.sqlite3"
"""The file name of the SQLite database in DATA_DIR."""

_MAX_CONCURRENT_IMAGES = 1  # per process; see LocalImageProcessor
_STEADY_SECONDS = 3600.0  # SQLite has no clock but this machine's, which may be wrong at first
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class DatabaseAdapters:
    """The adapters that share one database."""

    records: ImageRecords
    api_keys: ApiKeyRepository
    ledger: Ledger
    recent_requests: RecentRequests
    clock: StoreClock
    rate_limits: RateLimitBackend | None = None  # None if no other server shares the database

    def close(self) -> None:
        """Close the connections of the database; the next use opens new ones."""
        _close(self.records)


def build_ports(settings: Settings) -> Ports:
    """Build all adapters, which connect when they are first used."""
    observer = TelemetryObserver(version=VERSION, tracing=_tracing())
    provider = build_provider(settings, observer.provider_limits)
    database = build_database(settings)
    cache = _cache(settings, database, observer)
    return Ports(
        generator=provider.generator,
        moderator=provider.moderator,
        writer=provider.writer,
        image_processor=LocalImageProcessor(max_concurrent=_MAX_CONCURRENT_IMAGES),
        store=CachingStore(_verified_store(settings, database, observer), cache),
        spool=FileSpool(settings.data_dir / "spool"),
        cache=cache,
        records=database.records,
        api_keys=database.api_keys,
        rate_limiter=_limiter(settings, database.rate_limits),
        ledger=database.ledger,
        recent_requests=database.recent_requests,
        clock=SystemClock(),
        record_clock=database.clock,
        observer=observer,
    )


def close_ports(ports: Ports) -> None:
    """Close the connections of all adapters; the next use opens new ones."""
    for adapter in (ports.store, *vars(ports).values(), *vars(ports.store).values()):
        _close(adapter)


def build_store(settings: Settings) -> ImageStore:
    """Build the image store, without a cache in front of it."""
    if settings.s3_bucket_name is None:
        return LocalImageStore(settings.data_dir / "store")
    from app.services.s3.client import Bucket
    from app.services.s3.store import S3Store

    bucket = Bucket(
        name=settings.s3_bucket_name,
        region=settings.aws_region,
        access_key_id=_value_of(settings.aws_access_key_id),
        secret_access_key=_value_of(settings.aws_secret_access_key),
        session_token=_value_of(settings.aws_session_token),
        endpoint_url=settings.s3_endpoint_url,
        addressing_style=settings.s3_addressing_style,
        ca_bundle=trusted_certificates(settings),
    )
    return S3Store(bucket, public_base=settings.s3_public_url)


def _verified_store(
    settings: Settings, database: DatabaseAdapters, observer: TelemetryObserver
) -> VerifiedStore:
    return VerifiedStore(
        store=build_store(settings),
        records=database.records if settings.s3_bucket_name else None,
        count=observer.refused_object,
    )


def build_database(settings: Settings) -> DatabaseAdapters:
    """Build the adapters of the SQLite file or of the MongoDB database."""
    uri, machine = _value_of(settings.mongodb_uri), SystemClock()
    if uri is None:
        from app.services.sqlite.api_keys import SqliteApiKeys
        from app.services.sqlite.database import SqliteDatabase
        from app.services.sqlite.ledger import SqliteLedger
        from app.services.sqlite.recent_requests import SqliteRecentRequests
        from app.services.sqlite.records import SqliteRecords

        file = SqliteDatabase(settings.data_dir / RECORDS_FILE)
        return DatabaseAdapters(
            records=SqliteRecords(file),
            api_keys=SqliteApiKeys(file),
            ledger=SqliteLedger(file),
            recent_requests=SqliteRecentRequests(file),
            clock=StoreClock(machine.now, machine, steady_after=_STEADY_SECONDS),
        )
    from app.services.mongodb.api_keys import MongoApiKeys
    from app.services.mongodb.client import MongoDatabase
    from app.services.mongodb.ledger import MongoLedger
    from app.services.mongodb.recent_requests import MongoRecentRequests
    from app.services.mongodb.records import MongoRecords

    database = MongoDatabase(
        uri=uri, name=settings.database, ca_bundle=trusted_certificates(settings)
    )
    return DatabaseAdapters(
        records=MongoRecords(database),
        api_keys=MongoApiKeys(database),
        ledger=MongoLedger(database),
        recent_requests=MongoRecentRequests(database),
        clock=StoreClock(database.now, machine),
        rate_limits=mongodb_backend(database),
    )


def _cache(
    settings: Settings, database: DatabaseAdapters, observer: TelemetryObserver
) -> ImageCache:
    memory, joining = settings.memory_cache_mb * _MIB, places_for("the same image")
    url = _value_of(settings.redis_url)
    if url is None:
        return TwoLevelCache(memory_bytes=memory, count=observer.cache_read, joining=joining)
    from app.services.caching.recent_removals import RecentRemovals
    from app.services.caching.redis import RedisCache

    shared = RedisCache(
        url,
        may_be_removed=RecentRemovals(database.records, database.clock),
        timeout_seconds=settings.redis_timeout_seconds,
        ca_bundle=trusted_certificates(settings),
    )
    return TwoLevelCache(
        memory_bytes=memory, shared=shared, count=observer.cache_read, joining=joining
    )


def _limiter(settings: Settings, shared: RateLimitBackend | None) -> RateLimiter:
    """Count in Redis or MongoDB if there is one, else in a file on a local disk."""
    backends: list[RateLimitBackend] = []
    mount = mount_of(settings.data_dir)
    if mount is None or not mount.over_network:  # SQLite's locks need a local disk
        backends.append(sqlite_backend(settings.data_dir / "limits.sqlite3"))
    url = _value_of(settings.redis_url)
    if url is not None:
        shared = redis_backend(
            url,
            timeout_seconds=settings.redis_timeout_seconds,
            ca_bundle=trusted_certificates(settings),
        )
    if shared is not None:
        backends.insert(0, shared)
    return SharedRateLimiter(backends, sqlite_backend())


def _tracing() -> "Tracing | None":
    exporter = traces_exporter()
    if exporter is None:
        return None
    try:
        from app.services.observability.tracing import Tracing, exporting_to

        return Tracing(exporting_to(exporter))
    except ImportError:
        _log.warning(
            "tracing is off, because OpenTelemetry is not installed although its variables are "
            "set: run `pip install -r requirements-otel.txt`"
        )
        return None


def _close(adapter: object) -> None:
    close: Callable[[], None] = getattr(adapter, "close", lambda: None)
    close()


def _value_of(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
