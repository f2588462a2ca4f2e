"""Build the use cases and the dependencies of the views."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.blueprints.dependencies import Dependencies, ServerInfo
from app.config import VERSION, Settings
from app.container.generation import (
    build_create_cutout,
    build_deep_check,
    build_finalizer,
    build_free_images,
    build_generate_image,
    build_maintenance,
    build_reconcile,
    build_recovery,
)
from app.container.reading import build_edit_inputs, build_trash, past_the_cache
from app.container.selection import select_adapters
from app.container.uploads import build_upload_image, build_upload_limits
from app.container.waiting import (
    guarded_store,
    places_for,
    records_guard,
    variant_places,
)
from app.errors import AppError
from app.http.concurrency import ConcurrencyLimit
from app.http.rate_limits import LimitName, RateLimits
from app.http.url_signing import Signer
from app.models import Budget, Rate
from app.ports import ImageCache, Ports
from app.services.caching.api_key_cache import CachedApiKeys
from app.services.caching.caching_store import CachingStore
from app.services.caching.memory import MemoryCache
from app.services.files.cursor import FileCursor
from app.services.files.temp_files import LocalTempFiles
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.auth.authentication import Authentication
from app.usecases.billing.budgets import BudgetGuard, parse_budget
from app.usecases.billing.pricing import Prices
from app.usecases.billing.usage_report import UsageReporter
from app.usecases.generation.deadlines import Deadlines
from app.usecases.generation.estimates import Estimates, SafetyIdentifiers
from app.usecases.generation.retries import RequestKeys
from app.usecases.groups.delete_group import DeleteGroup
from app.usecases.groups.generate_group import GenerateGroup
from app.usecases.images.archive import ImageArchive
from app.usecases.images.images import Images
from app.usecases.images.import_image import ImportImage
from app.usecases.images.organize import OrganizeImages
from app.usecases.images.prompts import Prompts
from app.usecases.images.recut import RecutImages
from app.usecases.images.variants import Variants
from app.usecases.operations.health import HealthCheck, Readiness
from app.usecases.operations.metrics_report import MetricsReport
from app.usecases.operations.storage_check import StorageCheck

_PAGE_CACHE_BYTES = 8 * 1024 * 1024
_OWNER_CACHE_BYTES = 8 * 1024 * 1024
_CACHE_TTL_SECONDS = 60


def build_dependencies(settings: Settings, ports: Ports) -> Dependencies:
    """Build the dependencies of the views from settings and ports."""
    machine_clock = ports.clock
    ports = replace(ports, clock=ports.record_clock or ports.clock)
    uncached = past_the_cache(ports)
    # Its writes concern no image, so the cache has nothing to forget.
    raw = ports.store.store if isinstance(ports.store, CachingStore) else ports.store
    storage_check = StorageCheck(store=raw, spool=ports.spool)
    readiness = _readiness(settings, replace(ports, clock=machine_clock), storage_check)
    store = guarded_store(ports)
    images = Images(
        store,
        ports.records,
        ports.clock,
        _memory_cache(_OWNER_CACHE_BYTES),
        guard=records_guard(ports),
        deleting=places_for("deletions"),
    )
    prices = Prices(settings.price_table)
    budget = parse_budget(settings.server_budget)
    budget_guard = BudgetGuard(ledger=ports.ledger, clock=ports.clock, budget=budget)
    deadlines = Deadlines(settings.openai_image_model, settings.openai_timeout_seconds)
    estimates = Estimates(
        generator=ports.generator,
        writer=ports.writer,
        prices=prices,
        quality=settings.openai_image_quality,
        deadlines=deadlines,
        identifiers=SafetyIdentifiers(_provider_secret(settings)),
    )
    with_prompts = settings.xmp_include_prompt
    finalizer = build_finalizer(ports, with_prompts=with_prompts)
    recovery = build_recovery(uncached, build_finalizer(uncached, with_prompts=with_prompts))
    free_images = build_free_images(uncached, recovery)
    retention = timedelta(days=settings.idempotency_ttl_days)
    generate = build_generate_image(
        ports,
        estimates=estimates,
        budget_guard=budget_guard,
        readiness=readiness,
        storage_check=storage_check,
        finalizer=finalizer,
        recovery=recovery,
        lease=deadlines.lease,
        retention=retention,
    )
    trash = build_trash(uncached, images, timedelta(days=settings.trash_days))
    authentication = _authentication(replace(ports, clock=machine_clock))
    authenticate = authentication if settings.auth_required else None
    return Dependencies(
        generate=generate,
        generate_group=GenerateGroup(single=generate),
        delete_group=DeleteGroup(images=images, trash=trash),
        estimates=estimates,
        edit_inputs=build_edit_inputs(ports, images),
        request_keys=RequestKeys(recent=ports.recent_requests, clock=ports.clock),
        preview=ports.image_processor.preview,
        images=images,
        archive=ImageArchive(images, places_for("archives")),
        variants=_variants(settings, replace(ports, store=store), images),
        create_cutout=build_create_cutout(uncached, free_images),
        upload_image=build_upload_image(settings, ports, free_images),
        upload_limits=build_upload_limits(settings, authenticate),
        prompts=Prompts(
            ports.writer,
            prices=prices,
            budget_guard=budget_guard,
            clock=ports.clock,
            rng=random.SystemRandom(),
            waiting=places_for("prompts"),
        ),
        usage_reporter=UsageReporter(ports.ledger, ports.clock, images.guard),
        readiness=readiness,
        metrics_report=MetricsReport(ports.observer, ports.spool, readiness),
        import_image=ImportImage(
            records=ports.records,
            image_processor=ports.image_processor,
            finalizer=finalizer,
            trash=trash,
        ),
        recut=RecutImages(
            records=ports.records,
            store=uncached.store,
            finalizer=recovery.finalizer,
            cache=ports.cache,
        ),
        trash=trash,
        organize=OrganizeImages(records=ports.records, store=ports.store, images=images),
        reconcile=build_reconcile(
            uncached,
            recovery,
            LocalTempFiles(settings.data_dir / "store", settings.data_dir / "spool"),
            retention,
        ),
        deep_check=build_deep_check(
            uncached, recovery, FileCursor(settings.data_dir / "deep-check")
        ),
        maintenance=build_maintenance(uncached, readiness, recovery, retention, trash.period),
        authenticate=authenticate,
        rate_limits=RateLimits(rates=_rates(settings), limiter=ports.rate_limiter),
        api_keys=ApiKeys(ports.api_keys, machine_clock),
        store=ports.store,
        page_cache=_memory_cache(_PAGE_CACHE_BYTES),
        concurrency_limit=ConcurrencyLimit(settings.max_concurrent_generations),
        signer=Signer(settings.signing_keys, machine_clock),
        server_info=_server_info(settings, ports, budget),
    )


def _provider_secret(settings: Settings) -> str:
    """Return the API key of the provider, which all servers of an account share."""
    keys = {"openai": settings.openai_api_key, "azure": settings.azure_openai_api_key}
    key = keys.get(settings.paid_provider or "")
    return key.get_secret_value() if key else ""


def _readiness(settings: Settings, ports: Ports, storage_check: StorageCheck) -> Readiness:
    kinds = {selected.part: selected.kind for selected in select_adapters(settings)}
    cache = HealthCheck(
        name="cache",
        kind=kinds["cache"],
        ping=lambda: _ping_cache(ports.cache),
        required=False,
    )
    return Readiness(
        (
            HealthCheck(
                name="storage",
                kind=kinds["storage"],
                ping=storage_check,
                is_outdated=storage_check.is_outdated,
            ),
            HealthCheck(name="records", kind=kinds["records"], ping=ports.records.ping),
            cache,
        ),
        clock=ports.clock,
    )


def _variants(settings: Settings, ports: Ports, images: Images) -> Variants:
    return Variants(
        images=images,
        store=ports.store,
        image_processor=ports.image_processor,
        cache=ports.cache,
        rendering=variant_places(settings.max_concurrent_variants),
    )


def _server_info(settings: Settings, ports: Ports, budget: Budget | None) -> ServerInfo:
    return ServerInfo(
        provider=ports.generator.provider,
        model=ports.generator.model,
        public_url=settings.public_base_url,
        version=VERSION,
        redirects=settings.serve_mode == "redirect",
        auth_required=settings.auth_required,
        public_images=settings.public_images or not settings.auth_required,
        partial_images=settings.openai_partial_images,
        model_aliases=settings.model_aliases,
        budget=budget,
        fault_injection=settings.paid_provider is None,
    )


def _memory_cache(max_bytes: int) -> MemoryCache[Any]:
    return MemoryCache(max_bytes=max_bytes, ttl_seconds=_CACHE_TTL_SECONDS)


def _authentication(ports: Ports) -> Authentication:
    return Authentication(CachedApiKeys(ports.api_keys, ports.clock).get, ports.clock)


def _rates(settings: Settings) -> dict[LimitName, Rate | None]:
    return {
        "generate": Rate.parse(settings.rate_limit_generate),
        "prompts": Rate.parse(settings.rate_limit_prompts),
        "variants": Rate.parse(settings.rate_limit_variants),
        "default": Rate.parse(settings.rate_limit_default),
    }


def _ping_cache(cache: ImageCache) -> None:
    if not cache.is_up():
        raise AppError("the cache does not respond")
