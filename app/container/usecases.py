"""Makes the use cases on top of the ports."""

import random
from dataclasses import replace
from datetime import timedelta

from app.blueprints.dependencies import Defaults, Dependencies
from app.config import VERSION, Settings
from app.container.selection import choose
from app.errors import AppError
from app.http.concurrency import InFlight
from app.http.rate_limits import Limit, RateLimits
from app.http.url_signing import Signer
from app.models import Rate
from app.ports import PictureCache, Ports
from app.services.caching.api_key_cache import CachedKeys
from app.services.caching.caching_store import CachedStore, FreshStore
from app.services.caching.memory import MemoryCache
from app.services.files.temp_files import FileLeftovers
from app.usecases.auth.api_keys import Keys
from app.usecases.auth.authentication import Authentication
from app.usecases.billing.budgets import Till, budget_from
from app.usecases.billing.pricing import Prices
from app.usecases.billing.usage_report import Statements
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.finalize import Keeper
from app.usecases.generation.generate_image import GenerateImage
from app.usecases.generation.idempotency import Repeats
from app.usecases.generation.pending_records import Intents
from app.usecases.generation.recovery import Recovery
from app.usecases.images.images import Images
from app.usecases.images.import_image import Import
from app.usecases.images.prompts import Prompts
from app.usecases.images.provenance import Origins
from app.usecases.images.recut import Recutting
from app.usecases.images.variants import Variants
from app.usecases.operations.health import Part, Readiness
from app.usecases.operations.maintenance import Housekeeping
from app.usecases.operations.metrics_report import Vitals
from app.usecases.reconcile.run import Reconcile

# A drawing takes two timeouts at most; storing and recording it, with all waiting, takes less
# than a minute. Whoever is later than that is dead.
_LEASE_MARGIN_SECONDS = 60
_PAGES_BYTES = 8 * 1024 * 1024
_OWNERS_BYTES = 8 * 1024 * 1024
_PAGES_SECONDS = 60


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
    origins = Origins(with_prompts=settings.xmp_prompt)
    keeper = Keeper(ports, origins)
    images = Images(
        ports.store,
        ports.records,
        MemoryCache(max_bytes=_OWNERS_BYTES, ttl_seconds=_PAGES_SECONDS),
    )
    prices = Prices(settings.price_table)
    budget = budget_from(settings.budget)
    till = Till(ledger=ports.ledger, clock=ports.clock, budget=budget)
    estimates = Estimates(
        generator=ports.generator,
        writer=ports.writer,
        prices=prices,
        quality=settings.openai_image_quality,
    )
    repairing = _past_the_cache(ports)
    repairer = Keeper(repairing, origins)
    recovery = Recovery(repairing, repairer)
    retention = timedelta(days=settings.idempotency_key_days)
    return Dependencies(
        generate=GenerateImage(
            ports=ports,
            readiness=readiness,
            repeats=Repeats(ports, recovery, retention),
            keeper=keeper,
            intents=Intents(
                ports=ports,
                estimates=estimates,
                till=till,
                lease=timedelta(
                    seconds=2 * settings.openai_timeout_seconds + _LEASE_MARGIN_SECONDS
                ),
            ),
        ),
        estimates=estimates,
        preview=ports.imaging.preview,
        images=images,
        variants=Variants(
            images=images,
            store=ports.store,
            imaging=ports.imaging,
            cache=ports.cache,
            limit=settings.max_variants_in_flight,
        ),
        prompts=Prompts(
            ports.writer, prices=prices, till=till, clock=ports.clock, rng=random.SystemRandom()
        ),
        statements=Statements(ports.ledger, ports.clock),
        readiness=readiness,
        vitals=Vitals(ports, readiness),
        take_in=Import(ports, keeper),
        recut=Recutting(repairing, repairer),
        reconcile=Reconcile(
            repairing,
            recovery,
            FileLeftovers(settings.data_dir / "store", settings.data_dir / "spool"),
        ),
        housekeeping=Housekeeping(
            ports=repairing, readiness=readiness, recovery=recovery, retention=retention
        ),
        authenticate=_authentication(ports) if settings.auth_required else None,
        limits=RateLimits(rates=_rates(settings), limiter=ports.limiter),
        keys=Keys(ports.keys, ports.clock),
        store=ports.store,
        pages=MemoryCache(max_bytes=_PAGES_BYTES, ttl_seconds=_PAGES_SECONDS),
        in_flight=InFlight(settings.max_generations_in_flight),
        signer=Signer(settings.signing_keys, ports.clock),
        defaults=Defaults(
            provider=ports.generator.provider,
            model=ports.generator.model,
            public_url=settings.public_url,
            version=VERSION,
            redirects=settings.serve_mode == "redirect",
            auth_required=settings.auth_required,
            public_pictures=settings.public_pictures or not settings.auth_required,
            partial_images=settings.openai_partial_images,
            budget=budget,
            simulates=settings.pays is None,
        ),
    )


def _authentication(ports: Ports) -> Authentication:
    return Authentication(CachedKeys(ports.keys, ports.clock).get, ports.clock)


def _rates(settings: Settings) -> dict[Limit, Rate | None]:
    return {
        "generate": Rate.parse(settings.rate_limit_generate),
        "prompts": Rate.parse(settings.rate_limit_prompts),
        "default": Rate.parse(settings.rate_limit_default),
    }


def _past_the_cache(ports: Ports) -> Ports:
    """Return the ports for repairs, which have to see what the store itself has."""
    if isinstance(ports.store, CachedStore):
        return replace(ports, store=FreshStore(ports.store.store, ports.cache))
    return ports


def _ping_cache(cache: PictureCache) -> None:
    if not cache.is_up():
        raise AppError("the cache does not answer")
