"""Makes the implementations that the settings ask for."""

from dataclasses import dataclass

from pydantic import SecretStr

from app.config import VERSION, Settings
from app.container.providers import build_drawing
from app.container.tracing import build_tracing
from app.ports import (
    ImageStore,
    KeyRing,
    Ledger,
    PictureCache,
    Ports,
    RateLimiter,
    Records,
)
from app.services.caching.caching_store import CachedStore
from app.services.caching.image_cache import TwoLevelCache
from app.services.files.image_store import LocalStore
from app.services.files.spool import FileSpool
from app.services.image_processor import PillowImaging
from app.services.observability.observer import Watch
from app.services.rate_limiting.limiter import SharedRateLimiter, Window
from app.services.rate_limiting.sqlite_window import SqliteWindow
from app.services.runtime.clock import SystemClock

RECORDS_FILE = "records.sqlite3"
"""The name of SQLite's file in DATA_DIR."""

_PICTURES_AT_ONCE = 1  # per process; see PillowImaging
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The ports that keep rows, side by side in one file or database."""

    records: Records
    keys: KeyRing
    ledger: Ledger


def build_ports(settings: Settings) -> Ports:
    """Make the implementations; they connect when they are first needed."""
    drawing = build_drawing(settings)
    watch = Watch(version=VERSION, tracing=build_tracing())
    cache = _cache(settings, watch)
    rows = build_rows(settings)
    return Ports(
        generator=drawing.generator,
        moderator=drawing.moderator,
        writer=drawing.writer,
        imaging=PillowImaging(at_once=_PICTURES_AT_ONCE),
        store=CachedStore(build_store(settings), cache),
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
    """Make the picture store itself, without a cache before it."""
    if settings.s3_bucket_name is None:
        return LocalStore(settings.data_dir / "store")
    from app.services.s3.store import S3Store

    return S3Store(
        bucket=settings.s3_bucket_name,
        region=settings.aws_region,
        access_key_id=_plain(settings.aws_access_key_id),
        secret_access_key=_plain(settings.aws_secret_access_key),
        endpoint_url=settings.s3_endpoint_url,
        public_base=settings.s3_public_url,
    )


def build_rows(settings: Settings) -> Rows:
    """Make all that keep rows, on one file or one database."""
    uri = _plain(settings.mongodb_uri)
    if uri is None:
        from app.services.sqlite.api_keys import SqliteKeys
        from app.services.sqlite.database import SqliteFile
        from app.services.sqlite.ledger import SqliteLedger
        from app.services.sqlite.records import SqliteRecords

        file = SqliteFile(settings.data_dir / RECORDS_FILE)
        return Rows(records=SqliteRecords(file), keys=SqliteKeys(file), ledger=SqliteLedger(file))
    from app.services.mongodb.api_keys import MongoKeys
    from app.services.mongodb.client import MongoDatabase
    from app.services.mongodb.ledger import MongoLedger
    from app.services.mongodb.records import MongoRecords

    database = MongoDatabase(uri=uri, name=settings.mongodb_database)
    return Rows(
        records=MongoRecords(database), keys=MongoKeys(database), ledger=MongoLedger(database)
    )


def _cache(settings: Settings, watch: Watch) -> PictureCache:
    memory = settings.memory_cache_mb * _MIB
    url = _plain(settings.redis_url)
    if url is None:
        return TwoLevelCache(memory_bytes=memory, count=watch.cache_read)
    from app.services.caching.redis import RedisCache

    return TwoLevelCache(memory_bytes=memory, shared=RedisCache(url), count=watch.cache_read)


def _limiter(settings: Settings) -> RateLimiter:
    windows: list[Window] = [SqliteWindow(settings.data_dir / "limits.sqlite3")]
    url = _plain(settings.redis_url)
    if url is not None:
        from app.services.rate_limiting.redis_window import RedisWindow

        windows.insert(0, RedisWindow(url))
    return SharedRateLimiter(windows, SqliteWindow())


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
