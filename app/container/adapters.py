"""Makes the implementations that the settings ask for."""

from dataclasses import dataclass

from pydantic import SecretStr

from app.config import VERSION, Settings
from app.container.providers import build_drawing
from app.container.tracing import build_tracing
from app.ports import (
    ApiKeyRepository,
    ImageCache,
    ImageRecords,
    ImageStore,
    Ledger,
    Ports,
    RateLimiter,
)
from app.services.caching.caching_store import CachingStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.files.image_store import LocalImageStore
from app.services.files.spool import FileSpool
from app.services.image_processor import LocalImageProcessor
from app.services.observability.observer import TelemetryObserver
from app.services.rate_limiting.limiter import RateLimitBackend, SharedRateLimiter
from app.services.rate_limiting.sqlite_window import SqliteWindow
from app.services.runtime.clock import SystemClock

RECORDS_FILE = "records.sqlite3"
"""The name of SQLite's file in DATA_DIR."""

_MAX_CONCURRENT_IMAGES = 1  # per process; see LocalImageProcessor
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class DatabasePorts:
    """The ports that keep rows, side by side in one file or database."""

    records: ImageRecords
    keys: ApiKeyRepository
    ledger: Ledger


def build_ports(settings: Settings) -> Ports:
    """Make the implementations; they connect when they are first needed."""
    drawing = build_drawing(settings)
    watch = TelemetryObserver(version=VERSION, tracing=build_tracing())
    cache = _cache(settings, watch)
    rows = build_rows(settings)
    return Ports(
        generator=drawing.generator,
        moderator=drawing.moderator,
        writer=drawing.writer,
        imaging=LocalImageProcessor(at_once=_MAX_CONCURRENT_IMAGES),
        store=CachingStore(build_store(settings), cache),
        spool=FileSpool(settings.data_dir / "spool"),
        cache=cache,
        records=rows.records,
        keys=rows.keys,
        limiter=_limiter(settings),
        ledger=rows.ledger,
        clock=SystemClock(),
        observer=watch,
    )


def build_store(settings: Settings) -> ImageStore:
    """Make the image store itself, without a cache before it."""
    if settings.s3_bucket_name is None:
        return LocalImageStore(settings.data_dir / "store")
    from app.services.s3.store import S3Store

    return S3Store(
        bucket=settings.s3_bucket_name,
        region=settings.aws_region,
        access_key_id=_plain(settings.aws_access_key_id),
        secret_access_key=_plain(settings.aws_secret_access_key),
        endpoint_url=settings.s3_endpoint_url,
        public_base=settings.s3_public_url,
    )


def build_rows(settings: Settings) -> DatabasePorts:
    """Make all that keep rows, on one file or one database."""
    uri = _plain(settings.mongodb_uri)
    if uri is None:
        from app.services.sqlite.api_keys import SqliteApiKeys
        from app.services.sqlite.database import SqliteDatabase
        from app.services.sqlite.ledger import SqliteLedger
        from app.services.sqlite.records import SqliteRecords

        file = SqliteDatabase(settings.data_dir / RECORDS_FILE)
        return DatabasePorts(
            records=SqliteRecords(file), keys=SqliteApiKeys(file), ledger=SqliteLedger(file)
        )
    from app.services.mongodb.api_keys import MongoApiKeys
    from app.services.mongodb.client import MongoDatabase
    from app.services.mongodb.ledger import MongoLedger
    from app.services.mongodb.records import MongoRecords

    database = MongoDatabase(uri=uri, name=settings.mongodb_database)
    return DatabasePorts(
        records=MongoRecords(database), keys=MongoApiKeys(database), ledger=MongoLedger(database)
    )


def _cache(settings: Settings, watch: TelemetryObserver) -> ImageCache:
    memory = settings.memory_cache_mb * _MIB
    url = _plain(settings.redis_url)
    if url is None:
        return TwoLevelCache(memory_bytes=memory, count=watch.cache_read)
    from app.services.caching.redis import RedisCache

    return TwoLevelCache(memory_bytes=memory, shared=RedisCache(url), count=watch.cache_read)


def _limiter(settings: Settings) -> RateLimiter:
    windows: list[RateLimitBackend] = [SqliteWindow(settings.data_dir / "limits.sqlite3")]
    url = _plain(settings.redis_url)
    if url is not None:
        from app.services.rate_limiting.redis_window import RedisWindow

        windows.insert(0, RedisWindow(url))
    return SharedRateLimiter(windows, SqliteWindow())


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
