"""Select and wire the checks of `flask images doctor`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings
from app.container import RECORDS_FILE, build_client, build_database, build_store
from app.container.certificates import trusted_certificates
from app.models import ApiKey, Finding
from app.services.diagnostics import (
    access,
    azure,
    clock_skew,
    data_dir,
    gunicorn_config,
    mongodb,
    openai,
    redis,
    s3,
    sqlite,
)
from app.services.diagnostics.openai import RequiredModel
from app.services.runtime.timing import SystemClock
from app.services.s3.store import S3Store
from app.usecases.billing.pricing import Prices
from app.usecases.generation.deadlines import Deadlines
from app.usecases.operations.diagnostics import Check

_GUNICORN_FILE = Path(__file__).parents[3] / "gunicorn.conf.py"
_now = SystemClock().now


def checks_for(settings: Settings) -> list[Check]:
    """Return a check for each part of the service, with these settings."""
    checks: dict[str, Callable[[Settings], Iterable[Finding]]] = {
        "provider": _check_provider,
        "storage": _check_storage,
        "clock": _check_clock,
        "records": _check_records,
        "cache": _check_cache,
        "data dir": _check_data_dir,
        "gunicorn": _check_gunicorn,
        "access": _check_access,
        "budget": _check_budget,
    }
    return [Check(part=part, run=partial(check, settings)) for part, check in checks.items()]


def _check_provider(settings: Settings) -> Iterator[Finding]:
    if settings.provider == "offline":
        yield openai.offline()
    elif settings.provider == "replay":
        yield openai.replay(settings.cassettes_path)
    elif settings.paid_provider == "azure":
        yield azure.check_resource(build_client(settings))
    else:
        yield from _check_openai(settings)


def _check_openai(settings: Settings) -> Iterator[Finding]:
    required = [
        RequiredModel("image model", settings.openai_image_model, "OPENAI_IMAGE_MODEL"),
        RequiredModel("text model", settings.openai_text_model, "OPENAI_TEXT_MODEL"),
    ]
    moderation = settings.moderation_model
    if moderation is None:
        yield openai.moderation_off()
    else:
        required.append(RequiredModel("moderation", moderation, "OPENAI_MODERATION_MODEL"))
    client = build_client(settings)
    without_s3 = settings.s3_bucket_name is None
    yield from openai.check_models(client, required, now=_now, compare_clock=without_s3)


def _check_storage(settings: Settings) -> Iterator[Finding]:
    store = build_store(settings)
    if isinstance(store, S3Store):
        return s3.check_bucket(store, now=_now)
    return data_dir.check_file_store(settings.data_dir / "store")


def _check_clock(settings: Settings) -> Iterator[Finding]:
    """Report the clock as not checked, if no other check compares it.

    The checks of S3 and OpenAI compare it with the server's.
    """
    if settings.s3_bucket_name is None and settings.paid_provider != "openai":
        yield clock_skew.not_needed()


def _check_records(settings: Settings) -> Iterator[Finding]:
    if settings.mongodb_uri is None:
        return sqlite.check_file(settings.data_dir / RECORDS_FILE)
    return mongodb.check_database(
        uri=_plain(settings.mongodb_uri),
        database=settings.database,
        ca_bundle=trusted_certificates(settings),
    )


def _check_cache(settings: Settings) -> Iterator[Finding]:
    if settings.redis_url is None:
        return redis.without_redis(settings.web_concurrency)
    return redis.check_server(
        _plain(settings.redis_url),
        timeout_seconds=settings.redis_timeout_seconds,
        ca_bundle=trusted_certificates(settings),
    )


def _check_data_dir(settings: Settings) -> Iterator[Finding]:
    return data_dir.check_data_dir(settings.data_dir)


def _check_gunicorn(settings: Settings) -> Iterator[Finding]:
    return gunicorn_config.check_settings(
        _GUNICORN_FILE,
        generations=settings.max_concurrent_generations,
        call_seconds=Deadlines(
            settings.openai_image_model, settings.openai_timeout_seconds
        ).longest_seconds,
    )


def _check_access(settings: Settings) -> Iterator[Finding]:
    yield from access.check_access(
        paid=settings.paid_provider is not None,
        origins=settings.allowed_origins,
        host=settings.host,
        auth_required=settings.auth_required,
    )
    if settings.auth_required:
        yield access.check_keys(partial(_active_keys, settings))


def _active_keys(settings: Settings) -> Sequence[ApiKey]:
    if settings.mongodb_uri is None and not (settings.data_dir / RECORDS_FILE).exists():
        return ()  # opening the database would create the file
    now = _now()
    with closing(build_database(settings)) as database:
        return [key for key in database.api_keys.list() if key.is_live(now)]


def _check_budget(settings: Settings) -> Iterator[Finding]:
    if settings.paid_provider is None:
        return
    table = Prices(settings.price_table)
    image, text = settings.openai_image_model, settings.openai_text_model
    priced = {image: table.has_image_prices(image), text: table.max_prompts_cost(text) is not None}
    unpriced = [model for model, known in priced.items() if not known]
    yield from access.check_budget(unpriced, budget=settings.server_budget)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
