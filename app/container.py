"""The composition root: the only place that picks implementations, and says why."""

import logging
import random
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from app.blueprints.dependencies import Defaults, Dependencies
from app.config import VERSION, Settings
from app.errors import AppError
from app.http.limits import InFlight
from app.ports import Cache, ImageGenerator, ImageStore, Moderator, Ports, PromptWriter, Records
from app.services.cached_store import CachedStore
from app.services.local_store import LocalStore
from app.services.pillow_imaging import PillowImaging
from app.services.system_clock import SystemClock
from app.usecases.generation import GenerateImage
from app.usecases.images import Images
from app.usecases.prompts import Prompts
from app.usecases.readiness import Part, Readiness

_PICTURES_AT_ONCE = 1  # per process; see PillowImaging
_MEMORY_CACHE_BYTES = 64 * 1024 * 1024
_MEMORY_CACHE_SECONDS = 60
_LEASE_BEYOND_TIMEOUT_SECONDS = 60

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which implementation a part has (`kind`), in words (`used`), and because of what."""

    part: str
    kind: str
    used: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The three ports that one provider implements."""

    generator: ImageGenerator
    moderator: Moderator
    writer: PromptWriter


def choose(settings: Settings) -> tuple[Choice, ...]:
    """Tell what the settings lead to, part by part."""
    data = settings.data_dir
    openai = ("openai", f"OpenAI {settings.openai_image_model}")
    offline = ("offline", "offline painter: pictures drawn by rules, not AI")
    drawing, provider = (openai if settings.draws_with == "openai" else offline), "OPENAI_API_KEY"
    store = ("s3", "S3") if settings.s3_bucket_name else ("files", f"files in {data / 'store'}")
    records = ("mongodb", "MongoDB") if settings.mongodb_uri else ("sqlite", f"SQLite in {data}")
    cache = ("redis", "Redis") if settings.redis_url else ("memory", "memory of each process")
    if settings.image_provider:
        provider = "IMAGE_PROVIDER"
    return (
        _choice("drawing", drawing, provider, settings.image_provider or settings.openai_api_key),
        _choice("storage", store, "S3_BUCKET_NAME", settings.s3_bucket_name),
        _choice("records", records, "MONGODB_URI", settings.mongodb_uri),
        _choice("cache", cache, "REDIS_URL", settings.redis_url),
    )


def _choice(part: str, chosen: tuple[str, str], setting: str, value: object) -> Choice:
    why = f"{setting} is set" if value else f"{setting} is not set"
    return Choice(part=part, kind=chosen[0], used=chosen[1], why=why)


def build_ports(settings: Settings) -> Ports:
    """Make the implementations; they connect when they are first needed."""
    drawing = _drawing(settings)
    cache = _cache(settings)
    return Ports(
        generator=drawing.generator,
        moderator=drawing.moderator,
        writer=drawing.writer,
        imaging=PillowImaging(at_once=_PICTURES_AT_ONCE),
        store=CachedStore(_store(settings), cache),
        spool=LocalStore(settings.data_dir / "spool"),
        cache=cache,
        records=_records(settings),
        clock=SystemClock(),
    )


def build_dependencies(settings: Settings, ports: Ports) -> Dependencies:
    """Make the use cases on these ports."""
    kinds = {choice.part: choice.kind for choice in choose(settings)}
    readiness = Readiness(
        (
            Part(name="storage", kind=kinds["storage"], ping=ports.store.ping),
            Part(name="records", kind=kinds["records"], ping=ports.records.ping),
            Part(
                name="cache",
                kind=kinds["cache"],
                ping=lambda: _ping_cache(ports.cache),
                required=False,
            ),
        ),
        clock=ports.clock,
    )
    lease = timedelta(seconds=settings.openai_timeout_seconds + _LEASE_BEYOND_TIMEOUT_SECONDS)
    return Dependencies(
        generate=GenerateImage(ports, readiness, lease),
        images=Images(ports.store, ports.records),
        prompts=Prompts(ports.writer, clock=ports.clock, rng=random.SystemRandom()),
        readiness=readiness,
        store=ports.store,
        in_flight=InFlight(settings.max_generations_in_flight),
        defaults=Defaults(
            provider=ports.generator.provider,
            model=ports.generator.model,
            quality=settings.openai_image_quality,
            public_url=settings.public_url,
            version=VERSION,
        ),
    )


def announce(settings: Settings) -> None:
    """Log one line a part: what was chosen and why."""
    for choice in choose(settings):
        _log.info("%s: %s (%s)", choice.part, choice.used, choice.why)
    if settings.draws_with == "openai":
        _log.warning(
            "anyone who can reach this server can draw pictures at your expense: "
            "keep it on a private address or behind a proxy that asks for a password"
        )


def _drawing(settings: Settings) -> Drawing:
    if settings.draws_with == "offline":
        from app.services import offline

        return Drawing(
            generator=offline.OfflineGenerator(),
            moderator=offline.OfflineModerator(),
            writer=offline.OfflinePromptWriter(rng=random.SystemRandom()),
        )
    from app.services.openai_client import lazy_client
    from app.services.openai_generator import OpenAIGenerator
    from app.services.openai_moderator import NoModerator, OpenAIModerator
    from app.services.openai_prompt_writer import OpenAIPromptWriter

    client = lazy_client(
        api_key=_plain(settings.openai_api_key) or "", base_url=settings.openai_base_url
    )
    moderator: Moderator = NoModerator()
    if settings.openai_moderation_model != "off":
        moderator = OpenAIModerator(client, model=settings.openai_moderation_model)
    return Drawing(
        generator=OpenAIGenerator(
            client,
            model=settings.openai_image_model,
            timeout_seconds=settings.openai_timeout_seconds,
        ),
        moderator=moderator,
        writer=OpenAIPromptWriter(
            client, model=settings.openai_text_model, rng=random.SystemRandom()
        ),
    )


def _store(settings: Settings) -> ImageStore:
    if settings.s3_bucket_name is None:
        return LocalStore(settings.data_dir / "store")
    from app.services.s3_store import S3Store

    return S3Store(
        bucket=settings.s3_bucket_name,
        region=settings.aws_region,
        access_key_id=_plain(settings.aws_access_key_id),
        secret_access_key=_plain(settings.aws_secret_access_key),
        endpoint_url=settings.s3_endpoint_url,
        public_base=settings.s3_public_url,
    )


def _records(settings: Settings) -> Records:
    uri = _plain(settings.mongodb_uri)
    if uri is None:
        from app.services.sqlite_records import SqliteRecords

        return SqliteRecords(settings.data_dir / "records.sqlite3")
    from app.services.mongo_records import MongoRecords

    return MongoRecords(uri=uri, database=settings.mongodb_database)


def _cache(settings: Settings) -> Cache:
    url = _plain(settings.redis_url)
    if url is None:
        from app.services.memory_cache import MemoryCache

        return MemoryCache(max_bytes=_MEMORY_CACHE_BYTES, ttl_seconds=_MEMORY_CACHE_SECONDS)
    from app.services.redis_cache import RedisCache

    return RedisCache(url)


def _ping_cache(cache: Cache) -> None:
    if not cache.is_up():
        raise AppError("the cache does not answer")


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
