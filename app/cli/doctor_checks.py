"""Which checks belong to these settings: the wiring of `flask images doctor`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings
from app.container import RECORDS_FILE, build_database, build_store
from app.models import ApiKey, Finding
from app.services.diagnostics import (
    access,
    clock_skew,
    data_dir,
    gunicorn_config,
    mongodb,
    openai,
    prices,
    redis,
    s3,
    sqlite,
)
from app.services.diagnostics.openai import RequiredModels
from app.services.openai.client import lazy_client
from app.services.runtime.clock import SystemClock
from app.services.s3.store import S3Store
from app.usecases.billing.pricing import Prices
from app.usecases.operations.diagnostics import Check

_GUNICORN = Path(__file__).parents[2] / "gunicorn.conf.py"
_now = SystemClock().now


def checks_for(settings: Settings) -> list[Check]:
    """List a check for each part, as it is with these settings."""
    looks: dict[str, Callable[[Settings], Iterable[Finding]]] = {
        "drawing": _drawing,
        "storage": _storage,
        "clock": _clock,
        "records": _records,
        "cache": _cache,
        "data dir": _data_dir,
        "gunicorn": _gunicorn,
        "access": _access,
        "budget": _budget,
    }
    return [Check(part=part, run=partial(look, settings)) for part, look in looks.items()]


def _drawing(settings: Settings) -> Iterator[Finding]:
    if settings.provider == "offline":
        yield openai.offline()
        return
    if settings.provider == "replay":
        yield openai.replay(settings.cassettes_path)
        return
    if settings.paid_provider == "azure":
        yield openai.azure()
        return
    wanted = [
        RequiredModels("image model", settings.openai_image_model, "OPENAI_IMAGE_MODEL"),
        RequiredModels("text model", settings.openai_text_model, "OPENAI_TEXT_MODEL"),
    ]
    if settings.openai_moderation_model == "off":
        yield openai.moderation_off()
    else:
        name = settings.openai_moderation_model
        wanted.append(RequiredModels("moderation", name, "OPENAI_MODERATION_MODEL"))
    client = lazy_client(api_key=_plain(settings.openai_api_key), base_url=settings.openai_base_url)
    report_time = settings.s3_bucket_name is None
    yield from openai.check_models(client, wanted, now=_now, report_time=report_time)


def _storage(settings: Settings) -> Iterator[Finding]:
    store = build_store(settings)
    if isinstance(store, S3Store):
        return s3.check_bucket(store, now=_now)
    return data_dir.check_file_store(settings.data_dir / "store")


def _clock(settings: Settings) -> Iterator[Finding]:
    """Say so if nobody tells the time; else the answers of storage or drawing tell it."""
    if settings.s3_bucket_name is None and settings.paid_provider != "openai":
        yield clock_skew.no_server()


def _records(settings: Settings) -> Iterator[Finding]:
    if settings.mongodb_uri is None:
        return sqlite.check_file(settings.data_dir / RECORDS_FILE)
    return mongodb.check_database(
        uri=_plain(settings.mongodb_uri), database=settings.mongodb_database
    )


def _cache(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        return redis.memory_of_each_process(settings.web_concurrency)
    return redis.check_server(_plain(settings.redis_url))


def _data_dir(settings: Settings) -> Iterator[Finding]:
    return data_dir.check_data_dir(settings.data_dir)


def _gunicorn(settings: Settings) -> Iterator[Finding]:
    return gunicorn_config.check_settings(
        _GUNICORN,
        generations=settings.max_concurrent_generations,
        call_seconds=settings.openai_timeout_seconds,
    )


def _access(settings: Settings) -> Iterator[Finding]:
    yield from access.check_access(
        paid=settings.paid_provider is not None,
        origins=settings.allowed_origins,
        host=settings.host,
        auth_required=settings.auth_required,
    )
    if settings.auth_required:
        yield access.check_keys(partial(_live_keys, settings))


def _live_keys(settings: Settings) -> Sequence[ApiKey]:
    if settings.mongodb_uri is None and not (settings.data_dir / RECORDS_FILE).exists():
        return ()  # and none is made by looking
    now = _now()
    return [key for key in build_database(settings).keys.list() if key.is_live(now)]


def _budget(settings: Settings) -> Iterator[Finding]:
    if settings.paid_provider is None:
        return
    table = Prices(settings.price_table)
    image, text = settings.openai_image_model, settings.openai_text_model
    known = {image: table.knows_drawing(image), text: table.max_prompts_cost(text) is not None}
    unknown = [model for model, priced in known.items() if not priced]
    yield from prices.check_prices(unknown, budget=settings.server_budget)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
