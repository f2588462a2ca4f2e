"""How the views reach what the composition root built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app

from app.http.auth import Authenticate, caller
from app.http.concurrency import ConcurrencyLimit
from app.http.rate_limits import RateLimits
from app.http.url_signing import Signer
from app.models import Budget
from app.ports import ImageStore
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.billing.usage_report import UsageReports
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.generate_image import GenerateImage
from app.usecases.images.images import Images
from app.usecases.images.import_image import ImportImage
from app.usecases.images.prompts import Prompts
from app.usecases.images.recut import RecutImages
from app.usecases.images.variants import Variants
from app.usecases.operations.health import Readiness
from app.usecases.operations.maintenance import Maintenance
from app.usecases.operations.metrics_report import MetricsReport
from app.usecases.reconcile.run import Reconcile

_KEY = "image_generator"


class ResponseCache(Protocol):
    """Remembers answers for a while: some bytes under two texts."""

    def get(self, group: str, name: str, /) -> bytes | None:
        """Return the answer, or None."""

    def put(self, group: str, name: str, answer: bytes, /, *, size: int) -> None:
        """Remember an answer of so many bytes, if there is room."""


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """What a request gets that doesn't say otherwise, and what the pages tell about the server.

    `redirects`: plain images are not sent, but where they can be had from the store.
    `auth_required`: callers need a key, and have images of their own; `public_images`: who
    knows an image's address can read it without. `budget` is the whole server's.
    `partial_images`: shown while an image is drawn, where the answer is streamed.
    """

    provider: str
    model: str
    public_url: str | None
    version: str
    redirects: bool
    auth_required: bool = False
    public_images: bool = True
    simulates: bool = False
    partial_images: int = 0
    budget: Budget | None = None


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The use cases, and the little that views need beside them."""

    generate: GenerateImage
    estimates: Estimates
    preview: Callable[[bytes], bytes | None]
    images: Images
    variants: Variants
    prompts: Prompts
    statements: UsageReports
    readiness: Readiness
    vitals: MetricsReport
    import_image: ImportImage
    recut: RecutImages
    reconcile: Reconcile
    housekeeping: Maintenance
    authenticate: Authenticate | None
    limits: RateLimits
    keys: ApiKeys
    store: ImageStore
    pages: ResponseCache
    in_flight: ConcurrencyLimit
    signer: Signer
    defaults: ServerInfo


def install(app: Flask, dependencies: Dependencies) -> None:
    """Make the dependencies available to the views of this app."""
    app.extensions[_KEY] = dependencies


def deps() -> Dependencies:
    """Return the dependencies of the app that answers this request."""
    return dependencies_of(current_app)


def owner() -> str | None:
    """Return whose images the caller of this request may see; None for everyone's."""
    return caller().id if deps().defaults.auth_required else None


def dependencies_of(app: Flask) -> Dependencies:
    """Return the dependencies of this app."""
    found: Dependencies = app.extensions[_KEY]
    return found
