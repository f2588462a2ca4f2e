"""Access to the objects that the composition root builds for the views."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app

from app.http.auth import Authenticate, caller
from app.http.concurrency import ConcurrencyLimit
from app.http.rate_limits import RateLimits
from app.http.uploads.limits import UploadLimits
from app.http.url_signing import Signer
from app.imaging import CutoutOptions
from app.models import Budget
from app.ports import ImageStore
from app.usecases.auth.api_keys import ApiKeys
from app.usecases.billing.usage_report import UsageReporter
from app.usecases.generation.edit_inputs import EditInputs
from app.usecases.generation.estimates import Estimates
from app.usecases.generation.generate_image import GenerateImage
from app.usecases.generation.retries import RequestKeys
from app.usecases.groups.delete_group import DeleteGroup
from app.usecases.groups.generate_group import GenerateGroup
from app.usecases.images.archive import ImageArchive
from app.usecases.images.create_cutout import CreateCutout
from app.usecases.images.images import Images
from app.usecases.images.import_image import ImportImage
from app.usecases.images.organize import OrganizeImages
from app.usecases.images.prompts import Prompts
from app.usecases.images.recut import RecutImages
from app.usecases.images.trash import Trash
from app.usecases.images.upload_image import UploadImage
from app.usecases.images.variants import Variants
from app.usecases.operations.health import Readiness
from app.usecases.operations.maintenance import Maintenance
from app.usecases.operations.metrics_report import MetricsReport
from app.usecases.reconcile.deep import DeepCheck
from app.usecases.reconcile.run import Reconcile

_KEY = "image_generator"


class ResponseCache(Protocol):
    """Caches responses for a short time, by group and name."""

    def get(self, group: str, name: str, /) -> bytes | None:
        """Return the cached response, or None."""

    def put(self, group: str, name: str, response: bytes, /, *, size: int) -> None:
        """Cache a response of `size` bytes, if there is room."""


@dataclass(frozen=True, kw_only=True)
class ServerInfo:
    """Facts about the server and defaults of requests.

    Attributes:
        provider: name of the image provider.
        model: name of the image model.
        public_url: the server's base URL; None to take it from each request.
        version: version of the service.
        redirects: whether plain images are served as redirects to the store.
        auth_required: whether callers need an API key and see only their own images.
        public_images: whether images can be read by URL without an API key.
        fault_injection: whether requests may simulate faults.
        partial_images: default number of partial images in an event stream.
        model_aliases: further names of the image model under /v1; one may end with `*`.
        budget: the budget of the whole server; None if unlimited.
    """

    provider: str
    model: str
    public_url: str | None
    version: str
    redirects: bool
    auth_required: bool = False
    public_images: bool = True
    fault_injection: bool = False
    partial_images: int = 0
    model_aliases: tuple[str, ...] = ()
    budget: Budget | None = None


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The use cases and other objects that views need."""

    generate: GenerateImage
    generate_group: GenerateGroup
    delete_group: DeleteGroup
    estimates: Estimates
    edit_inputs: EditInputs
    request_keys: RequestKeys
    preview: Callable[[bytes, CutoutOptions], bytes | None]
    images: Images
    archive: ImageArchive
    variants: Variants
    create_cutout: CreateCutout
    upload_image: UploadImage
    upload_limits: UploadLimits
    prompts: Prompts
    usage_reporter: UsageReporter
    readiness: Readiness
    metrics_report: MetricsReport
    import_image: ImportImage
    recut: RecutImages
    organize: OrganizeImages
    trash: Trash
    reconcile: Reconcile
    deep_check: DeepCheck
    maintenance: Maintenance
    authenticate: Authenticate | None
    rate_limits: RateLimits
    api_keys: ApiKeys
    store: ImageStore
    page_cache: ResponseCache
    concurrency_limit: ConcurrencyLimit
    signer: Signer
    server_info: ServerInfo


def install(app: Flask, dependencies: Dependencies) -> None:
    """Make the dependencies available to the app's views."""
    app.extensions[_KEY] = dependencies


def deps() -> Dependencies:
    """Return the current app's dependencies."""
    return dependencies_of(current_app)


def owner() -> str | None:
    """Return the owner whose images the caller may see; None for all images."""
    return caller().id if deps().server_info.auth_required else None


def dependencies_of(app: Flask) -> Dependencies:
    """Return an app's dependencies."""
    dependencies: Dependencies = app.extensions[_KEY]
    return dependencies
